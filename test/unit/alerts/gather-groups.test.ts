import { gatherGroups } from '../../../src/alerts/gather-alert-facts.ts';
import type { AlertParts } from '../../../src/alerts/parts.ts';
import { NOON } from '../../support/builders.ts';

/** So many are held; listing them takes half a second. */
function many(held: number) {
  let at = NOON;
  let lists = 0;
  const store = {
    counts: async () => ({ phases: { held }, outcomes: { exhausted: 0, refused: 0 } }),
    alertGroups: async () => {
      at += 500;
      lists += 1;
      return new Map();
    },
  };
  return {
    parts: { store, now: () => at } as unknown as AlertParts,
    pass: (ms: number) => void (at += ms),
    more: () => void (held += 1),
    lists: () => lists,
  };
}

test.each([
  ['few are listed on every look', 4000, 1000, true, 2],
  ['many whose counts stand still are listed once a minute', 100_000, 58_000, false, 1],
  ['many whose counts move are not listed at once', 100_000, 9000, true, 1],
  ['many whose counts move are listed one part in twenty of the time', 100_000, 9500, true, 2],
] as const)('%s', async (_title, held, passed, isMoving, expected) => {
  const { parts, pass, more, lists } = many(held);
  const first = await gatherGroups(null, parts);
  pass(passed);
  if (isMoving) more();

  const second = await gatherGroups(first, parts);

  expect(lists()).toBe(expected);
  expect(second === first).toBe(expected === 1);
});
