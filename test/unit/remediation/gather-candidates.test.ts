import { gatherCandidates } from '../../../src/remediation/gather-candidates.ts';
import {
  NOON,
  aPolicy,
  aRecord,
  anInput,
  aRemediation,
  aSearch,
  aSighting,
  anIntent,
  guid,
} from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const DAY = 24 * 3_600_000;
const row = (number: number, changes: object) => aSighting({ id: guid(number), ...changes });

test('the likely ones are among all of them, however many rows were listed since; old rows are not', async () => {
  const stores = memoryStores();
  const remediation = aRemediation({ title: 'web1' });
  const { definitionId, workflowType } = remediation;
  const of = { definitionId, workflowType, lastModified: NOON, startDate: NOON };
  const observe = async (rows: readonly ReturnType<typeof aSighting>[]) =>
    stores.sightings.observe(rows.map((one) => ({ row: one, requestedAt: NOON })));
  await observe([row(1000, { ...of, title: 'web1' })]);
  await observe(Array.from({ length: 450 }, (_, index) => row(2000 + index, { ...of, title: `web${index + 2}` })));
  await observe([row(3000, { ...of, title: 'web1', lastModified: NOON - DAY })]);

  const search = aSearch({ mark: 0, notBefore: NOON - 1000 });
  const parts = { ...stores, policy: aPolicy() };
  const alike = await gatherCandidates(remediation, search, { reach: 'alike', span: null }, parts);
  const all = await gatherCandidates(remediation, search, { reach: 'all', span: null }, parts);

  expect(alike.map(({ id }) => id)).toEqual([guid(1000)]);
  expect(all.map(({ id }) => id)).toContain(guid(1000));
  expect(all.length).toBeGreaterThan(300);
});

test('a search for what others did reads what may be the new run of a restart of ours, or leaves it alone (P2)', async () => {
  const stores = memoryStores();
  const remediation = aRemediation({ title: 'web1' });
  const { definitionId, workflowType } = remediation;
  const one = row(2, { definitionId, workflowType, title: 'web1', startDate: NOON });
  await stores.sightings.observe([{ row: one, requestedAt: NOON }]);
  const open = anIntent({ instanceId: guid(3), definitionId, workflowType, title: 'web1', mark: 0, endedAt: NOON });
  await stores.kv.commit(
    [],
    [
      ['hset', stores.keys.intents, guid(3), JSON.stringify(open)],
      ['zadd', stores.keys.unsettled, NOON, guid(3)],
    ],
  );
  const parts = { ...stores, policy: aPolicy() };
  const found = async (origin: 'external' | 'remediator') =>
    (await gatherCandidates(remediation, aSearch({ mark: 0, origin }), { reach: 'alike', span: null }, parts)).map(
      ({ id, wantedBy = null }) => [id, wantedBy],
    );

  expect(await found('external')).toEqual([[guid(2), null]]); // unread: it may be anybody's
  await stores.sightings.observe([{ row: one, requestedAt: NOON + 1, print: aPrint() }]);
  expect(await found('external')).toEqual([]); // nobody searches on
  await stores.store.create(aRemediation({ rootInstanceId: open.rootInstanceId, phase: 'resolving' }));
  expect(await found('external')).toEqual([[guid(2), guid(3)]]);
  expect(await found('remediator')).toEqual([[guid(2), null]]);
});

test('a root of another lineage is shown, and cannot be linked (P2)', async () => {
  const stores = memoryStores();
  const remediation = aRemediation({ title: 'web1' });
  const { definitionId, workflowType } = remediation;
  const [root, successor] = [guid(2), guid(3)];
  const rows = [root, successor].map((id) => aSighting({ id, definitionId, workflowType, title: 'web1' }));
  await stores.sightings.observe(rows.map((one) => ({ row: one, requestedAt: NOON })));
  const other = aRemediation({ rootInstanceId: root, lineage: [aRecord({ oldInstanceId: root })] });
  await stores.store.create({ ...other, currentInstanceId: successor, instanceIds: [root, successor] });
  const parts = { ...stores, policy: aPolicy() };

  const found = await gatherCandidates(remediation, aSearch({ mark: 0 }), { reach: 'alike', span: null }, parts);

  expect(found.map(({ id, canLink }) => [id, canLink])).toEqual([[root, false]]);
});

test.each([
  ['equals an earlier run of another lineage, and this one only by the wish', 'their-csr', []],
  ['equals this one', 'fingerprint-1', [guid(3)]],
  ['equals nobody', 'another-csr', [guid(3)]],
])('a search for what others did and a new run that %s (P2)', async (_title, fingerprint, expected) => {
  const stores = memoryStores();
  const remediation = aRemediation({ title: 'web1', input: anInput() });
  const { definitionId, workflowType } = remediation;
  const [theirs, fresh] = [guid(2), guid(3)];
  const observe = async (id: string, print: string) => {
    const one = aSighting({ id, definitionId, workflowType, title: 'web1' });
    await stores.sightings.observe([{ row: one, requestedAt: NOON, print: aPrint({ fingerprint: print }) }]);
  };
  await observe(theirs, 'their-csr');
  const mark = await stores.sightings.mark();
  await observe(fresh, fingerprint);
  const parts = { ...stores, policy: aPolicy() };

  const found = await gatherCandidates(
    remediation,
    aSearch({ mark, origin: 'external' }),
    { reach: 'alike', span: null },
    parts,
  );

  expect(found.map(({ id }) => id)).toEqual(expected);
});
