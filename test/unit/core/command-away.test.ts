import { awaySince, isBack, withSweep } from '../../../src/core/command-away.ts';
import type { SweepRow } from '../../../src/core/command-away.ts';
import { NOON } from '../../support/builders.ts';

/** Sweeps a minute apart, `g`ood or `b`ad: what people are told after each; `A`: it is away, `-`: it is back. */
function told(sweeps: string): string {
  let row: SweepRow | null = null;
  let isTold = false;
  return sweeps
    .split('')
    .map((sweep, index) => {
      row = withSweep(row, sweep === 'g', NOON + index * 60_000) ?? row;
      if (awaySince(row) !== null) isTold = true;
      if (isBack(row)) isTold = false;
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
  expect(told(sweeps)).toBe(expected);
});

test('it is away since the first sweep of the row', () => {
  const first = withSweep({ isGood: true, count: 2, since: NOON }, false, NOON + 1);

  expect(awaySince(withSweep(first, false, NOON + 2))).toBe(NOON + 1);
});

test('what is known for sure is not written again', () => {
  expect(withSweep({ isGood: true, count: 2, since: NOON }, true, NOON + 1)).toBeNull();
});
