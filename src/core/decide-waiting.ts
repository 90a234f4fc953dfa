import type { Action } from './action.ts';
import { isMaybeIssued } from './evidence.ts';
import type { InstanceStatus, Time } from './instance.ts';
import type { OldRowFate, Policy } from './policy.ts';
import type { GateAnswer } from './ramp.ts';
import type { HoldCause, Remediation } from './remediation.ts';
import { isIssuingStep } from './rules.ts';
import type { Ruling } from './rules.ts';
import { restartedAtOf } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** A later run of the same wish outside this lineage (DESIGN.md 4.3). */
export interface LaterRun {
  readonly instanceId: string;
  readonly status: InstanceStatus;
  /** The remediation that works on it, if one does. */
  readonly rootInstanceId: string | null;
  /** The alert of that remediation, where it ended held or exhausted: whoever waits behind it joins. */
  readonly alertKey?: string | null;
}

export interface WaitingFacts {
  readonly now: Time;
  /** The current instance as a fresh observation shows it. */
  readonly row: Sighting;
  readonly ruling: Ruling;
  readonly laterRun: LaterRun | null;
  /** The instance whose restart is open and whose new run this one may be. */
  readonly newRunOf: string | null;
  /** That restart is held unresolved, and this row is of the same wish: it is held with it. */
  readonly isNewRunHeld?: boolean;
  /** Searches in a row of this definition that found no new run, although the restart took effect. */
  readonly lostSearches?: number;
  /** Definition version that is published now; null: not known. */
  readonly publishedVersion: number | null;
  /** The first gate that is shut, with the room to wait in; null: all are open. */
  readonly shutGate: { readonly dependency: string; readonly answer: Extract<GateAnswer, { isOpen: false }> } | null;
  /** The gate keeps this root's last attempt back, and no other waiter can spare one. */
  readonly isLastAttemptKept: boolean;
  readonly pause: { readonly reason: string; readonly until: Time | null } | null;
  readonly brake: string | null;
  /** Access trouble that stops restarts of this definition. */
  readonly denied: string | null;
  /** Ours: when rows that failed before an empty store may first be worked; null: now. */
  readonly quietUntil: Time | null;
  /** What is known about the fate of old rows; left out: it does not matter. */
  readonly fate?: OldRowFate;
  /** Server time, as well as it is known. */
  readonly serverNow: Time;
  /** Restarts of this definition that were refused in a row, with one code. */
  readonly refusals?: { readonly code: string; readonly count: number } | null;
}

type Check = (remediation: Remediation, facts: WaitingFacts, policy: Policy) => Action | null;

/**
 * Decides the next step of a waiting remediation. The checks run from "nothing left to do" over "a person must look"
 * and "not now" to "act"; the first that holds wins, and its reason is the one told.
 */
export function decideWaiting(remediation: Remediation, facts: WaitingFacts, policy: Policy): Action {
  for (const check of CHECKS) {
    const action = check(remediation, facts, policy);
    if (action) return action;
  }
  return { type: 'restart', version: versionFor(remediation, facts) };
}

const CHECKS: readonly Check[] = [
  leftFailed,
  maybeNewRun,
  ignored,
  superseded,
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
  backingOff,
  accessDenied,
  stopped,
  gateShut,
  observing,
];

function leftFailed(_remediation: Remediation, { row, now }: WaitingFacts): Action | null {
  if (row.isGone) return { type: 'follow', reason: 'the failed instance is gone' };
  if (row.status === 'Failed') return null;
  if (row.status === 'Unknown') {
    return {
      type: 'wait',
      wait: 'status unknown',
      reason: `nobody knows yet what status ${row.rawStatus} means`,
      until: now + LOOK_AGAIN_MS,
    };
  }
  return { type: 'follow', reason: `the instance is ${row.status} by other hands`, leftAt: restartedAtOf(row) };
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
  const { instanceId, status, alertKey = null } = laterRun;
  if (status === 'Complete' || status === 'Rejected') {
    return {
      type: 'end',
      outcome: 'obsolete',
      reason: `superseded by ${instanceId}, a later run of the same request (${status})`,
    };
  }
  return {
    type: 'wait',
    wait: 'behind',
    reason: `behind ${instanceId}, a later run of the same request`,
    until: now + policy.poll.fullScan,
    alertKey,
  };
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

function quiet(_remediation: Remediation, { quietUntil, now }: WaitingFacts): Action | null {
  if (quietUntil === null || now >= quietUntil) return null;
  return {
    type: 'wait',
    wait: 'past',
    reason: 'failed before this store began: restarts that were under way get resolve.window to show',
    until: quietUntil,
  };
}

function unproved(remediation: Remediation): Action | null {
  return remediation.past === 'unproved' ? { type: 'prove' } : null;
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

function backingOff({ backoff }: Remediation, { now }: WaitingFacts): Action | null {
  if (backoff === null || now >= backoff.until) return null;
  return {
    type: 'wait',
    wait: 'back-off',
    reason: `backing off (${backoff.ladder}, step ${backoff.step})`,
    until: backoff.until,
  };
}

/** How long to leave a row alone that only an event can move on, before looking again anyway. */
const LOOK_AGAIN_MS = 60_000;

function accessDenied(_remediation: Remediation, { denied, now }: WaitingFacts): Action | null {
  if (denied === null) return null;
  return { type: 'wait', wait: 'access', reason: denied, until: now + LOOK_AGAIN_MS };
}

function stopped(_remediation: Remediation, { pause, brake, now }: WaitingFacts): Action | null {
  if (brake !== null) return { type: 'wait', wait: 'brake', reason: `brake: ${brake}`, until: now + LOOK_AGAIN_MS };
  if (pause === null) return null;
  return { type: 'wait', wait: 'pause', reason: `paused: ${pause.reason}`, until: pause.until ?? now + LOOK_AGAIN_MS };
}

function gateShut(remediation: Remediation, { shutGate, isLastAttemptKept }: WaitingFacts): Action | null {
  if (isLastAttemptKept) {
    const held = hold(
      remediation,
      'last attempt kept back',
      'two canaries in a row failed and this is the last attempt: a person decides whether to spend it',
    );
    if (held) return held;
  }
  if (shutGate === null) return null;
  return {
    type: 'park',
    dependency: shutGate.dependency,
    wait: 'dependency',
    reason: shutGate.answer.reason,
    until: shutGate.answer.nextAt,
  };
}

function observing(_remediation: Remediation, { now }: WaitingFacts, policy: Policy): Action | null {
  if (policy.mode === 'active') return null;
  return {
    type: 'wait',
    wait: 'observe',
    reason: 'observe mode: would restart now',
    until: now + policy.poll.fullScan,
  };
}

function hold(remediation: Remediation, cause: HoldCause, reason: string): Action | null {
  return remediation.waived.includes(cause) ? null : { type: 'hold', cause, reason };
}

/** Null: the newest published one. What must not have changed is named, so a publication in between changes nothing. */
function versionFor(remediation: Remediation, { ruling }: WaitingFacts): number | null {
  if (typeof ruling.version === 'number') return ruling.version;
  const isPinned =
    ruling.version === 'same' || (ruling.version === 'hold' && !remediation.waived.includes('definition changed'));
  return isPinned ? (remediation.failure?.definitionVersion ?? null) : null;
}
