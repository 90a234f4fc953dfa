import { OLD_ROW } from '../../../src/core/old-row.ts';
import type { OldRowKnowledge } from '../../../src/core/old-row.ts';
import type { Search } from '../../../src/core/remediation.ts';
import { lookForSuccessor } from '../../../src/remediation/look-for-successor.ts';
import { NOON, aPolicy, aRemediation, aSearch, aSighting, guid } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const OLD = guid(1);
const NEW = guid(2);
const BY_OTHERS: Partial<Search> = { origin: 'external', took: 'left', mark: 1, isMarkComplete: false };

/** An instance that others took away before its own step read it, and an equal new run that was admitted already. */
async function world() {
  const stores = memoryStores();
  const gone = aSighting({ id: OLD, firstSeen: 1, isGone: true, print: aPrint() });
  const found = aSighting({ id: NEW, startDate: NOON + 1, referenceId: 950 });
  await stores.sightings.observe([
    { row: gone, requestedAt: NOON, print: aPrint() },
    { row: found, requestedAt: NOON + 1, print: aPrint() },
  ]);
  const counted = { currentInstanceId: NEW, instanceIds: [NEW], attemptsMade: 1 };
  await stores.store.create(aRemediation({ rootInstanceId: NEW, ...counted }));
  const parts = { ...stores, policy: aPolicy() };
  const remediation = aRemediation({ phase: 'resolving', input: null });
  return {
    gone,
    look: async (search: Search, oldRow: typeof gone | null) =>
      lookForSuccessor(remediation, search, { feed: null, oldRow }, parts),
  };
}

test('what was read of it for the search of another one tells its new run, earlier attempts counted there or not', async () => {
  const { gone, look } = await world();

  expect(await look(aSearch(BY_OTHERS), gone)).toMatchObject({ type: 'watch', candidateId: NEW });
  expect(await look(aSearch(BY_OTHERS), null)).toMatchObject({ type: 'doubtful', ids: [NEW] });
});

test('after a lost answer, a run of the request that was made after the old row may have been asked for once more', async () => {
  const stores = memoryStores();
  const { sightings } = stores;
  const policy = aPolicy();
  const see = async (...rows: readonly Parameters<typeof aSighting>[0][]) =>
    sightings.observe(rows.map((row) => ({ row: aSighting(row), requestedAt: NOON, print: aPrint() })));
  await see({ id: OLD }, { id: guid(3), status: 'Complete' });
  await see({ id: NEW, startDate: NOON + 1, referenceId: 950 });
  const search = aSearch({ took: 'maybe', mark: 2, isMarkComplete: false });
  const oldRow = (await sightings.get([OLD])).get(OLD) ?? null;

  const look = async (took: Search['took']) =>
    lookForSuccessor(
      aRemediation({ phase: 'resolving' }),
      { ...search, took },
      { feed: null, oldRow },
      { ...stores, policy },
    );

  expect([(await look('maybe')).type, (await look('left')).type]).toEqual(['doubtful', 'watch']);
});

test.each([
  ['Failed', {}, 'doubtful'],
  ['restarted long before', { status: 'CanceledForRestart', lastModified: NOON - 60_000 }, 'watch'],
  ['restarted just then', { status: 'CanceledForRestart', lastModified: NOON }, 'doubtful'],
] as const)(
  'after a lost answer, beside an equal row that is %s, the new run is looked for',
  async (_title, row, type) => {
    const stores = memoryStores();
    const twin = guid(3);
    await stores.sightings.observe([
      { row: aSighting({ id: twin, ...row }), requestedAt: NOON, print: aPrint() },
      { row: aSighting({ id: OLD }), requestedAt: NOON, print: aPrint() },
      { row: aSighting({ id: NEW, startDate: NOON + 1, referenceId: 950 }), requestedAt: NOON + 1, print: aPrint() },
    ]);
    await stores.store.create(aRemediation({ rootInstanceId: twin, currentInstanceId: twin, instanceIds: [twin] }));
    const search = aSearch({ took: 'maybe', mark: 2, isMarkComplete: false });

    const choice = await lookForSuccessor(
      aRemediation({ phase: 'resolving' }),
      search,
      { feed: null, oldRow: null },
      { ...stores, policy: aPolicy() },
    );

    expect(choice.type).toBe(type);
  },
);

test.each([
  ['leaves', undefined, 'watch'],
  ['leaves', true, 'doubtful'],
  ['stays', undefined, 'doubtful'],
] as const)(
  'a row that is gone where old rows are known to be "%s", seen CanceledForRestart: %s, is looked for',
  async (fate, isKept, type) => {
    const stores = memoryStores();
    const gone = aSighting({ id: OLD, firstSeen: 1, isGone: true, print: aPrint() });
    await stores.sightings.observe([
      { row: gone, requestedAt: NOON, print: aPrint() },
      { row: aSighting({ id: NEW, startDate: NOON + 1, referenceId: 950 }), requestedAt: NOON + 1, print: aPrint() },
    ]);
    await stores.ledger.update<OldRowKnowledge>(OLD_ROW, () => ({
      fate,
      evidence: 'seen',
      withoutVerdict: 0,
      ...(isKept ? { isKept } : {}),
    }));

    const choice = await lookForSuccessor(
      aRemediation({ phase: 'resolving' }),
      aSearch(BY_OTHERS),
      { feed: null, oldRow: gone },
      { ...stores, policy: aPolicy() },
    );

    expect(choice.type).toBe(type);
  },
);

test.each([
  ['is gone, and an earlier one of the lineage stands there Failed', true, 'Failed', 'doubtful'],
  ['is gone, and an earlier one left Failed when that one was made', true, 'CanceledForRestart', 'watch'],
  ['was restarted, whatever stands there before it', false, 'Failed', 'watch'],
] as const)('others acted on a row that %s', async (_title, isGone, status, type) => {
  const stores = memoryStores();
  const first = guid(3);
  const old = aSighting({ id: OLD, isGone, status: isGone ? 'Failed' : 'CanceledForRestart' });
  const earlier = { id: first, status, lastModified: NOON - 3_600_000 };
  await stores.sightings.observe([
    { row: aSighting(earlier), requestedAt: NOON, print: aPrint() },
    { row: old, requestedAt: NOON, print: aPrint() },
    { row: aSighting({ id: NEW, startDate: NOON + 1, referenceId: 950 }), requestedAt: NOON + 1, print: aPrint() },
  ]);
  const ids = { rootInstanceId: first, currentInstanceId: OLD, instanceIds: [first, OLD] };

  const choice = await lookForSuccessor(
    aRemediation({ ...ids, phase: 'resolving' }),
    aSearch({ ...BY_OTHERS, mark: 2 }),
    { feed: null, oldRow: old },
    { ...stores, policy: aPolicy() },
  );

  expect(choice.type).toBe(type);
});
