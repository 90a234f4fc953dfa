import * as fc from 'fast-check';
import type { Action } from '../../../src/core/action.ts';
import { HOLD_CAUSES, TIMELINE_LIMIT, WAITS, withEntry } from '../../../src/core/remediation.ts';
import type { Remediation, Wait } from '../../../src/core/remediation.ts';
import { applyAction, linked, reopened, restarting, searching, settled, unsent } from '../../../src/core/transition.ts';
import {
  NOON,
  aFailure,
  aPolicy,
  aRecord,
  aRemediation,
  aSearch,
  aSighting,
  anInput,
  anIntent,
  guid,
} from '../../support/builders.ts';

const SECOND = 1000;
const LADDER = aPolicy().backoff.failed;
const LATER = NOON + 60 * SECOND;
const found = {
  newInstanceId: guid(2),
  confidence: 'exact',
  evidence: ['fingerprint'],
  row: aSighting({ id: guid(2), status: 'Running', referenceId: 913, firstSeen: 30 }),
} as const;
const wait: Action = { type: 'wait', wait: 'back-off', reason: 'waits', until: LATER };

const sent = (before: Partial<Remediation> = {}): Remediation => restarting(aRemediation(before), '', NOON);
const searched = (before: Partial<Remediation> = {}): Remediation => searching(sent(before), anIntent(), NOON + SECOND);
const verifying = (before: Partial<Remediation> = {}): Remediation => linked(searched(before), found, LATER);
const failedAgain = (before: Remediation, at = LATER): Remediation =>
  reopened(
    before,
    aSighting({ id: before.currentInstanceId, lastModified: at }),
    { reason: 'again', ladder: LADDER, random: 0 },
    at,
  );

test('a restart counts from the door on, with a record whose new run is still unknown', () => {
  expect(sent()).toMatchObject({
    phase: 'restarting',
    wait: null,
    attemptsMade: 1,
    firstRestartAt: NOON,
    reason: 'restart 1 of 4 is under way',
    lineage: [
      {
        oldInstanceId: guid(1),
        newInstanceId: null,
        attempt: 1,
        origin: 'remediator',
        confidence: 'none',
        restartedAt: NOON,
        resolvedAt: null,
      },
    ],
  });
});

test('the first restart is the one that the deadline counts from', () => {
  expect(sent({ attemptsMade: 1, firstRestartAt: NOON - SECOND }).firstRestartAt).toBe(NOON - SECOND);
});

test('what was not sent gives its attempt back, P5', () => {
  const back = unsent(sent(), { wait: 'back-off', reason: 'not sent', until: LATER }, NOON);

  expect(back).toMatchObject({
    phase: 'waiting',
    attemptsMade: 0,
    firstRestartAt: null,
    lineage: [],
    nextAt: LATER,
    search: null,
  });
});

test('what could not be sent climbs its ladder on, and what was sent begins a new one', () => {
  const rung = (ladder: 'failed' | 'unreachable') => ({ ladder, step: 3, until: NOON });

  expect(sent({ backoff: rung('unreachable') }).backoff).toEqual(rung('unreachable'));
  expect(sent({ backoff: rung('failed') }).backoff).toBeNull();
  expect(searched({ backoff: rung('unreachable') }).backoff).toBeNull();
});

test('what was not sent later keeps what was restarted before', () => {
  const second = restarting(failedAgain(verifying()), '', LATER);

  const back = unsent(second, { wait: 'limits', reason: '429', until: LATER }, LATER);

  expect(back).toMatchObject({
    attemptsMade: 1,
    firstRestartAt: NOON,
    lineage: [{ oldInstanceId: guid(1), newInstanceId: guid(2) }],
  });
});

test('an approval that would be asked for again is counted, and given back with the attempt, P12', () => {
  const asked = sent({ isApproved: true });

  expect(asked.approvalRestarts).toBe(1);
  expect(unsent(asked, { wait: 'back-off', reason: 'not sent', until: LATER }, NOON).approvalRestarts).toBe(0);
  expect(sent().approvalRestarts).toBe(0);
});

test('whom a person sent on stays urgent until something was sent', () => {
  const urgent = sent({ isUrgent: true });

  expect(unsent(urgent, { wait: 'back-off', reason: 'not sent', until: LATER }, NOON).isUrgent).toBe(true);
  expect(searching(urgent, anIntent(), NOON).isUrgent).toBe(false);
});

