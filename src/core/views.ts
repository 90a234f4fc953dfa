import type { Dependency, HealthPolicy } from './dependency.ts';
import type { Time } from './instance.ts';
import type { LineageRecord } from './lineage.ts';
import { askGate, nextTestAt, toWaiter } from './ramp.ts';
import type { Outcome, Phase, Remediation } from './remediation.ts';

/** A remediation as `list`, `explain` and the API show it: exactly these keys, all always there (DESIGN.md 6). */
export interface RemediationView {
  readonly rootInstanceId: string;
  readonly currentInstanceId: string;
  readonly referenceId: number | null;
  readonly title: string | null;
  readonly definitionName: string | null;
  readonly instanceIds: readonly string[];
  readonly phase: Phase;
  readonly outcome: Outcome | null;
  readonly reason: string;
  readonly rule: string;
  readonly ca: string | null;
  readonly attemptsMade: number;
  readonly maxAttempts: number;
  readonly nextAt: string | null;
  readonly firstSeenAt: string;
  readonly endedAt: string | null;
}

/** A lineage record as CLI, HTTP and export show it, its keys in the order of DESIGN.md 6. */
export type LineageView = Omit<LineageRecord, 'restartedAt' | 'resolvedAt'> & {
  readonly restartedAt: string;
  readonly resolvedAt: string | null;
};

/** The dependency at which a remediation is parked, and when that was looked at. */
export interface GateMoment {
  readonly dependency: Dependency;
  readonly now: Time;
  readonly policy: HealthPolicy;
}

/** The public form of a remediation. `gate`: the dependency it is parked on, for its next time. */
export function toRemediationView(remediation: Remediation, gate?: GateMoment | null): RemediationView {
  const nextAt = gate && remediation.parkedOn !== null ? nextCallAt(remediation, gate) : remediation.nextAt;
  return {
    rootInstanceId: remediation.rootInstanceId.toLowerCase(),
    currentInstanceId: remediation.currentInstanceId.toLowerCase(),
    referenceId: remediation.referenceId,
    title: remediation.title,
    definitionName: remediation.definitionName,
    instanceIds: remediation.instanceIds.map((id) => id.toLowerCase()),
    phase: remediation.phase,
    outcome: remediation.outcome,
    reason: remediation.reason || remediation.phase,
    rule: remediation.rule || 'not chosen yet',
    ca: remediation.ca,
    attemptsMade: remediation.attemptsMade,
    maxAttempts: remediation.maxAttempts,
    // An end may be watched on for a while; nothing is going to be done about it.
    nextAt: isoOrNull(remediation.phase === 'ended' ? null : nextAt),
    firstSeenAt: iso(remediation.firstSeenAt),
    endedAt: isoOrNull(remediation.endedAt),
  };
}

/** The public form of a lineage record. */
export function toLineageView(record: LineageRecord): LineageView {
  return {
    oldInstanceId: record.oldInstanceId.toLowerCase(),
    newInstanceId: record.newInstanceId?.toLowerCase() ?? null,
    rootInstanceId: record.rootInstanceId.toLowerCase(),
    oldReferenceId: record.oldReferenceId,
    newReferenceId: record.newReferenceId,
    attempt: record.attempt,
    origin: record.origin,
    confidence: record.confidence,
    candidates: record.candidates.map((id) => id.toLowerCase()),
    evidence: record.evidence,
    definitionId: record.definitionId.toLowerCase(),
    definitionName: record.definitionName,
    title: record.title,
    restartedAt: iso(record.restartedAt),
    resolvedAt: isoOrNull(record.resolvedAt),
    newStatus: record.newStatus,
  };
}

/** When a parked one may go on: its dependency's next test or canary, or now where only room is missing. */
export function nextCallAt(remediation: Remediation, { dependency, now, policy }: GateMoment): Time {
  const answer = askGate(dependency, toWaiter(remediation), now, policy);
  if (!answer.isOpen) return Math.max(now, answer.nextAt ?? now);
  const isTested = dependency.kind === 'ca' || dependency.kind === 'endpoint';
  return isTested ? Math.max(now, nextTestAt(dependency, now, policy)) : now;
}

/** UTC with milliseconds. */
export function iso(at: Time): string {
  return new Date(at).toISOString();
}

export function isoOrNull(at: Time | null): string | null {
  return at === null ? null : iso(at);
}
