import {
  backTo,
  coversSince,
  distrusted,
  freshnessMs,
  inZone,
  isPassedOver,
  knownUnchangedAt,
  rowLagMs,
  showsGround,
  stretchesOf,
  toServerTime,
  withAgreement,
  withClock,
  withReadBack,
  withRowDates,
} from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import type { InstanceRow } from '../../../src/core/instance.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { NOON, aPolicy, aSighting } from '../../support/builders.ts';

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
  ['its own read, where that is older than the store’s knowledge', NOON, aFeed({ startedAt: NOON + 1 }), NOON],
  ['its own read, where the latest full scan did not list it', NOON, aFeed({ scannedAt: NOON + 1 }), NOON],
  ['the look, where the latest full scan listed it', NOON, aFeed({ scannedAt: NOON }), NOON + 30 * SECOND],
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

const HEADER = NOON + 30 * SECOND;

test.each<readonly [string, readonly (number | null)[], number, number]>([
  ['before any row was listed, a minute at the most', [], 60 * SECOND, 0],
  ['as little as the youngest row was old', [HEADER - 9 * SECOND, HEADER - 3 * SECOND], 4 * SECOND, 0],
  ['not at all, once a row is of the future: that clock is ahead', [HEADER + 91 * SECOND], 0, 90 * SECOND],
  ['what is of another day or zone says nothing', [HEADER - 7_200 * SECOND, null], 60 * SECOND, 0],
])('the clock that dates the rows may be behind: %s', (_title, newest, lagMs, aheadMs) => {
  const feed = newest.reduce((known, date) => withRowDates(known, date, HEADER), aFeed());

  expect(rowLagMs(feed)).toBe(lagMs);
  expect(toServerTime(NOON, feed)).toBe(NOON + aheadMs);
});

const MINUTE = 60 * SECOND;
const PAST = NOON + 10 * MINUTE;

test.each<readonly [string, number | null, Partial<Sighting> | null, boolean]>([
  ['a new row below known ground', NOON + MINUTE, null, true],
  ['a changed row below known ground', NOON + MINUTE, { lastModified: NOON }, true],
  ['a row whose status alone is understood now', NOON + MINUTE, { lastModified: NOON + MINUTE }, false],
  [
    'a row read before the zone was known',
    NOON + MINUTE,
    { lastModified: NOON + 61 * MINUTE, zoneOffsetMs: 60 * MINUTE },
    false,
  ],
  ['a change that a sweep still has before it', PAST - MINUTE, null, false],
  ['a change that is younger than poll.settle and a minute', PAST - 2 * MINUTE, null, false],
  ['a row from before this store watched', NOON - 1, null, false],
  ['a row without a date', null, null, false],
])('a full scan that finds %s', (_title, lastModified, before, expected) => {
  const change = { sighting: aSighting({ lastModified }), before: before && aSighting(before) };

  expect(isPassedOver(change, aFeed({ highWater: PAST }), 2 * MINUTE)).toBe(expected);
});

test('a feed that was caught is believed again after two scans that agree, and not after one', () => {
  const once = withAgreement(distrusted(aFeed({ agreeingScans: 1 })));

  expect(once).toMatchObject({ isTrusted: false, agreeingScans: 1 });
  expect(withAgreement(distrusted(once)).isTrusted).toBe(false);
  expect(withAgreement(once)).toMatchObject({ isTrusted: true });
});

