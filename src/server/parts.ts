import type { Decision } from '../core/decision.ts';
import type { ExplainView } from '../core/explain-view.ts';
import type { Time } from '../core/instance.ts';
import type { ListPosition, RecordPosition } from '../core/list-position.ts';
import type { DependencyView, StatusView } from '../core/status-view.ts';
import type { LineageView, RemediationView } from '../core/views.ts';
import type { Pause } from '../ports/ledger.ts';
import type { RemediationFilter } from '../ports/remediation-store.ts';

/** One row of a list and where it stands, to go on after it. */
export interface Listed<View, Position = ListPosition> {
  readonly view: View;
  readonly position: Position;
}

/** What CLI and HTTP show. Reads only: it works while the daemon is down, and changes nothing. */
export interface Reader {
  status(): Promise<StatusView>;
  dependencies(): Promise<readonly DependencyView[]>;
  /** Null: no lineage has this id. */
  explain(id: string): Promise<ExplainView | null>;
  list(filter: RemediationFilter, limit: number, after?: ListPosition): Promise<readonly Listed<RemediationView>[]>;
  /** The records of the lineages of one page, archived ones last, restarted at `since` or later. */
  lineage(
    since: Time | null,
    limit: number,
    after?: RecordPosition,
  ): Promise<readonly Listed<readonly LineageView[], RecordPosition>[]>;
}

/** What became of a decision. */
export type DecisionAnswer =
  { readonly type: 'done' } | { readonly type: 'refused'; readonly why: string } | { readonly type: 'unknown' };

/** What must be there for this replica to work, each with what is wrong; null: well. */
export interface Readiness {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, string | null>>;
}

/** What the HTTP server works with. */
export interface ServerParts {
  readonly reader: Reader;
  readonly decide: (id: string, wish: Omit<Decision, 'at'>) => Promise<DecisionAnswer>;
  /** Answers the pause that stands now: one that lasts longer stays. */
  readonly pause: (pause: Pause) => Promise<Pause>;
  readonly resume: (by: string) => Promise<void>;
  readonly requestSweep: () => Promise<void>;
  readonly ready: () => Promise<Readiness>;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** The store's time. */
  readonly now: () => Time;
  /** Of the product. */
  readonly version: string;
}

export interface ServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly readToken?: string | undefined;
  readonly adminToken?: string | undefined;
}
