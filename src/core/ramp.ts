import { allowanceOf, hasVote, isTested } from './dependency.ts';
import type { Dependency, HealthPolicy, RestartKind } from './dependency.ts';
import type { Time } from './instance.ts';
import type { Remediation } from './remediation.ts';

/** One remediation that waits at a gate. */
export interface Waiter {
  readonly rootInstanceId: string;
  readonly instanceId: string;
  /** Ours: when its own failure was first seen. The dependency must have proved well after that. */
  readonly failedAt: Time;
  readonly attemptsLeft: number;
  readonly definitionId: string;
  readonly template: string | null;
  readonly parkedAt: Time;
  /** A person sent it on: the next canary, without the window. */
  readonly isUrgent: boolean;
}

/** What a gate needs to know of one that waits at it. */
export function toWaiter(remediation: Remediation): Waiter {
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

/** Order in a waiting room, lowest first: sent by a person, then the most attempts left, then the longest wait. */
export function waiterScore(waiter: Waiter): number {
  const attempts = waiter.isUrgent ? 100 : Math.min(99, waiter.attemptsLeft);
  return waiter.failedAt - attempts * ATTEMPT_WEIGHT;
}

export type GateAnswer =
  | { readonly isOpen: true }
  | {
      readonly isOpen: false;
      readonly reason: string;
      /** Ours: when to look again; null: the gate calls. */
      readonly nextAt: Time | null;
    };

/** May this waiter go now, as far as the dependency itself is concerned? Room is counted apart, at the door. */
export function askGate(dependency: Dependency, waiter: Waiter, now: Time, policy: HealthPolicy): GateAnswer {
  const label = `${dependency.kind === 'ca' ? 'CA ' : ''}${dependency.name}`;
  if (dependency.isDown)
    return closed(
      `${label} is down: ${dependency.lastMessage ?? 'its test fails'}`,
      nextTestAt(dependency, now, policy),
    );
  if (needsProof(dependency, waiter, now, policy)) {
    return closed(`${label} has not proved well since this failure`, nextTestAt(dependency, now, policy));
  }
  if (dependency.nextCanaryAt !== null && now < dependency.nextCanaryAt && !waiter.isUrgent) {
    return closed(`${label}: next canary after ${dependency.failuresInRow} failed`, dependency.nextCanaryAt);
  }
  return { isOpen: true };
}

/** When the dependency's next test is due: at once for a suspect, else an interval after the last, or after the last try. */
export function nextTestAt(dependency: Dependency, now: Time, policy: HealthPolicy): Time {
  const { testedAt, triedAt } = dependency;
  if (triedAt !== undefined && triedAt >= (testedAt ?? 0)) return triedAt + policy.interval;
  if (testedAt === null || isSuspect(dependency)) return now;
  return testedAt + policy.interval;
}

/** True while a failure newer than the last test waits for its one test. */
export function isSuspect(dependency: Dependency): boolean {
  return (
    dependency.suspectSince !== null && (dependency.testedAt === null || dependency.testedAt < dependency.suspectSince)
  );
}

function needsProof(dependency: Dependency, waiter: Waiter, now: Time, policy: HealthPolicy): boolean {
  if (!isTested(dependency)) return false;
  if (dependency.testedAt === null) return true; // a first test tells whether there is a vote at all
  if (!hasVote(dependency)) return false;
  if (dependency.suspectSince !== null) return true;
  const { provedAt } = dependency;
  if (provedAt === null || provedAt <= waiter.failedAt) return true;
  // Nobody waited, so nobody tested: what was well that long ago may be dead and known to nobody.
  return now - provedAt > policy.unhealthyAfter * policy.interval;
}

/** After this many failures in a row a root's last attempt is not spent on a canary. */
const LAST_ATTEMPT_KEPT_AFTER = 2;

export interface GateRoom {
  readonly dependency: Dependency;
  /** Restarts under way without a verdict, and waiters called that have not come yet. */
  readonly inFlight: number;
  /** How many more the limits (rates, slots) let go now. */
  readonly limit: number;
  /** Definition and template of the last failed canary, to try another one next. */
  readonly lastFailed: RestartKind | null;
}

/** Whom to call now: as many as the allowance and the limits have room for, canaries chosen with care (DESIGN.md 4.5). */
export function chooseReleases(
  room: GateRoom,
  waiters: readonly Waiter[],
  now: Time,
  policy: HealthPolicy,
): readonly Waiter[] {
  const { dependency } = room;
  const free = Math.min(allowanceOf(dependency, policy) - room.inFlight, room.limit);
  if (free <= 0) return [];
  const ready = waiters.filter((waiter) => askGate(dependency, waiter, now, policy).isOpen);
  return ready
    .filter((waiter) => waiter.isUrgent || !isLastAttemptKept(dependency, waiter))
    .sort((a, b) => compareWaiters(a, b, room))
    .slice(0, free);
}

/** True where a gate that failed twice in a row does not spend this root's last attempt. */
export function isLastAttemptKept(dependency: Dependency, waiter: Waiter): boolean {
  return (
    dependency.completions === 0 && dependency.failuresInRow >= LAST_ATTEMPT_KEPT_AFTER && waiter.attemptsLeft <= 1
  );
}

function compareWaiters(a: Waiter, b: Waiter, room: GateRoom): number {
  if (a.isUrgent !== b.isUrgent) return a.isUrgent ? -1 : 1;
  const other = Number(isLikeFailed(a, room)) - Number(isLikeFailed(b, room));
  return other || b.attemptsLeft - a.attemptsLeft || a.failedAt - b.failedAt || a.parkedAt - b.parkedAt;
}

function isLikeFailed(waiter: Waiter, room: GateRoom): boolean {
  const { lastFailed } = room;
  return lastFailed?.definitionId === waiter.definitionId && lastFailed.template === waiter.template;
}

function closed(reason: string, nextAt: Time | null): GateAnswer {
  return { isOpen: false, reason, nextAt };
}
