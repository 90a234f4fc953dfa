import { EMPTY_BOOK, deliveryDelayMs, isDue, nextBook, withoutSent } from '../../../src/core/alert-state.ts';
import type { AlertBook, AlertPolicy, AlertState } from '../../../src/core/alert-state.ts';
import type { DesiredAlert } from '../../../src/core/desired-alerts.ts';
import { NOON, guid } from '../../support/builders.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const POLICY: AlertPolicy = { groupWait: 30 * SECOND, repeatInterval: 12 * HOUR, waitingLong: 24 * HOUR };
const KEY = 'exhausted:definition:step:attempts';

function anAlert(changes: Partial<DesiredAlert> = {}): DesiredAlert {
  return {
    key: KEY,
    cause: 'exhausted',
    severity: 'warning',
    text: { title: '3 exhausted', summary: '3 exhausted; do this' },
    count: 3,
    instances: [guid(1)],
    firstAt: NOON,
    isGrowing: true,
    ...changes,
  };
}

function aState(changes: Partial<AlertState> = {}): AlertState {
  return {
    severity: 'warning',
    title: '3 exhausted',
    firstAt: NOON,
    sentAt: NOON,
    sentCount: 3,
    sequence: 7,
    ...changes,
  };
}

function aBook(states: AlertBook['states'] = { [KEY]: aState() }): AlertBook {
  return { sequence: 7, states, outbox: [] };
}

describe('when people are told', () => {
  test.each<readonly [string, boolean, AlertState | undefined, Partial<DesiredAlert> & { readonly afterMs: number }]>([
    ['not before groupWait, so that a burst makes one message', false, undefined, { afterMs: 29 * SECOND }],
    ['after groupWait', true, undefined, { afterMs: 30 * SECOND }],
    ['at once what began long ago', true, undefined, { firstAt: NOON - HOUR, afterMs: 0 }],
    ['not again soon', false, aState(), { afterMs: HOUR }],
    ['again after repeatInterval', true, aState(), { afterMs: 12 * HOUR }],
    ['again when it doubled', true, aState(), { count: 6, afterMs: 10 * MINUTE }],
    ['not when it grew by less', false, aState(), { count: 5, afterMs: 10 * MINUTE }],
    ['not of growth every moment', false, aState(), { count: 6000, afterMs: 9 * MINUTE }],
    ['not of growth that is no news', false, aState(), { count: 6000, isGrowing: false, afterMs: HOUR }],
  ])('%s', (_title, expected, state, { afterMs, ...changes }) => {
    expect(isDue(state, anAlert(changes), NOON + afterMs, POLICY)).toBe(expected);
  });

  test('never again where repeatInterval is 0', () => {
    expect(isDue(aState(), anAlert(), NOON + 1000 * HOUR, { ...POLICY, repeatInterval: 0 })).toBe(false);
  });
});

test('says a new alert once and remembers it', () => {
  const book = nextBook(EMPTY_BOOK, [anAlert()], NOON + MINUTE, POLICY);

  expect(book?.outbox).toEqual([
    {
      id: `${KEY}#1:firing`,
      message: {
        version: 1,
        key: KEY,
        status: 'firing',
        severity: 'warning',
        cause: 'exhausted',
        summary: '3 exhausted; do this',
        count: 3,
        instances: [guid(1)],
        firstAt: '2026-03-10T12:00:00.000Z',
        lastAt: '2026-03-10T12:01:00.000Z',
        links: {},
      },
    },
  ]);
  expect(nextBook(book ?? EMPTY_BOOK, [anAlert()], NOON + 2 * MINUTE, POLICY)).toBeNull();
});

test('says the end once, with the same key and a number of its own', () => {
  const book = nextBook(aBook(), [], NOON + HOUR, POLICY);

  expect(book?.outbox).toMatchObject([
    { id: `${KEY}#8:resolved`, message: { key: KEY, status: 'resolved', summary: 'Resolved: 3 exhausted', count: 0 } },
  ]);
  expect(book?.states).toEqual({});
  expect(nextBook(book ?? EMPTY_BOOK, [], NOON + 2 * HOUR, POLICY)).toBeNull();
});

test('says nothing of what ended before anybody was told', () => {
  const waiting = nextBook(EMPTY_BOOK, [anAlert()], NOON + SECOND, POLICY);

  expect(waiting).toBeNull();
  expect(nextBook(EMPTY_BOOK, [], NOON + 2 * SECOND, POLICY)).toBeNull();
});

test('an alert that comes back is told under a new id', () => {
  const ended = nextBook(aBook(), [], NOON + HOUR, POLICY) ?? EMPTY_BOOK;
  const again = nextBook(ended, [anAlert({ firstAt: NOON + 2 * HOUR })], NOON + 3 * HOUR, POLICY);

  expect(again?.outbox.map(({ id }) => id)).toEqual([`${KEY}#8:resolved`, `${KEY}#9:firing`]);
});

test('keeps an alert that nobody looked at closely', () => {
  const change = nextBook(aBook(), [anAlert({ text: null, count: 6000 })], NOON + 13 * HOUR, POLICY);

  expect(change).toBeNull();
});

test('keeps the first beginning over repeats', () => {
  const book = nextBook(aBook(), [anAlert({ firstAt: NOON + HOUR })], NOON + 12 * HOUR, POLICY);

  expect(book?.outbox[0]).toMatchObject({ id: `${KEY}#8:firing`, message: { firstAt: '2026-03-10T12:00:00.000Z' } });
  expect(book?.states[KEY]).toMatchObject({ sentAt: NOON + 12 * HOUR, sequence: 8 });
});

test('several messages at a time have numbers of their own', () => {
  const book = nextBook(aBook(), [anAlert({ key: 'a' }), anAlert({ key: 'b' })], NOON + HOUR, POLICY);

  expect(book?.outbox.map(({ id }) => id)).toEqual(['a#8:firing', 'b#9:firing', `${KEY}#10:resolved`]);
  expect(book?.sequence).toBe(10);
});

test('the outbox keeps what was not handed over', () => {
  const book = nextBook(aBook(), [anAlert({ key: 'a' })], NOON + HOUR, POLICY) ?? EMPTY_BOOK;

  const left = withoutSent(book, new Set(['a#8:firing']));

  expect(left?.outbox.map(({ id }) => id)).toEqual([`${KEY}#9:resolved`]);
  expect(withoutSent(book, new Set())).toBeNull();
});

test.each([
  [1, 0, 1000],
  [3, 10_000, 4000],
  [20, 3_599_999, 15_000],
  [2, 3_600_000, 300_000],
  [5000, 1e9, 300_000],
])('after %i tries and %i ms a refused message rests %i ms', (tries, ageMs, expected) => {
  expect(deliveryDelayMs(tries, ageMs)).toBe(expected);
});
