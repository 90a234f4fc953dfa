import { compareLater, isLater } from '../../../src/core/later.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { NOON, aSighting, guid } from '../../support/builders.ts';

const run = aSighting({ startDate: NOON, referenceId: 812, firstSeen: 5 });

test.each<readonly [string, Partial<Sighting>, boolean]>([
  ['with a later start', { startDate: NOON + 1, referenceId: 1, firstSeen: 1 }, true],
  ['with an earlier start', { startDate: NOON - 1, referenceId: 999, firstSeen: 9 }, false],
  ['with the same start and a larger ReferenceId', { startDate: NOON, referenceId: 813, firstSeen: 1 }, true],
  ['with the same start and a smaller ReferenceId', { startDate: NOON, referenceId: 811, firstSeen: 9 }, false],
  ['with the same numbers, first seen later', { startDate: NOON, referenceId: 812, firstSeen: 6 }, true],
  ['with the same numbers, first seen before', { startDate: NOON, referenceId: 812, firstSeen: 4 }, false],
  ['without a start, by its ReferenceId', { startDate: null, referenceId: 813, firstSeen: 1 }, true],
  ['without any number, by when it was first seen', { startDate: null, referenceId: null, firstSeen: 6 }, true],
  ['without any number, seen before', { startDate: null, referenceId: null, firstSeen: 4 }, false],
])('a run %s is later: %s', (_title, changes, expected) => {
  expect(isLater(aSighting({ id: guid(2), ...changes }), run)).toBe(expected);
});

test('no run is later than itself', () => {
  expect(isLater(run, run)).toBe(false);
});

test('the latest stands first', () => {
  const later = aSighting({ id: guid(2), startDate: NOON + 1 });

  expect([run, later].toSorted(compareLater)).toEqual([later, run]);
});
