import type { Ladder } from './backoff.ts';
import type { Rule } from './rules.ts';
import type { Window } from './window.ts';

/** The operator's numbers, as the configuration holds them (DESIGN.md 7). Durations are ms. */
export interface Policy {
  readonly mode: 'observe' | 'active';
  readonly scope: { readonly definitions: readonly string[]; readonly types: readonly string[] };
  readonly poll: {
    readonly interval: number;
    readonly lookback: number;
    readonly fullScan: number;
    readonly settle: number;
    readonly backlog: { readonly maxAge: number; readonly maxCount: number };
  };
  readonly restart: {
    readonly timeout: number;
    readonly maxAttempts: number;
    readonly deadline: number;
    readonly version: 'latest' | 'same' | 'hold' | number;
    readonly approvals: 'once' | 'never' | 'always';
    readonly maybeIssued: 'hold' | 'restart';
    readonly concurrency: number;
    readonly perMinute: number;
    readonly perCaPerMinute: number;
  };
  readonly backoff: { readonly unreachable: Ladder; readonly failed: Ladder };
  readonly resolve: { readonly settle: number; readonly window: number; readonly ignoreKeys: readonly string[] };
  readonly health: {
    readonly interval: number;
    readonly timeout: number;
    readonly healthyAfter: number;
    readonly unhealthyAfter: number;
    readonly canaryWindow: number;
    readonly rampFactor: number;
    /** Names of the endpoints that rules may depend on. */
    readonly endpoints: readonly string[];
  };
  readonly verify: { readonly timeout: number };
  readonly rules: readonly Rule[];
  /** Times when nothing is restarted. */
  readonly maintenance: readonly Window[];
  /** How long after their end remediations stay on the list, and their lineage and sent ids on record. */
  readonly retention: { readonly ended: number; readonly audit: number };
  readonly oldRow: 'auto' | 'leaves' | 'stays' | 'unknown';
}

/** What is known about the fate of a Failed row once it was restarted (DESIGN.md 5). */
export type OldRowFate = 'leaves' | 'stays' | 'unknown';
