import type { Action } from '../core/action.ts';
import type { Manner } from '../core/command-gate.ts';
import type { DependencyLabel } from '../core/dependency.ts';
import type { Confidence } from '../core/lineage.ts';
import type { Outcome, Phase } from '../core/remediation.ts';

/** Everything the daemon tells about itself. Logger, metrics and the demo's display are subscribers. */
export interface EventMap {
  'daemon.started': { readonly mode: string };
  'daemon.waiting': { readonly what: 'redis' | 'command'; readonly why: string };
  'daemon.back': { readonly what: 'redis' | 'command' };
  'daemon.unfit': { readonly why: string; readonly fix: string };
  'observe.would-restart': { readonly count: number };
  /** What a crash or failover of Redis could lose. */
  'store.at-risk': { readonly risk: string; readonly evidence: string | null; readonly fix: string | null };
  /** What stops all restarts: a pause, the brake; both null: they go on. `by`: who paused, or who resumed. */
  'stops.changed': {
    readonly paused: string | null;
    readonly until: number | null;
    readonly brake: string | null;
    readonly by: string | null;
  };
  'store.lost': { readonly why: string };
  'sweep.ended': {
    readonly rows: number;
    readonly changed: number;
    readonly admitted: number;
    readonly calls: number;
    readonly ms: number;
  };
  'sweep.failed': { readonly error: Error };
  'scan.ended': { readonly rows: number; readonly admitted: number; readonly calls: number; readonly ms: number };
  /** Ended ones that left the list, and archived ones that are forgotten for good. */
  'retention.applied': { readonly archived: number; readonly forgotten: number };
  /** A full scan found a change that the sweeps had read past. */
  'feed.distrusted': { readonly instanceId: string; readonly lastModified: number | null };
  'remediation.admitted': {
    readonly root: string;
    readonly title: string | null;
    readonly phase: Phase;
    readonly reason: string;
  };
  'remediation.decided': { readonly root: string; readonly action: Action['type']; readonly reason: string };
  'remediation.ended': {
    readonly root: string;
    readonly title: string | null;
    readonly outcome: Outcome;
    readonly reason: string;
    readonly newInstanceId: string | null;
    readonly ms: number;
  };
  'remediation.held': { readonly root: string; readonly title: string | null; readonly reason: string };
  'restart.sending': { readonly root: string; readonly instanceId: string; readonly attempt: number };
  'restart.answered': {
    readonly root: string;
    readonly instanceId: string;
    readonly result: string;
    readonly why: string;
    readonly ms: number;
  };
  'door.shut': { readonly root: string; readonly because: string; readonly waitMs: number };
  'successor.linked': {
    readonly root: string;
    readonly oldInstanceId: string;
    readonly newInstanceId: string;
    readonly confidence: Confidence;
    readonly evidence: readonly string[];
  };
  'successor.keys-differ': { readonly definitionId: string; readonly keys: readonly string[]; readonly advice: string };
  'dependency.changed': { readonly dependency: string; readonly label: DependencyLabel; readonly message: string };
  'old-row.learned': { readonly fate: string; readonly evidence: string };
  'command.requested': {
    readonly route: string;
    readonly result: string;
    readonly ms: number;
    readonly manner: Manner | null;
  };
  /** Command's own gate. */
  'command.gate': { readonly isShut: boolean; readonly why: string };
  'alert.raised': { readonly key: string; readonly summary: string; readonly count: number };
  'alert.resolved': { readonly key: string };
  'alert.delivered': { readonly channel: string; readonly key: string; readonly result: 'ok' | 'failed' };
  'step.failed': { readonly root: string; readonly error: Error };
}

export type EventName = keyof EventMap;
export type Emit = <N extends EventName>(name: N, event: EventMap[N]) => void;
export type Listener = <N extends EventName>(name: N, event: EventMap[N]) => void;

/** Passes each event to every subscriber, in order; a subscriber that throws is a bug and stops nobody else. */
export function createEvents(): { readonly emit: Emit; readonly subscribe: (listener: Listener) => () => void } {
  const listeners = new Set<Listener>();
  return {
    emit: (name, event) => {
      for (const listener of listeners) {
        try {
          listener(name, event);
        } catch (error) {
          process.emitWarning(error instanceof Error ? error : String(error));
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
