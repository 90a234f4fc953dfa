import { labelOf } from './dependency.ts';
import type { DependencyKind, DependencyLabel, HealthPolicy } from './dependency.ts';
import type { Dependency } from './dependency.ts';
import type { Time } from './instance.ts';
import { fateOf } from './old-row.ts';
import type { OldRowFate, Policy } from './policy.ts';
import { nextTestAt } from './ramp.ts';
import type { Outcome, Phase } from './remediation.ts';
import { iso, isoOrNull } from './views.ts';

export interface DependencyView {
  readonly name: string;
  readonly kind: DependencyKind;
  readonly state: DependencyLabel;
  /** Remediations parked at it. */
  readonly waiting: number;
  /** Restarts into it that have no verdict yet. */
  readonly inFlight: number;
  readonly lastTestAt: string | null;
  readonly lastGoodAt: string | null;
  /** While somebody waits: when it is tested next, or may be tried by the next canary. */
  readonly nextAt: string | null;
  readonly message: string | null;
}

export interface StatusView {
  readonly mode: Policy['mode'];
  readonly paused: {
    readonly reason: string;
    readonly by: string;
    readonly since: string;
    readonly until: string | null;
  } | null;
  /** Why the brake holds everything until a person resumes; null: it does not. */
  readonly brake: string | null;
  readonly phases: Readonly<Record<Phase, number>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly dependencies: readonly DependencyView[];
  readonly limits: { readonly concurrency: number; readonly perMinute: number; readonly perCaPerMinute: number };
  readonly lastSweepAt: string | null;
  readonly replicas: number;
  /** Parked rows that failed before this store's knowledge began; `adopt` takes them into work. */
  readonly history: number;
  /** What people must look at, by alert key, the largest first; `--cause` takes a key. */
  readonly causes: readonly { readonly key: string; readonly count: number }[];
  readonly oldRow: { readonly fate: OldRowFate; readonly evidence: string | null };
}

export interface StatusFacts {
  readonly now: Time;
  readonly policy: Pick<Policy, 'mode' | 'restart' | 'health' | 'oldRow'>;
  readonly paused: {
    readonly reason: string;
    readonly by: string;
    readonly since: Time;
    readonly until: Time | null;
  } | null;
  readonly brake: string | null;
  readonly counts: Pick<StatusView, 'phases' | 'outcomes'>;
  readonly dependencies: readonly DependencyFacts[];
  readonly lookedAt: Time | null;
  readonly replicas: number;
  readonly alertCounts: ReadonlyMap<string, number>;
  readonly oldRow: { readonly fate: OldRowFate; readonly evidence: string } | null;
}

export interface DependencyFacts {
  readonly dependency: Dependency;
  readonly inFlight: number;
  readonly waiting: number;
}

/** The most causes that a status lists. */
const CAUSES = 50;

/** The public form of the state of everything. */
export function toStatusView(facts: StatusFacts): StatusView {
  const { policy, paused, now } = facts;
  const { concurrency, perMinute, perCaPerMinute } = policy.restart;
  const causes = [...facts.alertCounts].map(([key, count]) => ({ key, count }));
  return {
    mode: policy.mode,
    paused: paused && { ...paused, since: iso(paused.since), until: isoOrNull(paused.until) },
    brake: facts.brake,
    phases: facts.counts.phases,
    outcomes: facts.counts.outcomes,
    dependencies: facts.dependencies
      .filter(({ dependency }) => isShown(dependency))
      .map((known) => toDependencyView(known, now, policy.health)),
    limits: { concurrency, perMinute, perCaPerMinute },
    lastSweepAt: isoOrNull(facts.lookedAt),
    replicas: facts.replicas,
    history: facts.alertCounts.get('history') ?? 0,
    causes: causes.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1)).slice(0, CAUSES),
    oldRow: toOldRow(policy.oldRow, facts.oldRow),
  };
}

/** The operator's word stands until what was seen contradicts it; then both are told. */
function toOldRow(configured: Policy['oldRow'], known: StatusFacts['oldRow']): StatusView['oldRow'] {
  const fate = fateOf(configured, known);
  if (configured === 'auto') return { fate, evidence: known?.evidence ?? null };
  const isContradicted = fate !== configured && known !== null;
  const seen = isContradicted
    ? `command.oldRow says ${configured}, but ${known.evidence}`
    : 'configured (command.oldRow)';
  return { fate, evidence: seen };
}

/** Gates of our own (the limits, the learning of old rows) are not dependencies. */
export function isShown({ kind }: Pick<Dependency, 'kind'>): boolean {
  return kind !== 'limits' && kind !== 'old-row';
}

/** The public form of one dependency. */
export function toDependencyView(
  { dependency, inFlight, waiting }: DependencyFacts,
  now: Time,
  policy: HealthPolicy,
): DependencyView {
  return {
    name: dependency.name,
    kind: dependency.kind,
    state: labelOf(dependency, waiting),
    waiting,
    inFlight,
    lastTestAt: isoOrNull(dependency.testedAt),
    lastGoodAt: isoOrNull(dependency.lastGoodAt),
    nextAt: waiting === 0 ? null : iso(nextLookAt(dependency, now, policy)),
    message: dependency.lastMessage,
  };
}

function nextLookAt(dependency: Dependency, now: Time, policy: HealthPolicy): Time {
  if (dependency.nextCanaryAt !== null && dependency.nextCanaryAt > now) return dependency.nextCanaryAt;
  return dependency.kind === 'step' ? now : Math.max(now, nextTestAt(dependency, now, policy));
}
