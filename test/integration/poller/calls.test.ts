import type { PollerParts } from '../../../src/poller/parts.ts';
import { fullScan } from '../../../src/poller/full-scan.ts';
import { sweep } from '../../../src/poller/sweep.ts';
import { startSimulator, type ScenarioInput, type Simulator } from '../../../src/simulator/simulator.ts';
import { NOON, aPolicy } from '../../support/builders.ts';
import { aCommandClient, type TestClient } from '../../support/command-client-parts.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const FAILURES = 500;
const PAGE = 50;
const UNSORTED = { sortFields: 'ignored' } as const;

let simulator: Simulator;
let client: TestClient;

afterEach(async () => {
  await client.command.close();
  await simulator.stop();
});

/** A poller over a Command whose day is half over, with failures of the last minutes. */
async function aPoller(knobs: NonNullable<ScenarioInput['knobs']>) {
  const shiftMs = NOON - Date.now();
  const now = (): number => Date.now() + shiftMs;
  const instances = [
    { definition: 'Web Server Enrollment', status: 'Failed' as const, count: FAILURES, age: '2m', spread: '20m' },
  ];
  simulator = await startSimulator({
    seed: 3,
    now,
    scenario: { knobs, instances, traffic: { perSecond: 0 } },
    control: true,
  });
  client = aCommandClient(new URL(simulator.url).origin, { pageSize: PAGE, now });
  const stores = memoryStores();
  const parts = {
    ...stores,
    policy: aPolicy({ oldRow: 'leaves' }),
    command: client.command,
    emit: () => undefined,
    now,
    fate: async () => 'leaves',
    noteOldRow: async () => undefined,
    lookAtOldRow: async () => undefined,
    stopping: AbortSignal.timeout(60_000),
  } as unknown as PollerParts;
  const countCalls = async (look: (with_: PollerParts) => Promise<void>): Promise<number> => {
    const before = client.turns.length;
    await look(parts);
    return client.turns.length - before;
  };
  return { stores, sweep: async () => countCalls(sweep), scan: async () => countCalls(fullScan) };
}

test.each<readonly [string, NonNullable<ScenarioInput['knobs']>, number, number]>([
  ['in order', {}, 2, FAILURES / PAGE + 1],
  ['in order, not counted', { totalCount: false }, 2, FAILURES / PAGE + 10],
  ['in no order', UNSORTED, 2, (2 * FAILURES) / PAGE + 3],
  ['with every order refused', { sortFields: ['Title'] }, 2, (2 * FAILURES) / PAGE + 3],
  ['in no order, by days only', { ...UNSORTED, dateLiterals: 'day' }, FAILURES / PAGE + 1, (2 * FAILURES) / PAGE + 3],
])('calls of an idle sweep and of a full scan where rows come %s', async (_title, knobs, sweepCalls, scanCalls) => {
  const poller = await aPoller(knobs);
  await poller.sweep();
  await poller.sweep(); // what the dialect still hides shows itself
  await poller.sweep();

  const idle = await poller.sweep();
  const scan = await poller.scan();
  const { phases } = await poller.stores.store.counts();

  expect(idle).toBeLessThanOrEqual(sweepCalls);
  expect(scan).toBeLessThanOrEqual(scanCalls);
  expect(phases.held + phases.waiting).toBe(FAILURES);
});

test.each([
  ['moments', {}],
  ['days', { dateLiterals: 'day' as const }],
])('a sweep by %s finds what fails, also in rows that were there before', async (_title, knobs) => {
  const poller = await aPoller({ ...UNSORTED, ...knobs });
  for (let count = 0; count < 3; count += 1) await poller.sweep();
  const ids = simulator.control.makeInstances({ definition: 'Web Server Enrollment', status: 'Failed', count: 3 });

  await poller.sweep();

  expect((await poller.stores.store.rootsOf(ids)).size).toBe(3);
});
