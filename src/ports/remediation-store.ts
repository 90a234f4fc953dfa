import type { Time } from '../core/instance.ts';
import type { ListPosition } from '../core/list-position.ts';
import type { Outcome, Phase, Remediation } from '../core/remediation.ts';

/** What `list` can be narrowed to; all conditions hold together. */
export interface RemediationFilter {
  readonly phase?: Phase;
  readonly outcome?: Outcome;
  readonly ca?: string;
  /** Part of a title or an id, in any case. */
  readonly search?: string;
}

/** The records. One document a lineage; every save is one atomic step with all its indexes. */
export interface RemediationStore {
  load(rootInstanceId: string): Promise<Remediation | null>;
  loadMany(rootInstanceIds: readonly string[]): Promise<readonly Remediation[]>;
  /** The root on the list for the GUID of any instance of its lineage, or a ReferenceId. */
  find(id: string): Promise<string | null>;
  /** The roots by instance id, for those ids that belong to a lineage, archived ones included. */
  rootsOf(instanceIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Creates the record. Null: the instance belongs to a lineage already. */
  create(remediation: Remediation): Promise<Remediation | null>;
  /** Creates many in few steps; answers those that it created. */
  createAll(remediations: readonly Remediation[]): Promise<readonly Remediation[]>;
  /** Replaces `before` by `after`. Null: somebody else saved meanwhile; load again and decide again. */
  save(before: Remediation, after: Remediation): Promise<Remediation | null>;
  /** Takes a root that proved to be a successor out of the list; its ids point to the older lineage from now on. */
  merge(younger: Remediation, before: Remediation, after: Remediation): Promise<Remediation | null>;
  /** Makes these due now. */
  wake(rootInstanceIds: readonly string[]): Promise<void>;
  /** Makes this one due after that time; what was decided about it stays. */
  postpone(rootInstanceId: string, delayMs: number): Promise<void>;
  /** Makes due whoever waits for a look begun at or before `lookedAt`. */
  wakeLooking(lookedAt: Time): Promise<void>;
  /** Up to `limit` roots that are due; each is hidden for `leaseMs`, so that a lost wake-up comes again. */
  takeDue(limit: number, leaseMs: number): Promise<readonly string[]>;
  counts(): Promise<{ readonly phases: Record<Phase, number>; readonly outcomes: Record<Outcome, number> }>;
  /** Open ones first, then ended ones, each oldest first. Pass `after` (where the page before ended) to go on. */
  list(filter: RemediationFilter, limit: number, after?: ListPosition): Promise<readonly Remediation[]>;
  /** The oldest first; `before`: only those first seen (ended: ended) earlier than that. */
  rootsIn(phase: Phase, limit: number, before?: Time): Promise<readonly string[]>;
  /** Roots by the alert key they carry. */
  alertGroups(): Promise<ReadonlyMap<string, readonly string[]>>;
}
