import type { Action } from './action.ts';
import { isMaybeIssued } from './evidence.ts';
import { isAnswered } from './later.ts';
import {
  accessDenied,
  backingOff,
  claimed,
  commandShut,
  gateShut,
  observing,
  outOfHours,
  quiet,
  stopped,
} from './not-now.ts';
import type { Policy } from './policy.ts';
import type { Remediation } from './remediation.ts';
import { isIssuingStep } from './rules.ts';
import { restartedAtOf } from './sighting.ts';
import { LOOK_AGAIN_MS, hold } from './waiting-facts.ts';
import type { Check, LaterRun, WaitingFacts } from './waiting-facts.ts';

/**
 * Decides the next step of a waiting remediation. The checks run from "nothing left to do" over "a person must look"
 * and "not now" to "act"; the first that holds wins, and its reason is the one told.
 */
export function decideWaiting(remediation: Remediation, facts: WaitingFacts, policy: Policy): Action {
  const { move } = remediation;
  for (const check of CHECKS) {
    const action = move && OF_FAILURES.has(check) ? null : check(remediation, facts, policy);
    if (action) return action;
  }
  return { type: 'restart', version: move ? move.version : versionFor(remediation, facts) };
}

const CHECKS: readonly Check[] = [
  leftFailed,
  maybeNewRun,
  ignored,
  superseded,
  notYetKnown,
  heldByRule,
  alreadyIssued,
  maybeIssued,
  spent,
  outgrown,
  approvalsGiven,
  definitionChanged,
  lostHistory,
  quiet,
  unproved,
  unrecognised,
  serverRefuses,
  claimed,
  backingOff,
  accessDenied,
  commandShut,
  stopped,
  outOfHours,
  gateShut,
  observing,
];

/** What rules and ladders say about a failure does not speak about a move, which a person asked for (DESIGN.md 6). */
const OF_FAILURES: ReadonlySet<Check> = new Set([ignored, heldByRule, spent, outgrown, definitionChanged]);

function leftFailed({ move }: Remediation, { row, now, stoodAt = 0 }: WaitingFacts): Action | null {
  if (row.isGone) return { type: 'follow', reason: 'the failed instance is gone', stoodAt };
  if (row.status === (move?.from ?? 'Failed')) return null;
  if (row.status === 'Unknown') {
    return {
      type: 'wait',
      wait: 'status unknown',
      reason: `nobody knows yet what status ${row.rawStatus} means`,
      until: now + LOOK_AGAIN_MS,
    };
  }
  return {
    type: 'follow',
    reason: `the instance is ${row.status} by other hands`,
    leftAt: restartedAtOf(row),
    stoodAt,
  };
}

function maybeNewRun(
  remediation: Remediation,
  { newRunOf, isNewRunHeld, now }: WaitingFacts,
  policy: Policy,
): Action | null {
  if (newRunOf === null) return null;
  if (isNewRunHeld)
    return hold(
      remediation,
      'sibling unresolved',
      `may be the new run of ${newRunOf}, whose restart is unresolved: settle that one first`,
    );
  return {
    type: 'wait',
    wait: 'new run',
    reason: `may be the new run of ${newRunOf}`,
    until: now + policy.poll.interval,
  };
}

function ignored(_remediation: Remediation, { ruling }: WaitingFacts): Action | null {
  if (ruling.action !== 'ignore') return null;
  return { type: 'end', outcome: 'ignored', reason: `rule "${ruling.name}" says ignore` };
}

function heldByRule(remediation: Remediation, { ruling }: WaitingFacts): Action | null {
  return ruling.action === 'hold' ? hold(remediation, 'by a rule', `rule "${ruling.name}" says hold`) : null;
}

function alreadyIssued(remediation: Remediation): Action | null {
  const evidence = remediation.input?.issuedEvidence ?? [];
  if (evidence.length === 0) return null;
  return hold(
    remediation,
    'already issued',
    `already issued: the CA took the request (${evidence.join(', ')}); look for the certificate before anything is sent again`,
  );
}

function maybeIssued(remediation: Remediation, { ruling, row }: WaitingFacts): Action | null {
  const { failure } = remediation;
  if (failure === null || ruling.maybeIssued === 'restart' || !isIssuingStep(failure)) return null;
  // The row has the whole text; the record keeps only its beginning, and what decides often stands at the end.
  if (!isMaybeIssued(row.statusMessage ?? failure.message)) return null;
  return hold(
    remediation,
    'maybe issued',
    'maybe issued: the answer of the CA was lost, the certificate may exist; look at the CA, then release or ignore',
  );
}

function superseded(_remediation: Remediation, { laterRun, now }: WaitingFacts, policy: Policy): Action | null {
  if (laterRun === null) return null;
  const over = supersededEnd(laterRun);
  if (over !== null) return over;
  const { instanceId, alertKey = null } = laterRun;
  return {
    type: 'wait',
    wait: 'behind',
    reason: `behind ${instanceId}, a later run of the same request`,
    until: now + policy.poll.fullScan,
    alertKey,
  };
}

/** How soon the next of many rows are read. */
const READ_ON_MS = 1000;

