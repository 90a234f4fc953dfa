import { FEED } from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import type { InstanceRow } from '../../../src/core/instance.ts';
import type { PollerParts } from '../../../src/poller/parts.ts';
import { fullScan } from '../../../src/poller/full-scan.ts';
import { sweep } from '../../../src/poller/sweep.ts';
import type { InstanceQuery } from '../../../src/ports/command.ts';
import { advanceRemediation } from '../../../src/remediation/advance-remediation.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aPolicy, aRemediation, aSearch, aSighting, anIntent, guid } from '../../support/builders.ts';
import { aDetail, aPrint } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const MINUTE = 60_000;
const PAGE = 2;
const [OLD, NEW, LATER] = [guid(1), guid(2), guid(3)];

/**
 * A store that went back to a moment in which the restart of noon was under way, half an hour later. Its new run failed and
 * was restarted in what is forgotten; Command lists two rows a page, the newest first, and leaves restarted rows Failed.
 */
async function wentBack() {
  const stores = memoryStores();
  const { store, pass } = stores;
  const run = (id: string, minutes: number, changes: Partial<InstanceRow> = {}): InstanceRow =>
    aSighting({ id, startDate: NOON, lastModified: NOON + minutes * MINUTE, ...changes });
  const foreign = [21, 22, 23].map((minutes) =>
    run(guid(minutes), minutes, { title: `host ${minutes}`, status: 'Complete' }),
  );
  const rows = [run(OLD, -1), run(NEW, 10, { referenceId: 913 }), run(LATER, 24, { referenceId: 914 }), ...foreign];
  const newestFirst = rows.toSorted((a, b) => (b.lastModified ?? 0) - (a.lastModified ?? 0));
  const asked: string[] = [];
  const command = {
    learnDialect: async () => undefined,
    dialect: () => ({ dateLiterals: 'day' }),
    listInstances: async ({ page, statuses }: InstanceQuery) => {
      pass(1);
      asked.push(`${statuses ? 'open' : 'all'} ${page}`);
      const listed = statuses ? [] : newestFirst.slice((page - 1) * PAGE, page * PAGE);
      const found = { rows: listed, received: listed.length, isFiltered: true, isOrdered: true, total: null };
      return { ...found, isLast: listed.length < PAGE, requestedAt: stores.now(), serverTime: stores.now() };
    },
    readInstance: async (id: string) => {
      const row = rows.find((one) => one.id === id);
      return { detail: row ? aDetail(row) : null, requestedAt: stores.now(), serverTime: stores.now() };
    },
  };
  const parts = {
    ...stores,
    command,
    policy: aPolicy(),
    emit: () => undefined,
    fate: async () => 'stays',
    noteOldRow: async () => undefined,
    hash: (text: string) => text,
    queue: { requestSweep: async () => undefined },
    stopping: new AbortController().signal,
  } as unknown as RemediationParts & PollerParts;
  const intent = anIntent({ instanceId: OLD, state: 'unknown', openedAt: NOON, endedAt: NOON });
  await stores.kv.commit([], [['hset', stores.keys.intents, OLD, JSON.stringify(intent)]]);
  const search = aSearch({
    origin: 'remediator',
    attempt: 1,
    took: 'maybe',
    mark: 0,
    startedAt: NOON,
    endedAt: NOON,
    oldStartDate: NOON,
  });
  const seen = { firstSeenAt: NOON - MINUTE };
  await store.create(aRemediation({ ...seen, phase: 'resolving', wait: null, attemptsMade: 1, input: null, search }));
  pass(30 * MINUTE);
  await sweep(parts);
  return { ...stores, parts, asked };
}

test('a restart that is older than the store is not linked by what one page shows: all that changed since is read first', async () => {
  const { parts, store, ledger, now, pass, asked } = await wentBack();
  expect(asked).toEqual(['all 1']);

  await advanceRemediation(OLD, parts);
  expect(await store.load(OLD)).toMatchObject({ phase: 'resolving', nextAt: now() + MINUTE });
  let isSwept = false;
  const slowList: PollerParts['command']['listInstances'] = async (...args) => {
    if (isSwept) return parts.command.listInstances(...args);
    isSwept = true;
    await fullScan(parts); // beside a sweep that began before it
    return parts.command.listInstances(...args);
  };
  await sweep({ ...parts, command: { ...parts.command, listInstances: slowList } });
  pass(MINUTE);
  await sweep(parts);
  await advanceRemediation(OLD, parts);

  expect(asked).toEqual(['all 1', 'all 1', 'all 2', 'all 3', 'all 4', 'open 1', 'all 1', 'all 1']);
  expect((await ledger.read<Feed>(FEED))?.readBackTo).toBeLessThan(NOON);
  const record = await store.load(OLD);
  expect(record).toMatchObject({
    phase: 'held',
    holdCause: 'ambiguous',
    lineage: [{ oldInstanceId: OLD, newInstanceId: null, candidates: [NEW, LATER] }],
  });
});

test.each(['no', 'begun'] as const)(
  'one whose past was "%s" before the store went back may have been restarted since (P1)',
  async (past) => {
    const { parts, store, sightings, now } = await wentBack();
    const ids = { rootInstanceId: guid(9), currentInstanceId: guid(9), instanceIds: [guid(9)] };
    await store.create(aRemediation({ ...ids, referenceId: 9, past, firstSeenAt: NOON }));
    await sightings.observe([{ row: aSighting({ id: guid(9) }), requestedAt: now(), print: aPrint() }]);

    await advanceRemediation(guid(9), parts);

    expect(await store.load(guid(9))).toMatchObject({ phase: 'held', holdCause: 'history' });
  },
);
