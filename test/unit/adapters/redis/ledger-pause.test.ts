import { NOON } from '../../../support/builders.ts';
import { memoryStores } from '../../../support/memory-stores.ts';

const HOUR = 3_600_000;
const pauseOf = (by: string, until: number | null) => ({ reason: `for ${by}`, by, since: NOON, until });

test.each<readonly [string, number | null, number | null, string]>([
  ['no end outlasts an hour', null, NOON + HOUR, 'eva'],
  ['an hour gives way to no end', NOON + HOUR, null, 'tom'],
  ['an hour gives way to two', NOON + HOUR, NOON + 2 * HOUR, 'tom'],
  ['of equal ones the first stays', NOON + HOUR, NOON + HOUR, 'eva'],
])('the longer pause stands: %s', async (_title, first, second, expected) => {
  const { ledger } = memoryStores();

  await ledger.pause(pauseOf('eva', first));
  const stands = await ledger.pause(pauseOf('tom', second));

  expect(stands.by).toBe(expected);
  expect(await ledger.paused()).toEqual(stands);
});

test('a pause that is over does not stand in the way of another', async () => {
  const { ledger, pass } = memoryStores();
  await ledger.pause(pauseOf('eva', NOON + HOUR));
  pass(2 * HOUR);

  expect(await ledger.pause(pauseOf('tom', NOON + 3 * HOUR))).toMatchObject({ by: 'tom' });
});

test('two at the same moment: the longer one stands', async () => {
  const { ledger } = memoryStores();

  await Promise.all([ledger.pause(pauseOf('eva', NOON + HOUR)), ledger.pause(pauseOf('tom', null))]);

  expect(await ledger.paused()).toMatchObject({ by: 'tom' });
});
