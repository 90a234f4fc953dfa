import type { Feed } from '../../../src/core/feed.ts';
import type { Remediation, Search } from '../../../src/core/remediation.ts';
import { isOutside, restartSpan, restartedSince, stoodAt } from '../../../src/core/restart-span.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { NOON, aFailure, aRemediation, aSearch, aSighting, anInput, guid } from '../../support/builders.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Its clock is two minutes ahead of ours. */
const feed = (changes: Partial<Feed> = {}): Feed => ({
  startedAt: NOON - MINUTE,
  watchedSince: NOON - MINUTE,
  lookedAt: NOON,
  sweepMs: 0,
  isTrusted: true,
  agreeingScans: 0,
  highWater: NOON,
  serverOffsetMs: 2 * MINUTE,
  offsetSamples: [2 * MINUTE],
  referenceMark: null,
  backlogCount: 0,
  scannedAt: null,
  ...changes,
});

const LEFT = NOON + 10 * MINUTE;
const SEEN = NOON + 11 * MINUTE;
const canceled = aSighting({ status: 'CanceledForRestart', lastModified: LEFT, changedAt: SEEN });
const gone = aSighting({ isGone: true, lastModified: NOON, changedAt: SEEN });

test.each<readonly [string, Partial<Search>, Sighting | null, Feed | null, ReturnType<typeof restartSpan>]>([
  ['its last change, where it was restarted', {}, canceled, null, { from: LEFT, to: LEFT, leftSeenAt: SEEN }],
  [
    'at the latest its last change, where Command took our request',
    { took: 'accepted' },
    canceled,
    null,
    { from: null, to: LEFT, leftSeenAt: SEEN },
  ],
  [
    'before it was found gone, by the clock of the server',
    {},
    gone,
    feed(),
    { from: null, to: SEEN + 2 * MINUTE, leftSeenAt: SEEN },
  ],
  ['at some time, where it is gone and the clock of the server is not known', {}, gone, null, null],
  ['at some time, where it still stands there', {}, aSighting(), feed(), null],
  ['at some time, where its dates are not known', {}, { ...canceled, lastModified: null }, feed(), null],
  ['at some time, where nothing is known of the row', {}, null, feed(), null],
])('an old row was restarted %s', (_title, search, row, known, expected) => {
  expect(restartSpan(aSearch({ took: 'maybe', ...search }), row, known, 0)).toEqual(expected);
});

test.each<readonly [string, Partial<Search>, Sighting, ReturnType<typeof restartSpan>]>([
  ['by its last change', {}, canceled, { from: LEFT - MINUTE, to: LEFT + MINUTE, leftSeenAt: SEEN }],
  ['as ours', { took: 'accepted' }, canceled, { from: null, to: LEFT + MINUTE, leftSeenAt: SEEN }],
  ['by when it was found gone', {}, gone, { from: null, to: SEEN + 3 * MINUTE, leftSeenAt: SEEN }],
])('a span %s is wider where a Restart call takes a minute', (_title, search, row, expected) => {
  expect(restartSpan(aSearch({ took: 'maybe', ...search }), row, feed(), MINUTE)).toEqual(expected);
});

const span = restartSpan(aSearch({ took: 'maybe' }), canceled, null, 0);
test.each<readonly [string, Partial<Sighting>, boolean]>([
  ['in the middle of it', { startDate: LEFT }, false],
  ['long before', { startDate: LEFT - 5 * SECOND - 1 }, true],
  ['a moment before', { startDate: LEFT - 5 * SECOND }, false],
  ['long after', { startDate: LEFT + MINUTE + 1, firstSeenAt: SEEN + 1 }, true],
  ['a moment after', { startDate: LEFT + MINUTE, firstSeenAt: SEEN + 1 }, false],
  ['long after, by its date, yet seen before', { startDate: LEFT + MINUTE + 1, firstSeenAt: SEEN }, false],
  ['with the StartDate of the old run', { startDate: NOON - MINUTE }, false],
  ['nobody knows when', { startDate: null }, false],
])('a run that began %s is outside of the span: %s', (_title, run, expected) => {
  expect(isOutside(aSighting(run), aSearch(), span)).toBe(expected);
});

test('a date without a fraction may be up to a second later', () => {
  const late = restartSpan(aSearch({ took: 'maybe' }), { ...canceled, lastModified: LEFT + SECOND / 2 }, null, 0);

  expect(isOutside(aSighting({ startDate: LEFT - 5 * SECOND }), aSearch(), late)).toBe(false);
  expect(isOutside(aSighting({ startDate: LEFT - 5 * SECOND + 1 }), aSearch(), late)).toBe(true);
});

const read = { input: anInput({ readAt: NOON + MINUTE }) };
const scan = (begun: number, ended: number) => ({ begunAt: NOON + begun * MINUTE, endedAt: NOON + ended * MINUTE });
test.each<readonly [string, Partial<Remediation>, Feed | null, number]>([
  ['when it was read', read, feed(), NOON + MINUTE - 5 * SECOND],
  ['never, where another run was read', { input: anInput({ instanceId: guid(9), readAt: NOON }) }, null, 0],
  ['never, where it was read with another change', { input: anInput({ lastModified: NOON + 1 }) }, null, 0],
  ['never, where its failure is not on record', { ...read, failure: null }, null, 0],
  ['when a scan that began later did not find it gone', read, feed({ scans: [scan(5, 6)] }), NOON + 4 * MINUTE],
  [
    'in the one of the scans before it was found gone',
    read,
    feed({ scans: [scan(5, 6), scan(10, 12)] }),
    NOON + 4 * MINUTE,
  ],
  [
    'when it was read, where scans say nothing of held ones',
    { ...read, phase: 'held' },
    feed({ scans: [scan(5, 6)] }),
    NOON + MINUTE - 5 * SECOND,
  ],
  [
    'when it was read, where it was held during the scan',
    { ...read, openSince: NOON + 6 * MINUTE },
    feed({ scans: [scan(5, 6)] }),
    NOON + MINUTE - 5 * SECOND,
  ],
  [
    'when it was read, where the scan began before it was known',
    { ...read, firstSeenAt: NOON + 9 * MINUTE },
    feed({ scans: [scan(5, 6)] }),
    NOON + MINUTE - 5 * SECOND,
  ],
])('a row that is gone was last known to stand there %s', (_title, changes, known, expected) => {
  const remediation = aRemediation({ firstSeenAt: NOON, failure: aFailure(), ...changes });

  expect(stoodAt(remediation, gone, known)).toBe(expected);
});

test.each<readonly [string, Partial<Search>, Sighting | null, number]>([
  ['our request, where it was ours', { origin: 'remediator', startedAt: NOON }, canceled, NOON + 2 * MINUTE],
  ['the row says so, where others made it', { origin: 'external', startedAt: SEEN }, canceled, LEFT],
  ['the row was last known to stand there', { origin: 'external', stoodAt: NOON }, gone, NOON + 2 * MINUTE],
  ['the row had failed', { origin: 'external', notBefore: NOON - MINUTE }, gone, NOON - MINUTE],
  ['the row had failed, and nobody saw it since', { origin: 'external', stoodAt: 0, notBefore: NOON }, gone, NOON],
  ['it was seen', { origin: 'external', notBefore: null, startedAt: SEEN }, null, SEEN + 2 * MINUTE],
])('a restart was made since %s', (_title, search, row, expected) => {
  expect(restartedSince(aSearch(search), row, feed())).toBe(expected);
});
