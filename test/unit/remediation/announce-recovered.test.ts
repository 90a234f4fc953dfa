import type { Remediation } from '../../../src/core/remediation.ts';
import { advanceRemediation } from '../../../src/remediation/advance-remediation.ts';
import { commitAction } from '../../../src/remediation/commit-action.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { aRecord, aRemediation, aSighting, guid, NOON } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const END = { type: 'end', outcome: 'recovered', reason: 'the new run is Complete', newStatus: 'Complete' } as const;

/** One whose new run is Complete, and whoever asked to hear of it. */
async function complete(announce?: NonNullable<RemediationParts['announce']>) {
  const stores = memoryStores();
  const before = aRemediation({
    phase: 'verifying',
    wait: null,
    nextAt: null,
    currentInstanceId: guid(2),
    attemptsMade: 1,
    lineage: [aRecord()],
  });
  await stores.store.create(before);
  const row = aSighting({ id: guid(2), status: 'Complete' });
  await stores.sightings.observe([{ row, requestedAt: NOON }]);
  const parts = {
    ...stores,
    emit: () => undefined,
    ...(announce === undefined ? {} : { announce }),
  } as unknown as RemediationParts;
  return { ...stores, parts, end: async () => commitAction(before, END, parts) };
}

test('a recovery is told after a crash right behind the save of the end, and once', async () => {
  const told: Remediation[] = [];
  const { parts, store, end, pass } = await complete(async (remediation) => void told.push(remediation));

  await end(); // the process dies here: nobody goes on with this step
  const due = await store.takeDue(10, 5000);
  for (const root of due) await advanceRemediation(root, parts);
  pass(60_000);

  expect(told).toMatchObject([{ outcome: 'recovered', currentInstanceId: guid(2) }]);
  expect(await store.load(guid(1))).toMatchObject({ phase: 'ended', outcome: 'recovered', nextAt: null });
  expect(await store.takeDue(10, 5000)).toEqual([]);
});

test('a recovery that could not be told is told at the next wake-up', async () => {
  let tries = 0;
  const { parts, store, end } = await complete(async () => {
    tries += 1;
    if (tries === 1) throw new Error('Redis did not answer');
  });
  await end();

  await expect(advanceRemediation(guid(1), parts)).rejects.toThrow('Redis did not answer');
  expect(await store.takeDue(10, 5000)).toEqual([guid(1)]);
  await advanceRemediation(guid(1), parts);

  expect(tries).toBe(2);
  expect((await store.load(guid(1)))?.isUntold).toBeUndefined();
});

test('where nobody asked to be told, the end is the last that is saved', async () => {
  const { store, end } = await complete();

  const saved = await end();

  expect(saved).toMatchObject({ outcome: 'recovered', nextAt: null });
  expect(saved?.isUntold).toBeUndefined();
  expect(await store.takeDue(10, 5000)).toEqual([]);
});
