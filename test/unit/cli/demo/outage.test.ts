import { createOutageDirector } from '../../../../src/cli/demo/outage.ts';
import { guid } from '../../../support/builders.ts';
import { anInstance, goodFacts } from './demo-facts.ts';
import type { StatusView } from '../../../../src/core/status-view.ts';

const OUTAGE = { ca: 'Corp CA', seconds: 8, person: { seconds: 3, who: 'jsmith' } };

const INSTANCES = [
  anInstance({ id: guid(1), status: 'Failed', ca: 'Other CA' }),
  anInstance({ id: guid(2), status: 'Failed', ca: String.raw`ca1\Corp CA`, origin: 'restart' }),
  anInstance({ id: guid(3), status: 'Failed', ca: String.raw`ca1\Corp CA` }),
  anInstance({ id: guid(4), status: 'Failed', ca: String.raw`ca1\Corp CA` }),
];

function statusWith(lastGoodAt: string | null): StatusView {
  const dependency = { name: String.raw`ca1\Corp CA`, kind: 'ca', state: 'up', waiting: 1, inFlight: 0 } as const;
  const dates = { lastTestAt: lastGoodAt, lastGoodAt, nextAt: null, message: null };
  return { dependencies: [{ ...dependency, ...dates }] } as unknown as StatusView;
}

function start() {
  const done: string[] = [];
  const control = {
    setCa: (name: string, { up }: { up?: boolean | undefined }) => void done.push(`${name} ${up ? 'up' : 'down'}`),
    act: ({ instance }: { instance: string }) => {
      done.push(`restart ${instance}`);
      return { done: [{ id: 'a', newId: 'b' }] };
    },
  };
  const told: string[] = [];
  const truth = () => ({ ...goodFacts().truth, instances: INSTANCES });
  return { done, told, director: createOutageDirector(OUTAGE, { ...control, truth }, (text) => told.push(text)) };
}

test('the CA does not die before its test was good once', () => {
  const { done, director } = start();

  director.direct(statusWith(null), 1000);

  expect(done).toEqual([]);
  expect(director.isOver).toBe(false);
});

test('it dies, a person restarts one by hand, and it comes back, in this order and once each', () => {
  const { done, told, director } = start();

  for (let second = 0; second < 20; second += 1) director.direct(statusWith('2026-01-01T00:00:00.000Z'), second * 1000);

  expect(done).toEqual(['Corp CA down', `restart ${guid(3)}`, 'Corp CA up']);
  expect(told).toEqual(['Corp CA dies now', `jsmith restarts ${guid(3)} by hand, into the dead CA`, 'Corp CA is back']);
  expect(director.isOver).toBe(true);
});

test('it stays dead for as long as the plan says', () => {
  const { done, director } = start();

  for (const second of [0, 3, 7.9]) director.direct(statusWith('2026-01-01T00:00:00.000Z'), second * 1000);

  expect(done).not.toContain('Corp CA up');
});
