import { chooseRule } from '../../../src/core/rules.ts';
import { gatherGates } from '../../../src/remediation/gather-gates.ts';
import { giveVerdict } from '../../../src/remediation/give-verdict.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aFailure, aPolicy, aRecord, aRemediation, aSighting, anIntent, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const REST = { stepName: 'Set owner', stepUniqueName: 'Rest1' };
const GATE = 'step Set owner of Web server enrolment';
const MINUTE = 60_000;

function aWorld() {
  const stores = memoryStores();
  const policy = aPolicy({ oldRow: 'leaves' });
  const parts = { ...stores, policy, emit: () => undefined } as unknown as RemediationParts;
  const waiting = (id: number, step = REST) =>
    aRemediation({
      rootInstanceId: guid(id),
      currentInstanceId: guid(id),
      ca: null,
      failure: aFailure({ step: step.stepName, stepUniqueName: step.stepUniqueName }),
    });
  const gatesOf = async (id: number, step = REST) => {
    const remediation = waiting(id, step);
    const subject = {
      ...remediation,
      step: step.stepName,
      stepUniqueName: step.stepUniqueName,
      message: '',
      template: null,
      failedAt: NOON,
    };
    return gatherGates(remediation, chooseRule(subject, policy, NOON), null, parts);
  };
  /** A restart through the gates it has now, and how it went. */
  const run = async (id: number, verdict: 'completed' | 'failed') => {
    const { doors, names } = await gatesOf(id);
    const before = waiting(id);
    await stores.store.create(before);
    const {
      fence: _f,
      openedAt: _o,
      state: _s,
      why: _w,
      endedAt: _e,
      replica: _r,
      ...intent
    } = anIntent({
      instanceId: guid(id),
      rootInstanceId: guid(id),
      requestKey: `request-${id}`,
      dependencies: names,
      ca: null,
    });
    const limits = { concurrency: 1000, perMinute: 1_000_000, perCaPerMinute: 1_000_000 };
    const request = { intent, before, after: before, caSlots: 9, gates: doors, limits, canaryWindowMs: 5 * MINUTE };
    const door = await stores.journal.open(request);
    if (door.type !== 'opened') throw new Error(door.because);
    await stores.journal.close({ ...door.intent, state: 'accepted', endedAt: NOON });
    const remediation = { ...before, lineage: [aRecord({ oldInstanceId: guid(id) })] };
    await giveVerdict(remediation, verdict, parts, aSighting({ ...REST, changedAt: stores.now() }));
    stores.pass(1000);
  };
  return { ...stores, run, gatesOf };
}

test('a step in which ten roots failed again is a dependency that only canaries try', async () => {
  const { run, gatesOf, pass, now } = aWorld();
  for (let id = 1; id <= 9; id++) await run(id, 'failed');
  expect(await gatesOf(50)).toMatchObject({ shut: null, names: ['restart limits'] });

  await run(10, 'failed');
  expect(await gatesOf(50)).toMatchObject({
    names: [GATE],
    shut: { dependency: GATE, answer: { nextAt: NOON + 9000 + 5 * MINUTE } },
  });

  pass(5 * MINUTE);
  expect(await gatesOf(50)).toMatchObject({ shut: null, doors: [{ name: GATE, allowance: 1 }] });
  await run(50, 'failed');
  const failedAt = now() - 1000;
  expect((await gatesOf(51)).shut).toMatchObject({ answer: { nextAt: failedAt + 10 * MINUTE } });

  pass(10 * MINUTE);
  await run(51, 'completed');
  expect(await gatesOf(52)).toMatchObject({ shut: null, doors: [{ name: GATE, allowance: 2 }] });
});

test('a failure in another step of the definition does not wait for it', async () => {
  const { run, gatesOf } = aWorld();
  for (let id = 1; id <= 10; id++) await run(id, 'failed');

  expect(await gatesOf(50, { stepName: 'Send mail', stepUniqueName: 'Email1' })).toMatchObject({
    shut: null,
    names: ['restart limits'],
  });
});

test('a step that ten restarts in a row have passed is no dependency any more, and its waiters go on', async () => {
  const { run, gatesOf, pass, store, gates } = aWorld();
  for (let id = 1; id <= 10; id++) await run(id, 'failed');
  pass(5 * MINUTE);
  await store.create(aRemediation({ rootInstanceId: guid(90), instanceIds: [guid(90)], parkedOn: GATE, nextAt: null }));
  expect(await gates.waiters(GATE, 9)).toHaveLength(1);

  for (let id = 50; id < 60; id++) await run(id, 'completed');

  expect(await gatesOf(61)).toMatchObject({ shut: null, names: ['restart limits'] });
  expect(await store.takeDue(99, 1000)).toContain(guid(90));
});
