import { NOON, aSighting } from '../../../support/builders.ts';
import { aPrint } from '../../../support/core-builders.ts';
import { memoryStores } from '../../../support/memory-stores.ts';

const HOUR = 3_600_000;

test('a row that is read again in a zone known by now gets its dates mended, and has not changed by that', async () => {
  const { sightings } = memoryStores();
  const read = aSighting({ lastModified: NOON, startDate: NOON - HOUR });
  const mended = { ...read, lastModified: NOON + HOUR, startDate: NOON, zoneOffsetMs: HOUR };
  await sightings.observe([{ row: read, requestedAt: NOON }]);

  await sightings.observe([{ row: mended, requestedAt: NOON + 1 }]);
  const again = await sightings.observe([{ row: mended, requestedAt: NOON + 2 }]);

  const known = (await sightings.get([read.id])).get(read.id);
  expect(known).toMatchObject({ lastModified: NOON + HOUR, startDate: NOON, changedAt: NOON });
  expect(again).toEqual([]);
});

test('what a read told of the input is kept, found by its request key, and written once, also where a list was later', async () => {
  const { sightings, kv } = memoryStores();
  const row = aSighting({ lastModified: NOON });
  const print = aPrint({ requestKey: 'wish' });
  await sightings.observe([{ row, requestedAt: NOON + 2 }]);

  const [change] = await sightings.observe([{ row, requestedAt: NOON + 1, print }]);
  const commits = kv.commits;
  const again = await sightings.observe([{ row, requestedAt: NOON + 3, print }]);
  await sightings.observe([{ row: { ...row, lastModified: NOON + 4 }, requestedAt: NOON + 5 }]);

  expect(change?.sighting).toMatchObject({ print, seenAt: NOON + 2 });
  expect([again, kv.commits - commits]).toEqual([[], 1]);
  expect(await sightings.withRequestKey('wish', 5)).toMatchObject([{ id: row.id, print, lastModified: NOON + 4 }]);
});
