import { allowanceOf } from '../core/dependency.ts';
import type { DependencyKind, HealthPolicy } from '../core/dependency.ts';
import { isUnlooked } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import type { WaitingFacts } from '../core/waiting-facts.ts';
import { askGate, isLastAttemptKept, toWaiter } from '../core/ramp.ts';
import type { Waiter } from '../core/ramp.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Ruling } from '../core/rules.ts';
import type { GateView } from '../ports/gate-store.ts';
import type { DoorRequest } from '../ports/journal.ts';
import { isLearningOldRow } from './parts.ts';
import type { RemediationParts } from './parts.ts';
import { stepGateFor } from './step-gates.ts';

/** The gate of restarts that depend on nothing: only the limits apply. */
export const LIMITS_GATE = 'restart limits';
/** The gate that lets one restart through at a time while the fate of old rows is being learned. */
export const OLD_ROW_GATE = 'fate of old rows';

export interface GateFacts {
  readonly shut: WaitingFacts['shutGate'];
  readonly isLastAttemptKept: boolean;
  /** What the door checks again, all of it, in one step. */
  readonly doors: DoorRequest['gates'];
  readonly names: readonly string[];
  /** Slots that the CA may take now. */
  readonly caSlots: number;
}

/** Asks every gate of this remediation; the first that is shut is the one to wait at. */
export async function gatherGates(
  remediation: Remediation,
  ruling: Ruling,
  feed: Feed | null,
  parts: RemediationParts,
): Promise<GateFacts> {
  const references = await dependenciesOf(remediation, ruling, parts);
  const views = await parts.gates.view(references, remediation.currentInstanceId);
  const waiter = toWaiter(remediation);
  const now = parts.now();
  const health = parts.policy.health;
  const shut = unlooked(views, feed, now, parts) ?? firstShut(views, waiter, now, health);
  return {
    shut,
    isLastAttemptKept: await isKept(views, waiter, remediation, parts),
    doors: views.map(({ dependency }) => ({
      name: dependency.name,
      generation: dependency.generation,
      allowance: allowanceOf(dependency, health),
    })),
    names: references.map(({ name }) => name),
    caSlots: await caSlots(remediation, parts),
  };
}

/** Before the first sweep after a long pause every gate is shut: that sweep has not told them yet that it was one. */
function unlooked(
  views: readonly GateView[],
  feed: Feed | null,
  now: Time,
  { policy }: RemediationParts,
): GateFacts['shut'] {
  const [first] = views;
  if (first === undefined || feed === null || !isUnlooked(feed, now, policy)) return null;
  const reason = 'no sweep has succeeded for longer than health.canaryWindow: waiting for the next one';
  return { dependency: first.dependency.name, answer: { isOpen: false, reason, nextAt: now + policy.poll.interval } };
}

/** The first gate that is shut for this waiter, or has no room for it now. */
function firstShut(views: readonly GateView[], waiter: Waiter, now: Time, health: HealthPolicy): GateFacts['shut'] {
  for (const { dependency, inFlight, isIn } of views) {
    const answer = askGate(dependency, waiter, now, health);
    if (!answer.isOpen) return { dependency: dependency.name, answer };
    if (isIn || inFlight < allowanceOf(dependency, health)) continue;
    const reason = `${dependency.name}: waiting for the verdict of the restarts under way`;
    return { dependency: dependency.name, answer: { isOpen: false, reason, nextAt: null } };
  }
  return null;
}

async function dependenciesOf(
  remediation: Remediation,
  ruling: Ruling,
  parts: RemediationParts,
): Promise<readonly { readonly name: string; readonly kind: DependencyKind }[]> {
  const named = new Map<string, DependencyKind>();
  if (remediation.ca !== null) named.set(remediation.ca, 'ca');
  for (const name of ruling.dependencies)
    named.set(name, parts.policy.health.endpoints.includes(name) ? 'endpoint' : 'ca');
  const stepGate = await stepGateFor(remediation, parts);
  if (stepGate !== null) named.set(stepGate, 'step');
  if (await isLearningOldRow(parts)) named.set(OLD_ROW_GATE, 'old-row');
  if (named.size === 0) named.set(LIMITS_GATE, 'limits');
  return [...named].map(([name, kind]) => ({ name, kind }));
}

/** A gate that failed twice in a row spares last attempts; where nobody else can go, a person decides. */
async function isKept(
  views: readonly GateView[],
  waiter: Waiter,
  remediation: Remediation,
  parts: RemediationParts,
): Promise<boolean> {
  if (waiter.isUrgent) return false;
  for (const { dependency } of views) {
    if (!isLastAttemptKept(dependency, waiter)) continue;
    const others = await parts.gates.waiters(dependency.name, 2);
    if (!others.some((other) => other.rootInstanceId !== remediation.rootInstanceId && other.attemptsLeft > 1))
      return true;
  }
  return false;
}

/** One CA takes at most half the slots while others have work due. */
async function caSlots(remediation: Remediation, parts: RemediationParts): Promise<number> {
  const { concurrency } = parts.policy.restart;
  if (remediation.ca === null) return concurrency;
  const rooms = await parts.gates.rooms();
  const haveOthersWork = rooms.some((name) => name !== remediation.ca && name !== OLD_ROW_GATE);
  return haveOthersWork ? Math.max(1, Math.floor(concurrency / 2)) : concurrency;
}