test('the lineage record of a restart of ours is complete (DESIGN.md 6)', () => {
  expect(verifying().lineage).toEqual([
    aRecord({
      confidence: 'exact',
      evidence: ['fingerprint'],
      restartedAt: NOON,
      resolvedAt: LATER,
      newStatus: 'Running',
    }),
  ]);
});

test('the new run is the current instance from then on', () => {
  expect(verifying()).toMatchObject({
    phase: 'verifying',
    currentInstanceId: guid(2),
    currentReferenceId: 913,
    instanceIds: [guid(1), guid(2)],
    rootInstanceId: guid(1),
    referenceId: 812,
    attemptsMade: 1,
    sightingMark: 30,
  });
});

test('a restart by others counts as an attempt, P5', () => {
  const followed = applyAction(
    aRemediation({ attemptsMade: 2, firstRestartAt: NOON - SECOND }),
    { type: 'follow', reason: 'by others' },
    NOON,
  );

  const after = linked(followed, found, LATER);

  expect(after).toMatchObject({ attemptsMade: 3, firstRestartAt: NOON - SECOND });
  expect(after.lineage).toMatchObject([{ origin: 'external', attempt: 3, restartedAt: NOON, resolvedAt: LATER }]);
});

test('the first restart by others begins the deadline', () => {
  const followed = applyAction(aRemediation(), { type: 'follow', reason: 'by others' }, NOON);

  expect(linked(followed, found, LATER).firstRestartAt).toBe(NOON);
});

test('refused: others may have been faster, so the new run may be older than our request, but not than the failure', () => {
  const before = sent({ sightingMark: 3, currentReferenceId: 812 });

  expect(searching(before, anIntent({ state: 'refused', mark: 10 }), NOON).search).toMatchObject({
    took: 'refused',
    mark: 3,
    isMarkComplete: false,
    referenceMark: 812,
    notBefore: before.failure?.lastModified,
  });
  expect(searching(before, anIntent({ state: 'unknown', mark: 10 }), NOON).search).toMatchObject({ mark: 10 });
  expect(searching(before, anIntent({ state: 'refused', mark: 10, isMove: true }), NOON).search?.mark).toBe(10);
});

test('when it came back from being held or ended is known, and no wait moves that on', () => {
  const held = applyAction(aRemediation(), { type: 'hold', cause: 'by a rule', reason: 'x' }, NOON);
  const back = settled(held, { ...held, phase: 'waiting', holdCause: null }, LATER);

  expect([held.openSince, back.openSince]).toEqual([undefined, LATER]);
  expect(applyAction(back, wait, LATER + SECOND).openSince).toBe(LATER);
});

test('how long the row stood there is known to the search for what others did', () => {
  const follow: Action = { type: 'follow', reason: 'x', stoodAt: NOON + 1 };

  expect(applyAction(aRemediation(), follow, LATER).search).toMatchObject({ stoodAt: NOON + 1 });
});

test.each<readonly [string, number | null | undefined, number]>([
  ['the moment it left, and a little before', NOON + 60 * SECOND, NOON + 55 * SECOND],
  ['no moment before the failure', NOON + SECOND, NOON],
  ['the failure, where nothing tells when it left', null, NOON],
  ['the failure, where nobody asked', undefined, NOON],
  [
    'the restart, where the failure was recorded two hours late, in an unknown zone',
    NOON - 7_200_000,
    NOON - 7_205_000,
  ],
])('a new run of others began not before %s', (_title, leftAt, expected) => {
  const follow: Action =
    leftAt === undefined ? { type: 'follow', reason: 'x' } : { type: 'follow', reason: 'x', leftAt };

  expect(applyAction(aRemediation({ sightingMark: 7 }), follow, LATER)).toMatchObject({
    phase: 'resolving',
    search: { origin: 'external', took: 'left', mark: 7, notBefore: expected, predecessorId: guid(1), endedAt: LATER },
  });
});

