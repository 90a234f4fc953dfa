import { AccessError, TransientError } from '../../../src/core/errors.ts';
import { FEED } from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { fullScan } from '../../../src/poller/full-scan.ts';
import type { PollerParts } from '../../../src/poller/parts.ts';
import { sweep } from '../../../src/poller/sweep.ts';
import { NOON, aPolicy, aRemediation, aSighting, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const MINUTE = 60_000;
const READ = 'GET /Workflow/Instances/{id}';

/** Open remediations whose rows no list shows; reads of single rows end so. */
async function aWorld(read: () => unknown) {
  const stores = memoryStores();
  const listInstances = async () => {
    stores.pass(1);
    const times = { requestedAt: stores.now(), serverTime: stores.now() };
    return { rows: [], received: 0, isFiltered: true, isOrdered: true, isLast: true, total: null, ...times };
  };
  const command = {
    learnDialect: async () => undefined,
    dialect: () => ({ dateLiterals: 'day' }),
    listInstances,
    readInstance: async () => read(),
  };
  const policy = aPolicy({ oldRow: 'leaves' });
  const rest = {
    command,
    policy,
    emit: () => undefined,
    fate: async () => 'leaves',
    noteOldRow: async () => undefined,
  };
  const parts = { ...stores, ...rest } as unknown as PollerParts;
  await sweep(parts);
  return {
    ...stores,
    open: async (id: string, changes: Partial<Remediation>, row: Partial<Sighting> | null = null) => {
      const nextAt = NOON + 600 * MINUTE;
      await stores.store.create(
        aRemediation({ rootInstanceId: id, currentInstanceId: id, instanceIds: [id], nextAt, ...changes }),
      );
      if (row) await stores.sightings.observe([{ row: aSighting({ id, ...row }), requestedAt: stores.now() }]);
    },
    scan: async () => fullScan(parts),
    due: async () => stores.store.takeDue(9, 1000),
  };
}

test.each([
  ['Command does not show it', new AccessError('Command answered 403', { status: 403, route: READ })],
  ['its answer is of no use', new TransientError('Command answered 500')],
])(
  'one row that cannot be read does not end the scan, and its remediation finds out why: %s',
  async (_title, error) => {
    const { open, scan, due, pass, ledger } = await aWorld(() => {
      throw error;
    });
    await open(guid(1), { phase: 'waiting' });
    pass(MINUTE);

    await scan();

    expect(await due()).toEqual([guid(1)]);
    expect((await ledger.read<Feed>(FEED))?.scannedAt).toBeGreaterThan(NOON);
  },
);

test('a scan ends where Command does not know us any more', async () => {
  const { open, scan } = await aWorld(() => {
    throw new AccessError('Command answered 401', { status: 401, route: READ });
  });
  await open(guid(1), { phase: 'waiting' });

  await expect(scan()).rejects.toThrow('401');
});

test.each<readonly [string, Partial<Remediation>, Partial<Sighting>, readonly string[]]>([
  ['handed over, and Complete', { phase: 'handed-over', nextAt: null }, { status: 'Complete' }, [guid(1)]],
  ['handed over, and Failed', { phase: 'handed-over', nextAt: null }, { status: 'Failed' }, [guid(1)]],
  ['inconclusive, and gone', { phase: 'verifying' }, { status: 'Running', isGone: true }, [guid(1)]],
])('a new run whose end nobody was told of is found by the scan: %s', async (_title, changes, row, expected) => {
  const { open, scan, due, pass } = await aWorld(() => ({ detail: null, requestedAt: NOON + MINUTE }));
  await open(guid(1), { changedAt: NOON + MINUTE, ...changes }, row);
  await due();
  pass(2 * MINUTE);

  await scan();

  expect(await due()).toEqual(expected);
});