/** While a row that may be a later run of the same request is unread, nobody knows that there is none (P7). */
function notYetKnown(remediation: Remediation, { unreadRun = null, now }: WaitingFacts): Action | null {
  if (unreadRun === null) return null;
  const { instanceId, why, isForbidden, retryAfterMs } = unreadRun;
  const doubt = `${instanceId} may be a later run of the same request`;
  if (isForbidden)
    return hold(remediation, 'not readable', `not readable: ${doubt}, and Command does not show it: ${why}`);
  const reason = why === null ? `${doubt}: it is being read` : `${doubt}, and could not be read: ${why}`;
  const waitMs = why === null ? READ_ON_MS : Math.max(LOOK_AGAIN_MS, retryAfterMs ?? 0);
  return { type: 'wait', wait: 'behind', reason, until: now + waitMs };
}

/** The wish was granted or refused by a later run, so nothing is left to do; null: that run is no answer yet. */
export function supersededEnd({ instanceId, status }: LaterRun): Action | null {
  if (!isAnswered(status)) return null;
  const reason = `superseded by ${instanceId}, a later run of the same request (${status})`;
  return { type: 'end', outcome: 'obsolete', reason, isStanding: true };
}

function spent(remediation: Remediation, { now }: WaitingFacts, policy: Policy): Action | null {
  if (remediation.attemptsMade >= remediation.maxAttempts) {
    return {
      type: 'end',
      outcome: 'exhausted',
      reason: `failed again after ${remediation.attemptsMade} of ${remediation.maxAttempts} attempts`,
    };
  }
  const { firstRestartAt, excusedMs, excusedSince } = remediation;
  if (firstRestartAt === null) return null;
  const excused = excusedMs + (excusedSince === null ? 0 : now - excusedSince);
  if (now - firstRestartAt - excused < policy.restart.deadline) return null;
  return { type: 'end', outcome: 'exhausted', reason: 'restart.deadline has passed since the first restart' };
}

/** Too old for a sweep to list: whatever became of it would not be seen (DESIGN.md 4.9). */
function outgrown(remediation: Remediation, { row, serverNow }: WaitingFacts, policy: Policy): Action | null {
  if (row.lastModified === null || serverNow - row.lastModified <= policy.poll.lookback) return null;
  return hold(remediation, 'outgrown', 'outgrown: the failure is older than poll.lookback');
}

function approvalsGiven(remediation: Remediation, _facts: WaitingFacts, policy: Policy): Action | null {
  if (!remediation.isApproved || policy.restart.approvals === 'always') return null;
  const allowed = policy.restart.approvals === 'once' ? 1 : 0;
  if (remediation.approvalRestarts < allowed) return null;
  return hold(remediation, 'approvals', 'approvals were already given once and a restart asks for them again');
}

function definitionChanged(remediation: Remediation, { ruling, publishedVersion, now }: WaitingFacts): Action | null {
  if (ruling.version !== 'hold' || remediation.waived.includes('definition changed')) return null;
  const failed = remediation.failure?.definitionVersion ?? null;
  if (publishedVersion === null || failed === null) {
    const reason = 'whether the definition changed since the failure cannot be read';
    return { type: 'wait', wait: 'access', reason, until: now + LOOK_AGAIN_MS };
  }
  if (publishedVersion === failed) return null;
  return hold(
    remediation,
    'definition changed',
    `the definition changed from version ${failed} to ${publishedVersion} since the failure`,
  );
}

/** The store went back: whether a row that it knew was restarted since cannot be seen where old rows stay. */
function lostHistory(remediation: Remediation, { fate = 'leaves' }: WaitingFacts): Action | null {
  if (remediation.past !== 'unproved' || fate === 'leaves') return null;
  return hold(remediation, 'history', `history: ${UNSEEN_HISTORY}`);
}

/** Why nothing is proved about the past of a server that leaves restarted rows as they were. */
export const UNSEEN_HISTORY =
  'failed before this store began, and whether it was restarted since cannot be seen on this server';

function unproved(remediation: Remediation): Action | null {
  return remediation.past === 'unproved' || remediation.past === 'begun' ? { type: 'prove' } : null;
}

/** After this many searches in a row without a find, the new runs of that definition are not told from others. */
const LOST_SEARCHES = 3;

function unrecognised(remediation: Remediation, { lostSearches = 0 }: WaitingFacts): Action | null {
  if (lostSearches < LOST_SEARCHES) return null;
  return hold(
    remediation,
    'not recognised',
    `new runs of this definition are not recognised: ${lostSearches} restarts in a row took effect and no new run was found`,
  );
}

/** After this many refusals in a row with one code the rest of the definition is not sent to be refused as well. */
const REFUSALS = 3;

function serverRefuses(remediation: Remediation, { refusals = null }: WaitingFacts): Action | null {
  if (refusals === null || refusals.count < REFUSALS) return null;
  const reason = `the server refuses: ${refusals.count} restarts of this definition in a row were answered ${refusals.code}`;
  return hold(remediation, 'server refuses', reason);
}

/** Null: the newest published one. What must not have changed is named, so a publication in between changes nothing. */
function versionFor(remediation: Remediation, { ruling }: WaitingFacts): number | null {
  if (typeof ruling.version === 'number') return ruling.version;
  const isPinned =
    ruling.version === 'same' || (ruling.version === 'hold' && !remediation.waived.includes('definition changed'));
  return isPinned ? (remediation.failure?.definitionVersion ?? null) : null;
}
