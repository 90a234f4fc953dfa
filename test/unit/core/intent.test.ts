import {
  isProvedNotDone,
  mayHaveHappened,
  searchOf,
  withAnswer,
  withLateAnswer,
  withLostSender,
} from '../../../src/core/intent.ts';
import type { Intent, IntentState, ResendEvidence } from '../../../src/core/intent.ts';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import { NOON, aSearch, anIntent, guid } from '../../support/builders.ts';

const MINUTE = 60_000;
const OPEN = anIntent({ state: 'open', endedAt: null, why: 'the request is under way' });

test.each<readonly [string, RestartAnswer, IntentState, boolean]>([
  ['204', { type: 'accepted', status: 204, serverTime: NOON }, 'accepted', true],
  ['no byte sent', { type: 'not-sent', why: 'refused', needsBody: false }, 'not-sent', false],
  ['411 or 415', { type: 'not-sent', why: '411', needsBody: true }, 'not-sent', false],
  ['429', { type: 'throttled', retryAfterMs: 1000 }, 'not-sent', false],
  ['401', { type: 'denied', status: 401, message: 'no' }, 'not-sent', false],
  ['403', { type: 'denied', status: 403, message: 'no' }, 'not-sent', false],
  ['another 4xx', { type: 'refused', status: 400, errorCode: '0xA0110007', message: 'no' }, 'refused', true],
  ['a time-out, a reset, 408, 5xx', { type: 'unknown', why: 'timed out' }, 'unknown', true],
])('%s closes the intent as it must (DESIGN.md 4.6)', (_title, answer, state, happened) => {
  const closed = withAnswer(OPEN, answer, NOON + 7);

  expect(closed).toMatchObject({ state, endedAt: NOON + 7, fence: OPEN.fence });
  expect(closed.why).not.toBe(OPEN.why);
  expect(mayHaveHappened(closed)).toBe(happened);
});

test('a sender that died may have sent, and the window counts from its last sign of life', () => {
  const closed = withLostSender(OPEN, NOON + 3);

  expect(closed).toMatchObject({ state: 'unknown', endedAt: NOON + 3 });
  expect(mayHaveHappened(OPEN)).toBe(true);
});

test.each<readonly [Partial<Intent>, string, string]>([
  [{ state: 'accepted' }, 'accepted', 'remediator'],
  [{ state: 'refused' }, 'refused', 'remediator'],
  [{ state: 'unknown' }, 'maybe', 'remediator'],
  [{ state: 'accepted', isMove: true }, 'accepted', 'move'],
])('the search after %j starts as %s, origin %s', (changes, took, origin) => {
  expect(searchOf(anIntent(changes))).toMatchObject({ took, origin, predecessorId: guid(1), mark: 10, endedAt: NOON });
});

test('a search counts from the opening where no end is on record', () => {
  expect(searchOf(OPEN).endedAt).toBe(OPEN.openedAt);
});

const proof: ResendEvidence = {
  search: aSearch({ took: 'maybe' }),
  oldRow: 'leaves',
  isStillFailedUnchanged: true,
  readBegunAt: NOON + 15 * MINUTE,
  longestRestartMs: 5 * MINUTE,
  windowMs: 15 * MINUTE,
};

test.each<readonly [string, Partial<ResendEvidence>, boolean]>([
  ['a row that stands unchanged after the window, where rows leave', {}, true],
  ['a read begun before the window closed', { readBegunAt: NOON + 15 * MINUTE - 1 }, false],
  ['a read begun before three times the longest restart', { longestRestartMs: 5 * MINUTE + 1 }, false],
  [
    'a read begun after three times the longest restart',
    { longestRestartMs: 6 * MINUTE, readBegunAt: NOON + 18 * MINUTE },
    true,
  ],
  ['a row that changed', { isStillFailedUnchanged: false }, false],
  ['a server that leaves rows as they were', { oldRow: 'stays' }, false],
  ['a server of which nothing is known', { oldRow: 'unknown' }, false],
  ['a 204', { search: aSearch({ took: 'accepted' }) }, false],
  ['a window over which our clock jumped', { steadySince: proof.readBegunAt - 1000 }, false],
  ['a window over which our clock ran steadily', { steadySince: proof.search.endedAt }, true],
  ['a row that was seen to leave', { search: aSearch({ took: 'left' }) }, false],
])('P1: %s proves that the restart did not happen: %#', (_title, changes, expected) => {
  expect(isProvedNotDone({ ...proof, ...changes })).toBe(expected);
});

const LOST = aSearch({ took: 'maybe', endedAt: NOON });
test.each<readonly [string, Partial<Intent>, ReturnType<typeof aSearch>, Partial<ReturnType<typeof aSearch>>]>([
  [
    'woke up and had been told yes',
    { state: 'accepted', endedAt: NOON + 5 },
    LOST,
    { took: 'accepted', endedAt: NOON + 5 },
  ],
  ['woke up without an answer', { state: 'unknown', endedAt: NOON + 5 }, LOST, { took: 'maybe', endedAt: NOON + 5 }],
  ['has recorded nothing since', { state: 'unknown', endedAt: NOON }, LOST, LOST],
  ['is sending', { state: 'open', endedAt: null }, LOST, LOST],
  ['was about another run', { instanceId: guid(9), state: 'accepted', endedAt: NOON + 5 }, LOST, LOST],
  [
    'woke up after the row had left',
    { state: 'unknown', endedAt: NOON + 5 },
    aSearch({ took: 'left', endedAt: NOON }),
    { took: 'left', endedAt: NOON + 5 },
  ],
])('a search whose sender %s: %#', (_title, intent, search, expected) => {
  expect(withLateAnswer(search, anIntent(intent))).toMatchObject(expected);
});
