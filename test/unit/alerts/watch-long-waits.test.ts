import { watchLongWaits } from '../../../src/alerts/watch-long-waits.ts';
import type { AlertParts } from '../../../src/alerts/parts.ts';
import { aRemediation, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** One that has waited for two hours, an hour being long, as a look that takes this much time finds it. */
async function lookThatTakes(ms: number) {
  const stores = memoryStores();
  await stores.store.create(aRemediation());
  stores.pass(2 * HOUR);
  const parts = { ...stores, policy: { waitingLong: HOUR } } as unknown as AlertParts;
  const load = stores.store.loadMany.bind(stores.store);
  let leftMs = ms;
  stores.store.loadMany = async (roots) => {
    stores.pass(leftMs);
    leftMs = 0;
    return load(roots);
  };
  const found = await watchLongWaits(parts);
  stores.store.loadMany = load;
  const record = await load([guid(1)]);
  for (const before of record) await stores.store.save(before, { ...before, phase: 'ended', outcome: 'obsolete' });
  return { ...stores, found, look: async () => watchLongWaits(parts) };
}

test.each([
  ['a moment is good for a minute', 10, MINUTE],
  ['six seconds is good for two, so that looks take a small part of the time', 6000, 2 * MINUTE],
])('a look that took %s', async (_title, tookMs, goodForMs) => {
  const { found, look, pass } = await lookThatTakes(tookMs);

  pass(goodForMs - tookMs - 1);
  const early = await look();
  pass(1);
  const late = await look();

  expect([found.length, early.length, late.length]).toEqual([1, 1, 0]);
});

test('a process that slept during its look keeps nobody from the next one for hours (P9)', async () => {
  const { found, look } = await lookThatTakes(20 * MINUTE);

  expect([found.length, (await look()).length]).toEqual([1, 0]);
});
