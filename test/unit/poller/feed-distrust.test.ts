import { FEED } from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import type { InstanceRow } from '../../../src/core/instance.ts';
import { fullScan } from '../../../src/poller/full-scan.ts';
import type { PollerParts } from '../../../src/poller/parts.ts';
import { sweep } from '../../../src/poller/sweep.ts';
import type { InstanceQuery } from '../../../src/ports/command.ts';
import { NOON, aPolicy, aRemediation, aSighting, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const MINUTE = 60_000;

/** A Command with these rows; its sweeps do not list the `hidden` one. */
async function aWorld() {
  const stores = memoryStores();
  const rows: InstanceRow[] = [];
  const hidden = new Set<string>();
  const listInstances = async ({ statuses }: InstanceQuery) => {
    stores.pass(1);
    const listed = rows.filter(({ id }) => statuses !== undefined || !hidden.has(id));
    const found = {
      rows: listed,
      received: listed.length,
      isFiltered: true,
      isOrdered: true,
      isLast: true,
      total: null,
    };
    return { ...found, requestedAt: stores.now(), serverTime: stores.now() };
  };
  const command = {
    learnDialect: async () => undefined,
    dialect: () => ({ dateLiterals: 'day' }),
    listInstances,
    readInstance: async () => ({ detail: null }),
  };
  const told: string[] = [];
  const parts = {
    ...stores,
    command,
    policy: aPolicy({ oldRow: 'leaves' }),
    emit: (name: string) => void told.push(name),
    fate: async () => 'leaves',
    noteOldRow: async () => undefined,
  } as unknown as PollerParts;
  await sweep(parts);
  return {
    ...stores,
    told,
    hidden,
    /** A failure of this moment. */
    fail: (id: string) => void rows.push(aSighting({ id, lastModified: stores.now(), startDate: stores.now() })),
    sweep: async () => sweep(parts),
    scan: async () => fullScan(parts),
    feed: async () => stores.ledger.read<Feed>(FEED),
  };
}

test('a failure that the sweeps passed over is found by the full scan, and the feed is not believed until two scans agree', async () => {
  const { fail, hidden, pass, sweep: sweepNow, scan, feed, told, store } = await aWorld();
  hidden.add(guid(1));
  fail(guid(1));
  pass(5 * MINUTE);
  fail(guid(2));
  await sweepNow();
  pass(5 * MINUTE);
  fail(guid(3));
  await sweepNow();
  expect(await store.load(guid(1))).toBeNull();

  await scan();
  expect(await store.load(guid(1))).not.toBeNull();
  expect(told.filter((name) => name === 'feed.distrusted')).toHaveLength(1);
  expect(await feed()).toMatchObject({ isTrusted: false });
  await sweepNow();
  expect(await feed()).toMatchObject({ isTrusted: false });
  await scan();
  expect(await feed()).toMatchObject({ isTrusted: false, agreeingScans: 1 });
  await scan();
  expect(await feed()).toMatchObject({ isTrusted: true });
});

test('a feed that shows everything is believed, however late a scan comes', async () => {
  const { fail, pass, sweep: sweepNow, scan, feed } = await aWorld();
  for (let count = 1; count <= 3; count++) {
    fail(guid(count));
    pass(5 * MINUTE);
    await sweepNow();
  }

  await scan();

  expect(await feed()).toMatchObject({ isTrusted: true });
});

test('who verifies looks for itself as soon as the feed is caught', async () => {
  const { fail, hidden, pass, sweep: sweepNow, scan, store } = await aWorld();
  await store.create(
    aRemediation({
      rootInstanceId: guid(9),
      currentInstanceId: guid(9),
      instanceIds: [guid(9)],
      phase: 'verifying',
      nextAt: NOON + 60 * MINUTE,
    }),
  );
  hidden.add(guid(1));
  fail(guid(1));
  pass(5 * MINUTE);
  fail(guid(2));
  await sweepNow();
  pass(1);

  await scan();

  expect(await store.takeDue(9, 1000)).toContain(guid(9));
});
