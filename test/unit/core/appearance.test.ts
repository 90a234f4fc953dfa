import { appearMsOf, withAppearance } from '../../../src/core/appearance.ts';
import type { Appearance } from '../../../src/core/appearance.ts';
import { NOON } from '../../support/builders.ts';

const SECOND = 1000;

test.each<readonly [string, { readonly missedAt?: number }, number, number]>([
  ['was missed by a look that had its chance', { missedAt: NOON + SECOND }, NOON + 9 * SECOND, 9 * SECOND],
  ['was shown by the first such look', {}, NOON + 9 * SECOND, 0],
  ['was shown already, under another Title, when it was looked for', { missedAt: NOON + SECOND }, NOON + SECOND, 0],
])('a new run that %s', (_title, search, firstSeenAt, expected) => {
  expect(appearMsOf(withAppearance(null, { endedAt: NOON, ...search }, firstSeenAt))).toBe(expected);
});

test('a server is as late as it was lately', () => {
  const late = withAppearance(null, { endedAt: NOON, missedAt: NOON }, NOON + SECOND);
  const again = (known: Appearance | null, times: number): Appearance | null =>
    Array.from({ length: times }).reduce<Appearance | null>(
      (before) => withAppearance(before, { endedAt: NOON }, NOON + SECOND) ?? before,
      known,
    );

  expect(appearMsOf(null)).toBe(0);
  expect(appearMsOf(again(late, 19))).toBe(SECOND);
  expect(appearMsOf(again(late, 20))).toBe(0);
});

test('a server that shows its new runs at once is not written down again and again', () => {
  expect(withAppearance(null, { endedAt: NOON }, NOON + SECOND)).toBeNull();
  expect(withAppearance({ samples: [0, 0] }, { endedAt: NOON }, NOON + SECOND)).toBeNull();
  expect(withAppearance({ samples: [SECOND] }, { endedAt: NOON }, NOON + SECOND)).toEqual({ samples: [SECOND, 0] });
});
