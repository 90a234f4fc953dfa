import type { ActionRecord, CaRecord, DeletedRecord, RestartRecord } from '../world/truth.ts';
import type { Instance, World } from '../world/types.ts';

export interface TruthInstance {
  readonly id: string;
  readonly referenceId: number;
  readonly status: string;
  readonly title: string;
  readonly definition: string;
  readonly version: number;
  readonly wish: string;
  readonly ca: string | null;
  readonly origin: string;
  readonly predecessorId: string | null;
  readonly successorIds: readonly string[];
}

export interface TruthRestart extends Omit<RestartRecord, 'at' | 'endedAt'> {
  readonly at: string;
  readonly endedAt: string | null;
}

/** What really happened. Times are UTC. */
export interface Truth {
  readonly startedAt: string;
  readonly now: string;
  readonly instances: readonly TruthInstance[];
  readonly deleted: readonly DeletedRecord[];
  readonly restarts: readonly TruthRestart[];
  readonly actions: readonly (Omit<ActionRecord, 'at'> & { readonly at: string })[];
  readonly certificates: {
    readonly total: number;
    readonly byCa: Record<string, number>;
    readonly byWish: Record<string, number>;
  };
  readonly revocations: {
    readonly total: number;
    readonly byCa: Record<string, number>;
    readonly byWish: Record<string, number>;
  };
  readonly caHistory: readonly (Omit<CaRecord, 'at'> & { readonly at: string })[];
  readonly cas: Record<string, string>;
  readonly requests: Record<string, number>;
  readonly answers: Record<string, number>;
}

export function toTruth(world: World): Truth {
  const { truth } = world;
  return {
    startedAt: iso(world.startedAt),
    now: iso(world.clock.now()),
    instances: [...world.instances.all()].map(toTruthInstance),
    deleted: truth.deleted,
    restarts: truth.restarts.map((entry) => ({
      ...entry,
      at: iso(entry.at),
      endedAt: entry.endedAt === null ? null : iso(entry.endedAt),
    })),
    actions: truth.actions.map((entry) => ({ ...entry, at: iso(entry.at) })),
    certificates: tally(truth.certificates),
    revocations: tally(truth.revocations),
    caHistory: truth.caHistory.map((entry) => ({ ...entry, at: iso(entry.at) })),
    cas: Object.fromEntries(world.cas.map((ca) => [ca.label, ca.mode])),
    requests: Object.fromEntries(truth.requests),
    answers: Object.fromEntries(truth.answers),
  };
}

function toTruthInstance(instance: Instance): TruthInstance {
  const { id, referenceId, title, wish, ca, origin, predecessorId, successorIds, state } = instance;
  const { definition, version } = state.version;
  return {
    id,
    referenceId,
    status: state.status,
    title,
    definition: definition.displayName,
    version,
    wish,
    ca,
    origin,
    predecessorId,
    successorIds,
  };
}

function tally(entries: readonly { readonly ca: string; readonly wish: string }[]) {
  return {
    total: entries.length,
    byCa: countBy(entries.map(({ ca }) => ca)),
    byWish: countBy(entries.map(({ wish }) => wish)),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** The ground truth in a few numbers, and what must never be. */
export interface TruthSummary {
  readonly instances: Record<string, number>;
  readonly restarts: { readonly received: number; readonly tookEffect: number };
  /** Instances whose Restart took effect more than once. */
  readonly restartedTwice: readonly string[];
  /** Wishes with more than one certificate. */
  readonly issuedTwice: readonly string[];
  readonly certificates: Record<string, number>;
  readonly cas: Record<string, string>;
  readonly requests: Record<string, number>;
}

export function toSummary(world: World): TruthSummary {
  const { truth } = world;
  const effective = truth.restarts.filter(({ tookEffect }) => tookEffect);
  const certificates = tally(truth.certificates);
  return {
    instances: countBy([...world.instances.all()].map(({ state }) => state.status)),
    restarts: { received: truth.restarts.length, tookEffect: effective.length },
    restartedTwice: moreThanOnce(countBy(effective.map(({ instanceId }) => instanceId))),
    issuedTwice: moreThanOnce(certificates.byWish),
    certificates: certificates.byCa,
    cas: Object.fromEntries(world.cas.map((ca) => [ca.label, ca.mode])),
    requests: Object.fromEntries(truth.requests),
  };
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function moreThanOnce(counts: Record<string, number>): string[] {
  return Object.keys(counts).filter((key) => (counts[key] ?? 0) > 1);
}