describe('what a sweep asks for', () => {
  const day = (at: number) => ({
    modifiedSince: Math.floor(at / (24 * 60 * MINUTE)) * 24 * 60 * MINUTE,
    isFine: false,
  });
  const moment = (at: number) => ({ modifiedSince: at, isFine: true });
  const unordered = aFeed({ isOrderIgnored: true, groundAt: NOON });

  test.each<readonly [string, Feed | null, boolean, ReturnType<typeof day>[]]>([
    ['a day before the first sweep', null, true, [day(NOON - 24 * 60 * MINUTE)]],
    ['days where the order holds', aFeed(), true, [day(NOON)]],
    ['days where moments are not taken', unordered, false, [day(NOON)]],
    ['a minute of known ground, else days', unordered, true, [moment(NOON - MINUTE), day(NOON)]],
    [
      'no moment ahead of the last sweep',
      { ...unordered, highWater: NOON + 60 * MINUTE, groundAt: NOON + 60 * MINUTE },
      true,
      [moment(NOON - MINUTE / 2), day(NOON)],
    ],
    ['days where no row is known', aFeed({ isOrderIgnored: true }), true, [day(NOON)]],
    [
      'days where the newest row is of an earlier one',
      { ...unordered, groundAt: NOON - 26 * 60 * MINUTE },
      true,
      [day(NOON)],
    ],
    ['days again after three misses', { ...unordered, momentsMissed: 3 }, true, [day(NOON)]],
    [
      'the day of known ground, not of today',
      aFeed({ highWater: NOON - 26 * 60 * MINUTE }),
      true,
      [day(NOON - 26 * 60 * MINUTE)],
    ],
  ])('%s', (_title, feed, takesMoments, expected) => {
    expect(stretchesOf(feed, NOON, 0, takesMoments)).toEqual(expected);
  });

  test('the settling time is known ground that is read again', () => {
    expect(stretchesOf(unordered, NOON, 5 * MINUTE, true)[0]).toEqual(moment(NOON - 6 * MINUTE));
  });

  test.each([
    ['a row within a quarter of an hour of its begin', NOON + MINUTE, true],
    ['later rows only: another zone', NOON + 15 * MINUTE, false],
    ['a row without a date', null, false],
  ])('ground is shown by %s: %s', (_title, lastModified, expected) => {
    expect(showsGround([{ lastModified } as InstanceRow], moment(NOON))).toBe(expected);
  });
});

test('in another zone the ground is read anew: dates that seemed to lie ahead would hide what changes until then', () => {
  const hour = 3_600_000;
  const read = aFeed({ highWater: NOON + 2 * hour, groundAt: NOON + 2 * hour, rowDateSamples: [5] });

  const learned = inZone(read, -2 * hour);

  expect(learned).toEqual({ ...aFeed(), zoneOffsetMs: -2 * hour, highWater: null, rowDateSamples: [] });
  expect(stretchesOf(learned, NOON, 0, true)).toEqual([{ modifiedSince: NOON - 36 * hour, isFine: false }]);
  expect(inZone(learned, -2 * hour)).toBe(learned);
  expect(inZone(read, 0)).toBe(read);
});

describe('a restart that is older than what this store knows', () => {
  const feed = aFeed({ rowDateSamples: [0] });
  const minute = 60 * SECOND;
  const day = 24 * 60 * minute;

  test.each<readonly [string, Feed, number, boolean]>([
    ['was made since the first look', feed, NOON, true],
    ['was made before it', feed, NOON - 1, false],
    [
      'was made before it, and rows were listed to there',
      { ...feed, readBackTo: NOON - 2 * minute },
      NOON - minute,
      true,
    ],
    ['was made before what was listed', { ...feed, readBackTo: NOON - minute }, NOON - minute, false],
    ['was made longer ago than any scan reads back', { ...feed, readBackTo: NOON - day }, NOON - 9 * day, true],
  ])('%s', (_title, known, since, expected) => {
    expect(coversSince(known, since)).toBe(expected);
  });

  test('has the next scan read back to it, once', () => {
    const asked = withReadBack(feed, NOON - 5 * minute);
    if (asked === null) throw new Error('nothing was asked for');

    expect(backTo(feed)).toBeNull();
    expect(backTo(asked)).toBe(NOON - 7 * minute);
    expect(withReadBack(asked, NOON - 5 * minute)).toBeNull();
    expect(withReadBack(asked, NOON - 9 * minute)).toMatchObject({ readBackFor: NOON - 11 * minute });
    const read = { ...asked, readBackTo: NOON - 7 * minute };
    expect(backTo(read)).toBeNull();
    expect(coversSince(read, NOON - 5 * minute)).toBe(true);
  });

  test('asks anew once dates are read in another zone', () => {
    expect(inZone({ ...feed, readBackTo: 1, readBackFor: 1 }, minute)).not.toHaveProperty('readBackTo');
  });
});
