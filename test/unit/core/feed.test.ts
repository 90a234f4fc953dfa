import { freshnessMs, knownUnchangedAt, toServerTime, withClock } from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import { NOON, aPolicy } from '../../support/builders.ts';

const SECOND = 1000;
const policy = aPolicy();

function aFeed(changes: Partial<Feed> = {}): Feed {
  return {
    startedAt: NOON,
    watchedSince: NOON,
    lookedAt: NOON + 30 * SECOND,
    sweepMs: 200,
    isTrusted: true,
    agreeingScans: 0,
    highWater: NOON,
    serverOffsetMs: 0,
    offsetSamples: [],
    referenceMark: 900,
    backlogCount: 0,
    scannedAt: null,
    ...changes,
  };
}

test.each([
  ['ten seconds and a sweep', 30 * SECOND, aFeed(), 10 * SECOND + 200],
  ['a shorter interval and a sweep', 2 * SECOND, aFeed(), 2 * SECOND + 200],
  ['ten seconds before the first sweep', 30 * SECOND, null, 10 * SECOND],
])('facts are fresh for %s', (_title, interval, feed, expected) => {
  expect(freshnessMs(feed, { poll: { ...policy.poll, interval } })).toBe(expected);
});

test.each<readonly [string, number, Feed | null, number]>([
  ['the look that did not show it changed', NOON, aFeed(), NOON + 30 * SECOND],
  ['its own read, where that is later', NOON + 60 * SECOND, aFeed(), NOON + 60 * SECOND],
  ['its own read, where the feed is not trusted', NOON, aFeed({ isTrusted: false }), NOON],
  ['its own read, before the first look', NOON, null, NOON],
])('a row is known unchanged until %s', (_title, readAt, feed, expected) => {
  expect(knownUnchangedAt(readAt, feed)).toBe(expected);
});

test('the server clock is taken low: the lowest of the latest samples', () => {
  const feed = [5 * SECOND, 3 * SECOND, 9 * SECOND].reduce(
    (known, ahead) => withClock(known, NOON, NOON + ahead),
    aFeed(),
  );

  expect(toServerTime(NOON, feed)).toBe(NOON + 3 * SECOND);
});

test('old samples are forgotten, so a clock that was set is followed', () => {
  let feed = withClock(aFeed(), NOON, NOON - 60 * SECOND);
  for (let count = 0; count < 20; count++) feed = withClock(feed, NOON, NOON + SECOND);

  expect(feed.serverOffsetMs).toBe(SECOND);
});

test('an answer without a date says nothing', () => {
  expect(withClock(aFeed(), NOON, null)).toEqual(aFeed());
  expect(toServerTime(NOON, null)).toBe(NOON);
});
