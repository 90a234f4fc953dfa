import { SCANS, SWEEPS, awaySince, isBack, withLook } from '../../../src/core/command-away.ts';
import type { LookRow, Looks } from '../../../src/core/command-away.ts';
import { NOON } from '../../support/builders.ts';

/** Looks a minute apart, `g`ood or `b`ad: what people are told after each; `A`: it is away, `-`: it is back. */
function told(story: string, looks: Looks): string {
  let row: LookRow | null = null;
  let isTold = false;
  return story
    .split('')
    .map((look, index) => {
      row = withLook(row, { isGood: look === 'g', at: NOON + index * 60_000 }, looks) ?? row;
      if (awaySince(row, looks) !== null) isTold = true;
      if (isBack(row, looks)) isTold = false;
      return isTold ? 'A' : '-';
    })
    .join('');
}

test.each([
  ['gggg', '----'],
  ['gbgg', '----'],
  ['gbgbgbgb', '--------'],
  ['gbbb', '--AA'],
  ['gbbgg', '--AA-'],
  ['gbbgbgbgg', '--AAAAAA-'],
  ['gbbgbbgbb', '--AAAAAAA'],
  ['bb', '-A'],
])('sweeps %s: %s', (sweeps, expected) => {
  expect(told(sweeps, SWEEPS)).toBe(expected);
});

test.each([
  ['gggg', '----'],
  ['gbgbgb', '------'],
  ['bbgbbgbbg', '---------'],
  ['bbb', '--A'],
  ['gbbbbbg', '---AAA-'],
  ['bbbgbgbbg', '--A------'],
])('full scans %s: %s', (scans, expected) => {
  expect(told(scans, SCANS)).toBe(expected);
});

test('it is away since the first look of the row', () => {
  const first = withLook({ isGood: true, count: 2, since: NOON }, { isGood: false, at: NOON + 1 }, SWEEPS);

  expect(awaySince(withLook(first, { isGood: false, at: NOON + 2 }, SWEEPS), SWEEPS)).toBe(NOON + 1);
});

test.each<readonly [string, Looks]>([
  ['sweeps', SWEEPS],
  ['full scans', SCANS],
])('what is known for sure is not written again: %s', (_title, looks) => {
  const surelyGood = { isGood: true, count: looks.backAfter, since: NOON };
  const surelyBad = { isGood: false, count: looks.awayAfter, since: NOON };

  expect(withLook(surelyGood, { isGood: true, at: NOON + 1 }, looks)).toBeNull();
  expect(withLook(surelyBad, { isGood: false, at: NOON + 1 }, looks)).toBeNull();
});
