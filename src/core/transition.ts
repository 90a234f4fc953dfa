import type { Action } from './action.ts';
import { alertKeyOf } from './alert-key.ts';
import { drawDelayMs } from './backoff.ts';
import type { Ladder } from './backoff.ts';
import type { Time } from './instance.ts';
import { stepLabel } from './instance.ts';
import { searchOf } from './intent.ts';
import type { Intent } from './intent.ts';
import { newRecord, recordWithSuccessor } from './lineage-record.ts';
import type { FoundSuccessor } from './lineage-record.ts';
import { withRecord } from './lineage.ts';
import type { LineageRecord } from './lineage.ts';
import { afterRefusal, ended, followed, held, nextBackoff, notDone, parked, withNewStatus } from './record-change.ts';
import { MESSAGE_LIMIT, withEntry } from './remediation.ts';
import type { Backoff, Failure, Remediation, Wait } from './remediation.ts';
import type { Sighting } from './sighting.ts';

/** Waits that the deadline does not count: nobody could have done anything sooner (DESIGN.md 7, deadline). */
const EXCUSED_WAITS: ReadonlySet<Wait> = new Set([
  'dependency',
  'limits',
  'maintenance',
  'pause',
  'brake',
  'access',
  'command',
  'observe',
]);

/** Every change of a record passes here: keeps what follows from the rest (alert, excused time, timeline) in step. */
export function settled(before: Remediation, after: Remediation, now: Time, text?: string): Remediation {
  const isChanged = before.phase !== after.phase || before.reason !== after.reason || before.outcome !== after.outcome;
  const awaitsLook = after.awaitsLook && (after.phase === 'resolving' || after.phase === 'verifying');
  const changedAt = isChanged ? now : before.changedAt;
  const isBack = isLeftAlone(before) && !isLeftAlone(after);
  const openSince = isBack ? { openSince: now } : {};
  const whole = { ...after, ...excusedTime(before, after, now), ...openSince, awaitsLook, changedAt };
  const entry = text ?? `${after.outcome ?? after.phase}: ${after.reason}`;
  return withEntry({ ...whole, alertKey: alertKeyOf(whole) }, now, entry);
}

function isLeftAlone({ phase }: Remediation): boolean {
  return phase === 'held' || phase === 'ended';
}

/** Time in which nobody could have done anything sooner is counted apart, from the start of the wait to its end. */
function excusedTime(
  before: Remediation,
  after: Remediation,
  now: Time,
): Pick<Remediation, 'excusedMs' | 'excusedSince'> {
  const { excusedMs } = after;
  // What was counted already is not counted twice, should one change pass here twice.
  const since = after.excusedSince === null ? null : before.excusedSince;
  if (isExcused(after)) return { excusedMs, excusedSince: since ?? now };
  return { excusedMs: since === null ? excusedMs : excusedMs + Math.max(0, now - since), excusedSince: null };
}

function isExcused({ phase, wait }: Remediation): boolean {
  return phase === 'handed-over' || (phase === 'waiting' && wait !== null && EXCUSED_WAITS.has(wait));
}

type Apply = (remediation: Remediation, now: Time) => Remediation;

/** Carries out what an action means for the record. Restart and prove have parts of their own. */
export function applyAction(before: Remediation, action: Action, now: Time): Remediation {
  return settled(before, changeFor(action)(before, now), now);
}

// eslint-disable-next-line complexity -- one line an action
function changeFor(action: Action): Apply {
  switch (action.type) {
    case 'end':
      return (remediation, now) => ended(remediation, action, now);
    case 'hold':
      return (remediation, now) => held(remediation, action, now);
    case 'wait':
      return (remediation, now) => ({
        ...parked(remediation, null),
        phase: 'waiting',
        wait: action.wait,
        reason: action.reason,
        nextAt: action.until,
        backoff: nextBackoff(remediation.backoff, action.backoff, now),
        search: null,
        alertKey: action.alertKey ?? null,
      });
    case 'park':
      return (remediation, now) => ({
        ...parked(remediation, action.dependency),
        phase: 'waiting',
        wait: action.wait,
        reason: action.reason,
        nextAt: action.until,
        backoff: nextBackoff(remediation.backoff, undefined, now),
      });
    case 'follow':
      return (remediation, now) => followed(remediation, action, now);
    case 'search-on':
      return (remediation) => ({
        ...parked(remediation, null),
        phase: 'resolving',
        reason: action.reason,
        nextAt: action.until,
        awaitsLook: true,
        search: action.search,
      });
    case 'not-done':
      return (remediation) => notDone(remediation, action.reason);
    case 'track':
      return (remediation) => ({
        ...withNewStatus(remediation, action.newStatus),
        phase: action.phase,
        reason: action.reason,
        nextAt: action.until,
        awaitsLook: action.awaitsLook ?? false,
        search: remediation.phase === 'resolving' ? null : remediation.search,
        isApproved: remediation.isApproved || action.newStatus === 'Suspended',
      });
    case 'restart':
    case 'prove':
    case 'read-candidates':
    case 'link':
    case 'reopen':
      return (remediation) => remediation;
  }
}

