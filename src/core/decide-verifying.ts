import type { Action } from './action.ts';
import type { Time } from './instance.ts';
import type { NewStatus } from './lineage.ts';
import type { Policy } from './policy.ts';
import type { Remediation } from './remediation.ts';
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
  /** A second candidate that turned up since; null: none. */
  readonly rivals: readonly string[];
}

/** Decides what the successor's status means for the remediation (DESIGN.md 4.8). */
export function decideVerifying(remediation: Remediation, facts: VerifyingFacts, policy: Policy): Action {
  const { row } = facts;
  const windowEnd = facts.restartedAt + policy.resolve.window;
  const rivalry = heldByRivals(remediation, facts, windowEnd + policy.poll.fullScan);
  if (rivalry) return rivalry;
  if (row === null) return pending(remediation, facts, policy, 'Running');
  if (row.isGone) return { type: 'follow', reason: 'the successor is gone' };
  switch (row.status) {
    case 'Complete':
      return complete(facts, windowEnd);
    case 'Failed':
      return failedAgain(row, facts, windowEnd);
    case 'Rejected':
      return { type: 'end', outcome: 'obsolete', reason: 'the new run was rejected', newStatus: 'Rejected' };
    case 'CanceledForRestart':
      return { type: 'follow', reason: 'the new run was restarted by other hands', leftAt: restartedAtOf(row) };
    case 'Suspended':
      return {
        type: 'track',
        newStatus: 'Suspended',
        phase: 'handed-over',
        reason: 'the new run is Suspended: its approvers must act',
        until: null,
      };
    case 'Running':
    case 'Unknown':
      return pending(remediation, facts, policy, 'Running');
  }
}

/** Success is announced only once the link is exact or the window has closed (DESIGN.md 4.7). */
function complete({ isLinkExact, lookedAt }: VerifyingFacts, windowEnd: Time): Action {
  if (isLinkExact || lookedAt >= windowEnd) {
    return { type: 'end', outcome: 'recovered', reason: 'the new run is Complete', newStatus: 'Complete' };
  }
  const reason = 'complete; the link is not exact, so the window must close first';
  return { ...track('Complete', reason, windowEnd), awaitsLook: true };
}

/** Until the window closes a lineage is restarted again only on two independent proofs (P2). */
function failedAgain(row: Sighting, { isDoublyProved, lookedAt }: VerifyingFacts, windowEnd: Time): Action {
  if (isDoublyProved || lookedAt >= windowEnd) {
    return { type: 'reopen', reason: `the new run failed again: ${row.statusMessage ?? 'no message'}` };
  }
  const reason = 'failed again; no further restart before resolve.window closes';
  return { ...track('Failed', reason, windowEnd), awaitsLook: true };
}

/** Two runs that cannot be told apart while the window is open: the link is withdrawn until a person decides. */
function heldByRivals({ currentInstanceId }: Remediation, { rivals, now }: VerifyingFacts, until: Time): Action | null {
  if (rivals.length === 0 || now >= until) return null;
  const candidates = [currentInstanceId, ...rivals];
  return {
    type: 'hold',
    cause: 'ambiguous',
    reason: `a second run appeared that cannot be told apart: ${candidates.join(', ')}`,
    candidates,
  };
}

function pending(remediation: Remediation, facts: VerifyingFacts, policy: Policy, newStatus: NewStatus): Action {
  const timeoutAt = facts.restartedAt + policy.verify.timeout;
  if (facts.now < timeoutAt) return track(newStatus, 'the new run is still running', timeoutAt);
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
