import { advanceRemediation } from '../../../src/remediation/advance-remediation.ts';
import { noteInput } from '../../../src/remediation/new-run-fate.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aPolicy, aRecord, aRemediation, aSearch, aSighting, guid } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const [OLD, NEW] = [guid(1), guid(2)];
const SOON = NOON + 60_000;

test.each<readonly [string, boolean | null, boolean]>([
  ['is worked at once', null, false],
  ['is worked at once where new runs keep their input', true, false],
  ['waits for the window where new runs bear another input: it may be a request made anew (P2)', false, true],
])('a new run of equal input that fails again %s', async (_title, isKept, waits) => {
  const stores = memoryStores();
  const { store, sightings, pass } = stores;
  const parts = {
    ...stores,
    policy: aPolicy(),
    emit: () => undefined,
    random: () => 0.5,
    hash: (text: string) => text,
    queue: { requestSweep: async () => undefined, requestTests: async () => undefined },
    stopping: new AbortController().signal,
  } as unknown as RemediationParts;
  if (isKept !== null) await noteInput(isKept, { origin: 'remediator', took: 'accepted' }, parts);
  const rows = [
    aSighting({ id: OLD, status: 'CanceledForRestart', lastModified: NOON + 500 }),
    aSighting({ id: NEW, status: 'Failed', startDate: NOON + 500, referenceId: 913 }),
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

  expect((await store.load(OLD))?.phase === 'verifying').toBe(waits);
});
