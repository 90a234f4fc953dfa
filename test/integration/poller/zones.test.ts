import type { PollerParts } from '../../../src/poller/parts.ts';
import { sweep } from '../../../src/poller/sweep.ts';
import { startSimulator, type ScenarioInput, type Simulator } from '../../../src/simulator/simulator.ts';
import { aPolicy } from '../../support/builders.ts';
import { aCommandClient, type TestClient } from '../../support/command-client-parts.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const DAY = '2026-03-10';
const WEB = { definition: 'Web Server Enrollment', status: 'Failed' } as const;
const DAYS_ONLY = { dateLiterals: 'day' } as const;

let simulator: Simulator;
let client: TestClient;

afterEach(async () => {
  await client.command.close();
  await simulator.stop();
});

/** A poller over a Command with one old failure, whose clock begins at that time of the day (UTC). */
async function aPoller(time: string, knobs: NonNullable<ScenarioInput['knobs']>) {
  const shiftMs = Date.parse(`${DAY}T${time}Z`) - Date.now();
  const now = () => Date.now() + shiftMs;
  const instances = [{ ...WEB, age: '3m' }];
  simulator = await startSimulator({ seed: 3, now, scenario: { knobs, instances, traffic: { perSecond: 0 } } });
  client = aCommandClient(new URL(simulator.url).origin, { now });
  const parts = {
    ...memoryStores(),
    policy: aPolicy({ oldRow: 'leaves' }),
    command: client.command,
    emit: () => undefined,
    now,
    fate: async () => 'leaves',
    stopping: AbortSignal.timeout(60_000),
  } as unknown as PollerParts;
  return {
    sweep: async () => sweep(parts),
    isFound: async (ids: readonly string[]) => (await parts.store.rootsOf(ids)).size === ids.length,
  };
}

test.each<readonly [string, number, NonNullable<ScenarioInput['knobs']>]>([
  ['12:00:00', 120, {}],
  ['22:30:00', 120, {}],
  ['22:30:00', 120, DAYS_ONLY],
  ['23:59:58', 120, {}],
  ['12:00:00', 840, {}],
  ['12:00:00', 840, DAYS_ONLY],
  ['23:59:58', 840, {}],
  ['02:00:00', -330, {}],
  ['02:00:00', -330, DAYS_ONLY],
  ['05:29:58', -330, DAYS_ONLY],
  ['11:00:00', -720, {}],
  ['00:00:01', -720, DAYS_ONLY],
  ['18:20:00', 345, { sortFields: 'ignored' }],
  ['00:00:01', 0, DAYS_ONLY],
])('at %s UTC a server %i min ahead of it, which does not say so, hides nothing', async (time, offset, knobs) => {
  const poller = await aPoller(time, { ...knobs, dates: 'nozone', dateOffsetMinutes: offset });
  for (let count = 0; count < 2; count += 1) await poller.sweep();

  for (let count = 0; count < 3; count += 1) {
    const ids = simulator.control.makeInstances(WEB);
    await poller.sweep();

    expect(await poller.isFound(ids)).toBe(true);
  }

  expect(client.command.dialect().zoneOffsetMs).toBe(offset === 0 ? 0 : -offset * 60_000);
});