test('a failed new run is worked on the same root: attempts kept, the ladder climbed', () => {
  const after = failedAgain(verifying());

  expect(after).toMatchObject({
    phase: 'waiting',
    rootInstanceId: guid(1),
    attemptsMade: 1,
    search: null,
    backoff: { ladder: 'failed', step: 1, until: LATER + LADDER.first },
    nextAt: LATER + LADDER.first,
    failure: { instanceId: guid(2), seenAt: LATER },
    lineage: [{ newStatus: 'Failed' }],
  });
  expect(failedAgain({ ...verifying(), attemptsMade: 3 }).backoff).toMatchObject({ step: 3 });
});

test('what was waived for one failure is not waived for the next', () => {
  expect(failedAgain(verifying({ waived: [...HOLD_CAUSES] }))).toMatchObject({ waived: [], isUrgent: false });
});

test('what was read of the old run is known until the new one is read: others may restart it before', () => {
  expect(failedAgain(verifying()).input).toEqual(anInput());
});

test('an ended one that fails again without a restart is due at once', () => {
  expect(failedAgain(aRemediation({ phase: 'ended', outcome: 'obsolete', endedAt: NOON }))).toMatchObject({
    phase: 'waiting',
    outcome: null,
    endedAt: null,
    backoff: null,
    nextAt: LATER,
  });
});

test.each<readonly [string, Action, object]>([
  [
    'recovered',
    { type: 'end', outcome: 'recovered', reason: 'x', newStatus: 'Complete' },
    { attemptsMade: 1, lineage: [{ newStatus: 'Complete' }] },
  ],
  [
    'obsolete',
    { type: 'end', outcome: 'obsolete', reason: 'x', newStatus: 'Deleted' },
    { lineage: [{ newStatus: 'Deleted' }] },
  ],
  ['exhausted', { type: 'end', outcome: 'exhausted', reason: 'x' }, { attemptsMade: 1 }],
])('an end is complete: %s', (_title, action, expected) => {
  expect(applyAction(verifying(), action, LATER)).toMatchObject({
    phase: 'ended',
    endedAt: LATER,
    nextAt: null,
    wait: null,
    holdCause: null,
    search: null,
    backoff: null,
    parkedOn: null,
    ...expected,
  });
});

test('a refused restart is no attempt, and is watched for a while', () => {
  const after = applyAction(searched(), { type: 'end', outcome: 'refused', reason: 'no', watchUntil: LATER }, NOON);

  expect(after).toMatchObject({
    phase: 'ended',
    outcome: 'refused',
    attemptsMade: 0,
    lineage: [],
    nextAt: LATER,
    search: { predecessorId: guid(1) },
  });
  expect(applyAction(searched(), { type: 'end', outcome: 'refused', reason: 'no' }, NOON)).toMatchObject({
    nextAt: null,
    search: null,
  });
});

test('a hold names its candidates in the record of the restart', () => {
  const hold: Action = { type: 'hold', cause: 'ambiguous', reason: 'two', candidates: [guid(2), guid(3)] };

  expect(applyAction(searched(), hold, LATER).lineage).toMatchObject([
    { oldInstanceId: guid(1), newInstanceId: null, confidence: 'ambiguous', candidates: [guid(2), guid(3)] },
  ]);
});

test('a hold over a restart by others has a record too', () => {
  const followed = applyAction(aRemediation(), { type: 'follow', reason: 'by others' }, NOON);
  const hold: Action = { type: 'hold', cause: 'ambiguous', reason: 'two', candidates: [guid(2), guid(3)] };

  expect(applyAction(followed, hold, LATER).lineage).toMatchObject([
    { oldInstanceId: guid(1), origin: 'external', confidence: 'ambiguous', candidates: [guid(2), guid(3)] },
  ]);
});

test.each([
  ['sibling unresolved', LATER + 60 * SECOND],
  ['history', null],
] as const)('held for %s it looks again at %p', (cause, nextAt) => {
  expect(applyAction(aRemediation(), { type: 'hold', cause, reason: 'x' }, LATER).nextAt).toBe(nextAt);
});

