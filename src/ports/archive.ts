import type { Time } from '../core/instance.ts';
import type { RecordPosition } from '../core/list-position.ts';
import type { Remediation } from '../core/remediation.ts';

/** Ended remediations that have left the list and are kept without their timelines, for the sake of their lineage. */
export interface Archive {
  /**
   * Takes an ended one out of the list, in one atomic step. False: it has changed meanwhile, a restart in it is not
   * settled, or one of its rows is in the feed's memory.
   */
  add(ended: Remediation): Promise<boolean>;
  /** The archived one that has an instance with this id, in any case, or this ReferenceId; null: none has. */
  find(id: string): Promise<Remediation | null>;
  /** Puts those of these lineages that are archived back on the list, due at once. */
  bringBack(rootInstanceIds: readonly string[]): Promise<void>;
  /** The one that ended first comes first. Pass `after` (where the page before ended) to go on. */
  list(limit: number, after?: Pick<RecordPosition, 'at' | 'root'>): Promise<readonly Remediation[]>;
  /** The first of them that ended earlier than that. */
  endedBefore(time: Time, limit: number): Promise<readonly Remediation[]>;
  /** Forgets one with everything that is known of its ids. False: it came back, or one of its rows is in the feed's memory. */
  forget(archived: Remediation): Promise<boolean>;
}
