import { alertKeyOf } from './alert-key.ts';
import { UNSEEN_HISTORY } from './decide-waiting.ts';
import type { Time } from './instance.ts';
import type { Intent } from './intent.ts';
import { mayBeNewRun } from './new-run.ts';
import type { OldRowFate, Policy } from './policy.ts';
import type { Remediation } from './remediation.ts';
import { globMatches } from './rules.ts';
import { mayBeForgotten } from './retention.ts';
import type { Forgotten } from './retention.ts';
import type { Sighting } from './sighting.ts';
import { toFailure } from './transition.ts';

export interface AdmissionFacts {
  readonly now: Time;
  /** Server time, as well as it is known. */
  readonly serverNow: Time;
  readonly row: Sighting;
  /** Server time from which on this store has watched; what failed before is the past. */
  readonly watchedSince: Time;
  /** What this store has forgotten since; null: nothing. */
  readonly forgotten: Forgotten | null;
  /** Rows of the past that this empty store has admitted so far. */
  readonly backlogCount: number;
  readonly fate: OldRowFate;
  /** Intents whose successor is still open. */
  readonly unsettled: readonly Intent[];
}

export type Admission =
  | { readonly type: 'skip'; readonly why: 'not failed' | 'out of scope' | 'settling' }
  | { readonly type: 'admit'; readonly remediation: Remediation; readonly isBacklog: boolean };

/** How far a server's database clock may be ahead of its web server's. */
const CLOCK_SLACK_MS = 60_000;

/** Decides whether a row becomes a remediation, and in which state (DESIGN.md 4.2). */
export function decideAdmission(facts: AdmissionFacts, policy: Policy): Admission {
  const { row } = facts;
  if (row.status !== 'Failed' || row.isGone) return { type: 'skip', why: 'not failed' };
  if (!isInScope(row, policy)) return { type: 'skip', why: 'out of scope' };
  const failedAt = row.lastModified ?? row.startDate ?? facts.serverNow;
  const ageMs = facts.serverNow - failedAt;
  // The zone of its dates is not known yet: whether it failed before this store began cannot be told.
  const isUndated = ageMs < -CLOCK_SLACK_MS;
  // Server time is known to the second only: without a settling time a row that seems to be of the future is taken, too.
  if (!isUndated && policy.poll.settle > 0 && ageMs < policy.poll.settle) return { type: 'skip', why: 'settling' };

  const isPast = isUndated || failedAt < facts.watchedSince || mayBeForgotten(row, facts.forgotten);
  const remediation = newRemediation(facts, policy, isPast);
  const sibling = facts.unsettled.find((intent) => mayBeNewRun(row, intent, facts.now, policy));
  if (sibling) return admit(waitingForSibling(remediation, sibling), isPast);
  const history = isPast ? historyReason(failedAt, facts, policy) : null;
  if (history === null) return admit(remediation, isPast);
  return admit(
    { ...remediation, phase: 'held', wait: null, holdCause: 'history', reason: `history: ${history}`, nextAt: null },
    isPast,
  );
}

function admit(remediation: Remediation, isBacklog: boolean): Admission {
  return { type: 'admit', remediation: { ...remediation, alertKey: alertKeyOf(remediation) }, isBacklog };
}

function isInScope(row: Sighting, { scope }: Policy): boolean {
  const { definitions, types } = scope;
  const isDefinition =
    definitions.length === 0 ||
    definitions.some((name) => globMatches(name, row.definitionId) || globMatches(name, row.definitionName ?? ''));
  return isDefinition && (types.length === 0 || types.some((type) => globMatches(type, row.workflowType)));
}

/** It is read next, and waits until it is known whose run it is. */
function waitingForSibling(remediation: Remediation, intent: Intent): Remediation {
  return { ...remediation, mayBeNewRun: true, wait: 'new run', reason: `may be the new run of ${intent.instanceId}` };
}

function historyReason(failedAt: Time, facts: AdmissionFacts, policy: Policy): string | null {
  const { maxAge, maxCount } = policy.poll.backlog;
  if (mayBeForgotten(facts.row, facts.forgotten)) return FORGOTTEN_HISTORY;
  if (facts.fate !== 'leaves') return UNSEEN_HISTORY;
  if (facts.serverNow - failedAt > maxAge) return 'failed before this store began, longer ago than poll.backlog.maxAge';
  if (facts.backlogCount >= maxCount) return 'failed before this store began, beyond the newest poll.backlog.maxCount';
  return null;
}

const FORGOTTEN_HISTORY = 'began so long ago that a restart of it may have been forgotten since (retention.audit)';

/** The record of a row that no lineage has, as it starts. */
export function newRemediation(
  { now, row }: Pick<AdmissionFacts, 'now' | 'row'>,
  policy: Pick<Policy, 'restart'>,
  isPast: boolean,
): Remediation {
  return {
    // One that is admitted anew goes on where no step that still holds the former record can save over it.
    version: now,
    rootInstanceId: row.id,
    currentInstanceId: row.id,
    instanceIds: [row.id],
    referenceId: row.referenceId,
    currentReferenceId: row.referenceId,
    title: row.title,
    definitionId: row.definitionId,
    definitionName: row.definitionName,
    workflowType: row.workflowType,
    phase: 'waiting',
    outcome: null,
    reason: 'new failure',
    rule: 'not chosen yet',
    wait: isPast ? 'past' : 'back-off',
    holdCause: null,
    alertKey: null,
    ca: null,
    attemptsMade: 0,
    maxAttempts: policy.restart.maxAttempts,
    grantedAttempts: 0,
    nextAt: now,
    firstSeenAt: now,
    changedAt: now,
    endedAt: null,
    failure: toFailure(row, now),
    input: null,
    search: null,
    backoff: null,
    parkedOn: null,
    past: isPast ? 'unproved' : 'no',
    waived: [],
    mayBeNewRun: false,
    awaitsLook: false,
    isUrgent: false,
    needsBody: false,
    isApproved: row.wasSuspended === true,
    approvalRestarts: 0,
    firstRestartAt: null,
    excusedMs: 0,
    excusedSince: null,
    sightingMark: row.firstSeen,
    lineage: [],
    timeline: [
      { at: now, text: `failed in ${toFailure(row, now).step}: ${toFailure(row, now).message}`, by: 'remediator' },
    ],
  };
}
