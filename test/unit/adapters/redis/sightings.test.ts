import { NOON, aSighting } from '../../../support/builders.ts';
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
