import { adopted, adoptedAfterMs, failedAt, isHistory } from '../../../src/core/adopt.ts';
import { NOON, aFailure, aRemediation } from '../../support/builders.ts';

const HISTORY = aRemediation({
  phase: 'held',
  wait: null,
  holdCause: 'history',
  past: 'unproved',
  alertKey: 'history',
  nextAt: null,
});

test('adopted history is proved before it is worked, on the record of a person', () => {
  const after = adopted(HISTORY, { by: 'ann@desk', reason: 'old backlog', delayMs: 300 }, NOON + 5);

  expect(after).toMatchObject({
    phase: 'waiting',
    wait: 'past',
    past: 'unproved',
    holdCause: null,
    alertKey: null,
    nextAt: NOON + 305,
    isUrgent: false,
  });
  expect(after.timeline.at(-1)).toEqual({ at: NOON + 5, by: 'ann@desk', text: 'adopt: old backlog' });
});

test.each([
  ['the first at once', 0, 10, 0],
  ['the second when the calls of the first are made', 1, 10, 500],
  ['200 in 100 s', 200, 10, 100_000],
  ['faster where Command takes more', 200, 1000, 1000],
])('adopted rows are due one after another: %s', (_title, place, requestsPerSecond, expected) => {
  expect(adoptedAfterMs(place, requestsPerSecond)).toBe(expected);
});

test.each([
  ['the last change of the row', { lastModified: NOON - 2, startDate: NOON - 9 }, NOON - 2],
  ['else its start', { lastModified: null, startDate: NOON - 9 }, NOON - 9],
  ['else when we saw it', { lastModified: null, startDate: null, seenAt: NOON - 1 }, NOON - 1],
] as const)('a failure is as old as %s', (_title, failure, expected) => {
  expect(failedAt(aRemediation({ failure: aFailure(failure) }))).toBe(expected);
});

test('only what is held as history is history', () => {
  expect([HISTORY, aRemediation(), aRemediation({ phase: 'held', holdCause: 'approvals' })].map(isHistory)).toEqual([
    true,
    false,
    false,
  ]);
});
