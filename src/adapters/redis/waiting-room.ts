import type { Waiter } from '../../core/ramp.ts';
import type { Remediation } from '../../core/remediation.ts';

export type RoomWaiter = Waiter & { readonly instanceId: string };

/** What a gate needs to know of one that waits at it. */
export function toWaiter(remediation: Remediation): RoomWaiter {
  return {
    rootInstanceId: remediation.rootInstanceId,
    instanceId: remediation.currentInstanceId,
    failedAt: remediation.failure?.seenAt ?? remediation.firstSeenAt,
    attemptsLeft: remediation.maxAttempts - remediation.attemptsMade,
    definitionId: remediation.definitionId,
    template: remediation.input?.template ?? null,
    parkedAt: remediation.changedAt,
    isUrgent: remediation.isUrgent,
  };
}

/** More than any time in ms since 1970: one attempt left weighs more than any wait. */
const ATTEMPT_WEIGHT = 1e13;

/** Order in the room: sent by a person, then the most attempts left, then the longest wait. */
export function waiterScore(waiter: RoomWaiter): number {
  const attempts = waiter.isUrgent ? 100 : Math.min(99, waiter.attemptsLeft);
  return waiter.failedAt - attempts * ATTEMPT_WEIGHT;
}