test.each<readonly [string, Remediation['backoff'], Remediation['backoff'], Remediation['backoff']]>([
  [
    'the drawn delay is stored',
    null,
    { ladder: 'unreachable', step: 2, until: LATER },
    { ladder: 'unreachable', step: 2, until: LATER },
  ],
  [
    'a longer wait that is under way goes on',
    { ladder: 'failed', step: 1, until: LATER + 1 },
    { ladder: 'unreachable', step: 1, until: LATER },
    { ladder: 'failed', step: 1, until: LATER + 1 },
  ],
  [
    'the next rung replaces the one that is over',
    { ladder: 'unreachable', step: 1, until: NOON },
    { ladder: 'unreachable', step: 2, until: LATER },
    { ladder: 'unreachable', step: 2, until: LATER },
  ],
  ['one that is over is forgotten', { ladder: 'unreachable', step: 1, until: NOON }, null, null],
  [
    'one that is under way is kept',
    { ladder: 'failed', step: 1, until: LATER },
    null,
    { ladder: 'failed', step: 1, until: LATER },
  ],
])('of two waits %s', (_title, known, given, expected) => {
  const action: Action = given === null ? wait : { ...wait, backoff: given };

  expect(applyAction(aRemediation({ backoff: known }), action, NOON).backoff).toEqual(expected);
});

test('whoever waits behind another joins its alert, and leaves it with the wait', () => {
  const joined = applyAction(
    aRemediation(),
    { type: 'wait', wait: 'behind', reason: 'x', until: LATER, alertKey: 'held:x' },
    NOON,
  );

  expect(joined.alertKey).toBe('held:x');
  expect(applyAction(joined, wait, NOON).alertKey).toBeNull();
});

test('a run seen Suspended means that approvers are asked, P12', () => {
  const track: Action = { type: 'track', newStatus: 'Suspended', phase: 'handed-over', reason: 'x', until: null };

  expect(applyAction(verifying(), track, LATER)).toMatchObject({
    phase: 'handed-over',
    isApproved: true,
    lineage: [{ newStatus: 'Suspended' }],
  });
});

test('a new run that is there after all is watched without the search for its new run', () => {
  const followed = applyAction(verifying(), { type: 'follow', reason: 'gone' }, LATER);
  const track: Action = {
    type: 'track',
    newStatus: 'Running',
    phase: 'verifying',
    reason: 'there after all',
    until: LATER,
  };

  expect(applyAction(followed, track, LATER)).toMatchObject({ phase: 'verifying', search: null });
  expect(applyAction(verifying(), track, LATER).search).not.toBeNull();
});

test.each<readonly [Wait, boolean]>([
  ['dependency', true],
  ['limits', true],
  ['maintenance', true],
  ['pause', true],
  ['brake', true],
  ['access', true],
  ['command', true],
  ['observe', true],
  ['back-off', false],
  ['behind', false],
  ['new run', false],
  ['proof', false],
  ['past', false],
])('the deadline leaves out a wait for %s: %s', (kind, isExcused) => {
  const waiting = applyAction(aRemediation(), { ...wait, wait: kind }, NOON);
  const on = restarting(waiting, '', LATER);

  expect(on).toMatchObject({ excusedMs: isExcused ? LATER - NOON : 0, excusedSince: null });
});

test('a wait for approvers is left out of the deadline', () => {
  const track: Action = { type: 'track', newStatus: 'Suspended', phase: 'handed-over', reason: 'x', until: null };
  const handed = applyAction(verifying(), track, LATER);

  expect(applyAction(handed, { ...track, newStatus: 'Running', phase: 'verifying' }, LATER + 5)).toMatchObject({
    excusedMs: 5,
    excusedSince: null,
  });
});

test('an excused wait whose reason changes is counted once, from its start', () => {
  const first = applyAction(aRemediation(), { ...wait, wait: 'pause', reason: 'a' }, NOON);
  const second = applyAction(first, { ...wait, wait: 'dependency', reason: 'b' }, NOON + 10);

  expect(second).toMatchObject({ excusedMs: 0, excusedSince: NOON });
  expect(applyAction(second, wait, NOON + 30).excusedMs).toBe(30);
});

test('a change that is settled twice counts its wait once', () => {
  const waiting = applyAction(aRemediation(), { ...wait, wait: 'pause' }, NOON);
  const after = applyAction(waiting, wait, NOON + 30);

  expect(settled(waiting, after, NOON + 30).excusedMs).toBe(30);
});

