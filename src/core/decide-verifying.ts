import type { Action } from './action.ts';
import type { Time } from './instance.ts';
import type { NewStatus } from './lineage.ts';
import type { Policy } from './policy.ts';
import type { Remediation, Search } from './remediation.ts';
import { restartedAtOf } from './sighting.ts';
import type { Sighting } from './sighting.ts';

export interface VerifyingFacts {
  readonly now: Time;
  /** The successor as last observed; null: not seen since it was linked. */
  readonly row: Sighting | null;
  /** Ours: when the current restart ended; the window and `verify.timeout` count from here. */
  readonly restartedAt: Time;
  readonly isLinkExact: boolean;
  /** Equal fingerprint and newness, and the old row CanceledForRestart or gone. */
  readonly isDoublyProved: boolean;
  /** Ours: when the latest complete look at the server's rows began. */
  readonly lookedAt: Time;
  /** Other candidates that turned up within the window. */
  readonly rivals: readonly string[];
  /** False: the feed has passed over a change, so that the row must be looked at directly; left out: true. */
  readonly isFeedTrusted?: boolean;
}

/** Decides what the successor's status means for the remediation (DESIGN.md 4.8). */
export function decideVerifying(remediation: Remediation, facts: VerifyingFacts, policy: Policy): Action {
  const { row } = facts;
  const windowEnd = facts.restartedAt + policy.resolve.window;
  const rivalry = heldByRivals(remediation, facts);
  if (rivalry) return rivalry;
  if (row === null) return pending(remediation, facts, policy, 'Running');
  if (row.isGone) return { type: 'follow', reason: 'the successor is gone' };
  switch (row.status) {
    case 'Complete':
    case 'Rejected':
      return answered(row.status, remediation, facts, policy);
    case 'Failed':
      return failedAgain(row, facts, windowEnd);
    case 'CanceledForRestart':
      return { type: 'follow', reason: 'the new run was restarted by other hands', leftAt: restartedAtOf(row) };
    case 'Suspended':
      return {
        type: 'track',
        newStatus: 'Suspended',
        phase: 'handed-over',
        reason: 'the new run is Suspended: its approvers must act',
        until: rivalLookAt(facts, policy),
      };
    case 'Running':
    case 'Unknown':
      return pending(remediation, facts, policy, 'Running');
  }
}

/** How it ended is announced only once the link is exact or the window has closed (DESIGN.md 4.7). */
function answered(
  status: 'Complete' | 'Rejected',
  { search }: Remediation,
  { isLinkExact, lookedAt, restartedAt }: VerifyingFacts,
  policy: Policy,
): Action {
  const windowEnd = restartedAt + policy.resolve.window;
  if (lookedAt >= windowEnd) return ANSWERED[status];
  if (isLinkExact)
    return search === null ? ANSWERED[status] : { ...ANSWERED[status], watchUntil: rivalWatchEnd(search, policy) };
  const reason = `${status.toLowerCase()}; the link is not exact, so the window must close first`;
  return { ...track(status, reason, windowEnd), awaitsLook: true };
}

/** Ours: while the window is open, when it is looked for a second candidate once more; null: it has closed. */
function rivalLookAt({ now, lookedAt, restartedAt }: VerifyingFacts, { resolve, poll }: Policy): Time | null {
  const windowEnd = restartedAt + resolve.window;
  return lookedAt >= windowEnd ? null : Math.max(windowEnd, now) + poll.interval;
}

/** Ours: when the link of an announced end is looked at for the last time; the sweep of the window's end has been taken in. */
export function rivalWatchEnd(
  search: Pick<Search, 'endedAt'>,
  { resolve, poll }: Pick<Policy, 'resolve' | 'poll'>,
): Time {
  return search.endedAt + resolve.window + poll.interval;
}

const ANSWERED: Readonly<Record<'Complete' | 'Rejected', Extract<Action, { type: 'end' }>>> = {
  Complete: { type: 'end', outcome: 'recovered', reason: 'the new run is Complete', newStatus: 'Complete' },
  Rejected: { type: 'end', outcome: 'obsolete', reason: 'the new run was rejected', newStatus: 'Rejected' },
};

/** Until the window closes a lineage is restarted again only on two independent proofs (P2). */
function failedAgain(row: Sighting, { isDoublyProved, lookedAt }: VerifyingFacts, windowEnd: Time): Action {
  if (isDoublyProved || lookedAt >= windowEnd) {
    return { type: 'reopen', reason: `the new run failed again: ${row.statusMessage ?? 'no message'}` };
  }
  const reason = 'failed again; no further restart before resolve.window closes';
  return { ...track('Failed', reason, windowEnd), awaitsLook: true };
}

/** Two runs that cannot be told apart, shown while the window was open: the link is withdrawn until a person decides. */
function heldByRivals({ currentInstanceId }: Remediation, { rivals }: VerifyingFacts): Action | null {
  if (rivals.length === 0) return null;
  const candidates = [currentInstanceId, ...rivals];
  return {
    type: 'hold',
    cause: 'ambiguous',
    reason: `a second run appeared that cannot be told apart: ${candidates.join(', ')}`,
    candidates,
  };
}

/** While the feed is not trusted, a running one is read so often. */
export const READ_AGAIN_MS = 60_000;

function pending(remediation: Remediation, facts: VerifyingFacts, policy: Policy, newStatus: NewStatus): Action {
  const timeoutAt = facts.restartedAt + policy.verify.timeout;
  if (facts.now < timeoutAt) {
    const readAt = facts.isFeedTrusted === false ? facts.now + READ_AGAIN_MS : timeoutAt;
    const until = Math.min(timeoutAt, readAt, rivalLookAt(facts, policy) ?? timeoutAt);
    return track(newStatus, 'the new run is still running', until);
  }
  const { firstRestartAt, excusedMs } = remediation;
  const deadlineAt = (firstRestartAt ?? facts.restartedAt) + excusedMs + policy.restart.deadline;
  const isPast = facts.now >= deadlineAt;
  if (isPast && !remediation.waived.includes('deadline')) {
    return {
      type: 'hold',
      cause: 'deadline',
      reason: 'inconclusive: the new run is neither Complete nor Failed and restart.deadline has passed',
    };
  }
  const lookAgainAt = isPast ? facts.now + Math.max(policy.verify.timeout, policy.poll.fullScan) : deadlineAt;
  return track(newStatus, 'inconclusive: the new run has not ended within verify.timeout; still followed', lookAgainAt);
}

function track(newStatus: NewStatus, reason: string, until: Time): Extract<Action, { type: 'track' }> {
  return { type: 'track', newStatus, phase: 'verifying', reason, until };
}
