import type { Remediation } from '../../../src/core/remediation.ts';
import { CONFIGURED_WAITS, resumeWork, wakeWaiting } from '../../../src/remediation/wake-waiting.ts';
import { NOON, aRemediation, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const LATER = NOON + 3_600_000;

/** One that waits for each of these until later. */
async function waiting(...changes: readonly Partial<Remediation>[]) {
  const stores = memoryStores();
  for (const [index, change] of changes.entries()) {
    const ids = { rootInstanceId: guid(index + 1), currentInstanceId: guid(index + 1), instanceIds: [guid(index + 1)] };
    await stores.store.create(aRemediation({ ...ids, referenceId: index + 1, nextAt: LATER, ...change }));
  }
  return { ...stores, due: async () => (await stores.store.takeDue(99, 1000)).toSorted() };
}

test('resume ends pause and brake, and whoever waited for that is due at once', async () => {
  const { due, ...stores } = await waiting({ wait: 'pause' }, { wait: 'brake' }, { wait: 'back-off' });
  await stores.ledger.pause({ reason: 'patch night', by: 'eva@pki', since: NOON, until: LATER });
  await stores.ledger.brake('two restarts');

  expect(await resumeWork('eva@desk', stores)).toBe(2);

  expect(await due()).toEqual([guid(1), guid(2)]);
  expect([await stores.ledger.paused(), await stores.ledger.braked()]).toEqual([null, null]);
});

test('a start wakes those who wait for what is configured', async () => {
  const { due, store } = await waiting(
    { wait: 'maintenance' },
    { wait: 'observe' },
    { wait: 'pause' },
    { phase: 'held', wait: null, holdCause: 'by a person', nextAt: null },
  );

  expect(await wakeWaiting(CONFIGURED_WAITS, { store })).toBe(2);

  expect(await due()).toEqual([guid(1), guid(2)]);
});
