import { TransientError } from '../../../src/core/errors.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { advanceRemediation } from '../../../src/remediation/advance-remediation.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aPolicy, aRecord, aRemediation, aSearch, aSighting, guid } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const [OLD, NEW, OTHER] = [guid(1), guid(2), guid(3)];
const SOON = NOON + 60_000;

/** One whose exact new run was Complete a minute after its restart, and another run of equal Title that shows at `at`. */
async function recoveredEarly(other: Partial<Sighting>, at: number, isReadable = true) {
  const stores = memoryStores();
  const { store, sightings, pass } = stores;
  const policy = aPolicy();
  const readInstance = async () => Promise.reject(new TransientError('Command does not answer'));
  const parts = {
    ...stores,
    policy,
    emit: () => undefined,
    hash: (text: string) => text,
    command: { readInstance },
    queue: { requestSweep: async () => undefined },
    stopping: new AbortController().signal,
  } as unknown as RemediationParts;
  const rows = [
    aSighting({ id: OLD, status: 'CanceledForRestart', lastModified: NOON + 500 }),
    aSighting({ id: NEW, status: 'Complete', startDate: NOON + 500, referenceId: 913 }),
  ];
  await sightings.observe(rows.map((row) => ({ row, requestedAt: SOON, print: aPrint() })));
  await store.create(
    aRemediation({
      phase: 'verifying',
      wait: null,
      currentInstanceId: NEW,
      attemptsMade: 1,
      search: aSearch({ mark: 0 }),
      lineage: [aRecord({ newStatus: 'Running' })],
    }),
  );
  pass(SOON - NOON);
  await advanceRemediation(OLD, parts);
  const announced = await store.load(OLD);
  pass(at - SOON);
  const row = aSighting({ id: OTHER, status: 'Complete', startDate: NOON + 700, referenceId: 914, ...other });
  await sightings.observe([{ row, requestedAt: at, ...(isReadable ? { print: aPrint() } : {}) }]);
  return { ...stores, parts, policy, announced };
}

test('a second candidate of the window makes the link of an announced end ambiguous; the end stays (P2)', async () => {
  const { parts, policy, store, announced, pass } = await recoveredEarly({}, SOON + 60_000);
  expect(announced).toMatchObject({ phase: 'ended', outcome: 'recovered', lineage: [{ confidence: 'exact' }] });

  pass(policy.resolve.window);
  for (const root of await store.takeDue(10, 5000)) await advanceRemediation(root, parts);

  const record = await store.load(OLD);
  expect(record).toMatchObject({ phase: 'ended', outcome: 'recovered', search: null, nextAt: null });
  expect(record?.endedAt).toBe(announced?.endedAt);
  expect(record?.lineage).toMatchObject([
    { newInstanceId: NEW, confidence: 'ambiguous', candidates: [NEW, OTHER], newStatus: 'Complete' },
  ]);
  expect(record?.timeline.at(-1)?.text).toContain(`${NEW}, ${OTHER}; the link is ambiguous, the end stays`);
});

test.each<readonly [string, Partial<Sighting>, number]>([
  ['shows after the window', {}, NOON + aPolicy().resolve.window + 1000],
  ['began before the restart', { startDate: NOON - 10_000, referenceId: 890 }, SOON + 60_000],
  ['is of another definition', { definitionId: guid(77) }, SOON + 60_000],
])('one that %s leaves the link as it was', async (_title, other, at) => {
  const { parts, policy, store, pass } = await recoveredEarly(other, at);

  pass(policy.resolve.window);
  for (const root of await store.takeDue(10, 5000)) await advanceRemediation(root, parts);

  expect(await store.load(OLD)).toMatchObject({
    outcome: 'recovered',
    search: null,
    nextAt: null,
    lineage: [{ confidence: 'exact', candidates: [NEW] }],
  });
  expect(await store.takeDue(10, 5000)).toEqual([]);
});

test('one that cannot be read is asked for on, for another window at most', async () => {
  const { parts, policy, store, pass } = await recoveredEarly({}, SOON + 60_000, false);

  pass(policy.resolve.window);
  for (const root of await store.takeDue(10, 5000)) await advanceRemediation(root, parts);
  expect(await store.load(OLD)).toMatchObject({ search: { predecessorId: OLD } });
  pass(policy.resolve.window);
  for (const root of await store.takeDue(10, 5000)) await advanceRemediation(root, parts);

  expect(await store.load(OLD)).toMatchObject({ search: null, nextAt: null, lineage: [{ confidence: 'exact' }] });
});
