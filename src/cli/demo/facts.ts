import type { Config } from '../../config/schema.ts';
import type { Remediation } from '../../core/remediation.ts';
import type { Truth } from '../../simulator/simulator.ts';
import type { ReceivedAlert } from './alert-receiver.ts';
import type { LeakReport } from './leak-watch.ts';

/** Everything the promises are checked against: what really happened, and what is on record about it. */
export interface DemoFacts {
  readonly truth: Truth;
  readonly records: readonly Remediation[];
  /** The instances that had failed when the demonstration began. */
  readonly failedIds: readonly string[];
  /** Logical name of the CA that was dead for a while. */
  readonly outageCa: string;
  /** Definitions that ask for an approval. */
  readonly approvalDefinitions: readonly string[];
  readonly config: Pick<Config, 'restart' | 'health' | 'command'>;
  readonly alerts: readonly ReceivedAlert[];
  /** Roots of which somebody was told that they recovered. */
  readonly recovered: readonly string[];
  readonly leaks: LeakReport;
}

export type TruthRestart = Truth['restarts'][number];
export type TruthInstance = Truth['instances'][number];

/** What the simulator knows, made easy to ask. */
export interface Ground {
  readonly instances: ReadonlyMap<string, TruthInstance>;
  /** The runs of one piece of work, from the given one to the newest. */
  readonly lineageFrom: (rootId: string) => readonly string[];
  readonly rootOf: (id: string) => string;
  /** The restarts that took effect or may have, as they arrived. */
  readonly restarts: readonly (TruthRestart & { readonly atMs: number; readonly ca: string | null })[];
}

export function toGround(truth: Truth): Ground {
  const instances = new Map(truth.instances.map((instance) => [instance.id, instance]));
  const lineageFrom = (rootId: string): readonly string[] => {
    const ids = [rootId];
    for (const id of ids) ids.push(...(instances.get(id)?.successorIds ?? []).filter((next) => !ids.includes(next)));
    return ids;
  };
  const rootOf = (id: string): string => {
    const seen = new Set<string>();
    let root = id;
    for (let older = id; older && !seen.has(older); older = instances.get(older)?.predecessorId ?? '') {
      seen.add(older);
      root = older;
    }
    return root;
  };
  const restarts = truth.restarts
    .map((restart) => ({
      ...restart,
      atMs: Date.parse(restart.at),
      ca: instances.get(restart.instanceId)?.ca ?? null,
    }))
    .sort((a, b) => a.atMs - b.atMs);
  return { instances, lineageFrom, rootOf, restarts };
}

/** `host\logical name`, or the logical name alone. */
export function isCaNamed(name: string | null, logicalName: string): boolean {
  return name === logicalName || name?.endsWith(`\\${logicalName}`) === true;
}

/** The record that an instance belongs to. */
export function recordOf(records: readonly Remediation[], id: string): Remediation | undefined {
  return records.find(({ instanceIds }) => instanceIds.some((known) => known.toLowerCase() === id));
}
