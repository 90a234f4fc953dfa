import { TransientError } from '../../../src/core/errors.ts';
import { FEED } from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { advanceRemediation } from '../../../src/remediation/advance-remediation.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { CONFIGURED_WAITS, resumeWork, wakeWaiting } from '../../../src/remediation/wake-waiting.ts';
import { NOON, aPolicy, aRemediation, aSighting, guid } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const LATER = NOON + 3_600_000;

/** Sweeps have watched for an hour. */
function aFeed(): Feed {
  const since = NOON - 3_600_000;
  const times = {
    startedAt: since,
    watchedSince: since,
    lookedAt: NOON,
    sweepMs: 200,
    highWater: NOON,
    scannedAt: null,
  };
  const trust = { isTrusted: true, agreeingScans: 0, backlogCount: 0, referenceMark: 900 };
  return { ...times, ...trust, serverOffsetMs: 0, offsetSamples: [] };
}

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

test.each(['pause', 'brake'] as const)(
  'one that was saving its wait while the %s ended looks again at once',
  async (wait) => {
    const { ledger, store, due: _due, ...stores } = await waiting({ wait: null });
    if (wait === 'pause') await ledger.pause({ reason: 'patch night', by: 'eva@pki', since: NOON, until: LATER });
    else await ledger.brake('two restarts');
    const row = aSighting({ id: guid(1) });
    await stores.sightings.observe([{ row, requestedAt: NOON, print: aPrint() }]);
    await ledger.update<Feed>(FEED, () => aFeed());
    let saves = 0;
    const slowStore = Object.assign(Object.create(store) as typeof store, {
      save: async (before: Remediation, after: Remediation) => {
        saves += 1;
        if (saves === 1) expect(await resumeWork('eva@desk', { ...stores, ledger, store })).toBe(0);
        return store.save(before, after);
      },
    });
    const command = { readInstance: async () => Promise.reject(new TransientError('503')) };
    const queue = { requestTests: async () => undefined };
    const others = { command, queue, policy: aPolicy(), emit: () => undefined, hash: (text: string) => text };
    const parts = { ...stores, ...others, ledger, store: slowStore, stopping: new AbortController().signal };

    await advanceRemediation(guid(1), parts as unknown as RemediationParts);

    expect(saves).toBeGreaterThan(1);
    expect((await store.load(guid(1)))?.wait).not.toBe(wait);
  },
);

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