test('the timeline keeps the first entries and the newest', () => {
  let remediation = aRemediation({ timeline: [] });
  for (let count = 0; count < 100; count++) remediation = withEntry(remediation, NOON + count, `entry ${count}`);

  expect(remediation.timeline).toHaveLength(TIMELINE_LIMIT);
  expect(remediation.timeline.slice(0, 6).map(({ text }) => text)).toEqual([
    'entry 0',
    'entry 1',
    'entry 2',
    'entry 3',
    'entry 4',
    'entry 65',
  ]);
  expect(remediation.timeline.at(-1)?.text).toBe('entry 99');
});

test('what people decided stays in a full timeline', () => {
  let remediation = aRemediation({ timeline: [] });
  for (let count = 0; count < 20; count++) remediation = withEntry(remediation, NOON + count, `entry ${count}`);
  remediation = withEntry(remediation, NOON + 20, 'hold: ask the owner', 'eva@pki');
  for (let count = 21; count < 100; count++) remediation = withEntry(remediation, NOON + count, `entry ${count}`);

  expect(remediation.timeline).toHaveLength(TIMELINE_LIMIT);
  expect(remediation.timeline.filter(({ by }) => by === 'eva@pki')).toHaveLength(1);
  expect(remediation.timeline.at(-1)?.text).toBe('entry 99');
});

test('a timeline full of decisions still grows no further', () => {
  let remediation = aRemediation({ timeline: [] });
  for (let count = 0; count < 100; count++) remediation = withEntry(remediation, NOON + count, `${count}`, 'eva@pki');

  expect(remediation.timeline).toHaveLength(TIMELINE_LIMIT);
  expect(remediation.timeline[5]?.text).toBe('65');
});

test('equal neighbours stand once in the timeline, other people twice', () => {
  const once = withEntry(aRemediation({ timeline: [] }), NOON, 'x');

  expect(withEntry(once, LATER, 'x').timeline).toHaveLength(1);
  expect(withEntry(once, LATER, 'x', 'eva@pki').timeline).toHaveLength(2);
});

const anyAction = fc.oneof(
  fc.constantFrom(...WAITS).map((kind): Action => ({ ...wait, wait: kind, reason: `waits: ${kind}` })),
  fc.constantFrom(...HOLD_CAUSES).map((cause): Action => ({ type: 'hold', cause, reason: `held: ${cause}` })),
  fc.constant<Action>({ type: 'park', dependency: 'ca01', wait: 'dependency', reason: 'parked', until: null }),
  fc.constant<Action>({ type: 'follow', reason: 'by others' }),
  fc.constant<Action>({ type: 'end', outcome: 'obsolete', reason: 'over' }),
  fc.constant<Action>({ type: 'search-on', reason: 'searching', until: LATER, search: aSearch() }),
);

test('whatever happens, the record stays whole: P3, P10', () => {
  fc.assert(
    fc.property(fc.array(anyAction, { maxLength: 30 }), (actions) => {
      let remediation = aRemediation({ failure: aFailure() });
      for (const [index, action] of actions.entries()) remediation = applyAction(remediation, action, NOON + index);

      const { phase, wait: kind, holdCause, outcome, endedAt, nextAt, parkedOn, reason } = remediation;
      expect(reason).not.toBe('');
      expect(holdCause !== null).toBe(phase === 'held');
      expect(outcome !== null).toBe(phase === 'ended');
      expect(endedAt !== null).toBe(phase === 'ended');
      if (phase === 'waiting') expect(kind).not.toBeNull();
      if (phase !== 'waiting') expect([kind, parkedOn]).toEqual([null, null]);
      if (phase === 'resolving') expect([nextAt === null, remediation.search === null]).toEqual([false, false]);
      expect(remediation.excusedMs).toBeLessThanOrEqual(actions.length);
      expect(remediation.timeline.length).toBeLessThanOrEqual(TIMELINE_LIMIT);
    }),
    { seed: 9 },
  );
});

test.each([
  ['unproved', 'begun'],
  ['begun', 'begun'],
  ['proved', 'no'],
  ['no', 'no'],
] as const)('a run that failed anew in a lineage whose past is %s has one that is %s', (past, expected) => {
  expect(failedAgain(verifying({ past }))).toMatchObject({ past: expected });
});