/** The door has opened: the attempt counts from now on, unless it is proved that nothing was sent. */
export function restarting(before: Remediation, target: string, now: Time): Remediation {
  // A move is a person's wish for another version, no attempt at a failure.
  const isMove = Boolean(before.move);
  const attempt = before.attemptsMade + (isMove ? 0 : 1);
  const record: LineageRecord = {
    ...newRecord(before, now),
    attempt,
    origin: isMove ? 'move' : 'remediator',
  };
  const after: Remediation = {
    ...parked(before, null),
    phase: 'restarting',
    reason: isMove
      ? `its move is under way: a restart${target}`
      : `restart ${attempt} of ${before.maxAttempts} is under way${target}`,
    nextAt: now,
    attemptsMade: attempt,
    firstRestartAt: before.firstRestartAt ?? (isMove ? null : now),
    approvalRestarts: before.approvalRestarts + (before.isApproved ? 1 : 0),
    // Should nothing be sent, the next try is no first one.
    backoff: before.backoff?.ladder === 'unreachable' ? before.backoff : null,
    lineage: withRecord(before.lineage, record),
  };
  return settled(before, after, now);
}

/** The intent is closed and may have taken effect: look for the successor. */
export function searching(before: Remediation, intent: Intent, now: Time): Remediation {
  const after: Remediation = {
    ...before,
    phase: 'resolving',
    wait: null,
    reason: intent.why,
    nextAt: now,
    awaitsLook: false,
    isUrgent: false,
    backoff: null,
    search: afterRefusal(searchOf(intent), before),
  };
  return settled(before, after, now);
}

/** The intent is closed and nothing was sent: as if the attempt had not been made. */
export function unsent(
  before: Remediation,
  wait: { wait: Wait; reason: string; until: Time; backoff?: Backoff },
  now: Time,
): Remediation {
  const back = notDone(before, wait.reason);
  return settled(before, { ...back, wait: wait.wait, nextAt: wait.until, backoff: wait.backoff ?? null }, now);
}

/** The successor was found: it is the current instance from now on. */
export function linked(before: Remediation, found: FoundSuccessor, now: Time): Remediation {
  const { search } = before;
  const attempt = search?.origin === 'external' ? before.attemptsMade + 1 : (search?.attempt ?? before.attemptsMade);
  const after: Remediation = {
    ...before,
    phase: 'verifying',
    wait: null,
    holdCause: null,
    reason: `successor ${found.newInstanceId} found (${found.confidence}: ${found.evidence.join(', ')})`,
    nextAt: now,
    awaitsLook: false,
    attemptsMade: Math.max(before.attemptsMade, attempt),
    currentInstanceId: found.newInstanceId,
    currentReferenceId: found.row?.referenceId ?? null,
    sightingMark: found.row?.firstSeen ?? before.sightingMark,
    instanceIds: [...before.instanceIds, found.newInstanceId],
    ...(before.move ? { move: null } : {}),
    lineage: withRecord(before.lineage, recordWithSuccessor(before, found, attempt, now)),
    firstRestartAt: before.firstRestartAt ?? (search?.origin === 'move' ? null : (search?.endedAt ?? now)),
  };
  return settled(before, after, now);
}

/** The current instance is Failed: work on this failure; attempts are kept. */
export function reopened(
  before: Remediation,
  row: Sighting,
  wait: { reason: string; ladder: Ladder; random: number },
  now: Time,
): Remediation {
  const step = before.attemptsMade;
  const until = step === 0 ? now : now + drawDelayMs(wait.ladder, step, wait.random);
  const after: Remediation = {
    ...withNewStatus(before, 'Failed'),
    phase: 'waiting',
    outcome: null,
    endedAt: null,
    holdCause: null,
    wait: 'back-off',
    reason: wait.reason,
    nextAt: until,
    failure: toFailure(row, now),
    ...(before.move ? { move: null } : {}),
    search: null,
    backoff: step === 0 ? null : { ladder: 'failed', step, until },
    // A root whose past nobody has proved keeps it, whoever restarted it since: earlier restarts count (P5).
    past: before.past === 'unproved' || before.past === 'begun' ? 'begun' : 'no',
    waived: [],
    isUrgent: false,
  };
  return settled(before, after, now);
}

/** What is kept of a failed row. */
export function toFailure(row: Sighting, seenAt: Time): Failure {
  return {
    instanceId: row.id,
    seenAt,
    lastModified: row.lastModified,
    ...(row.zoneOffsetMs === undefined ? {} : { zoneOffsetMs: row.zoneOffsetMs }),
    startDate: row.startDate,
    step: stepLabel(row),
    stepUniqueName: row.stepUniqueName,
    message: (row.statusMessage ?? '').slice(0, MESSAGE_LIMIT),
    definitionVersion: row.definitionVersion,
  };
}
