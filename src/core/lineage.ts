import type { Time } from './instance.ts';

export const CONFIDENCES = ['exact', 'unique', 'ambiguous', 'none'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

export type Origin = 'remediator' | 'external' | 'move';

/** The successor's last known status, as a lineage record tells it. */
export type NewStatus = 'Complete' | 'Failed' | 'Suspended' | 'Running' | 'Rejected' | 'CanceledForRestart' | 'Deleted';

/** One restart: which instance became which, on what evidence (DESIGN.md 6). */
export interface LineageRecord {
  readonly oldInstanceId: string;
  readonly newInstanceId: string | null;
  readonly rootInstanceId: string;
  readonly oldReferenceId: number | null;
  readonly newReferenceId: number | null;
  readonly attempt: number;
  readonly origin: Origin;
  readonly confidence: Confidence;
  readonly candidates: readonly string[];
  readonly evidence: readonly string[];
  readonly definitionId: string;
  readonly definitionName: string | null;
  readonly title: string | null;
  readonly restartedAt: Time;
  readonly resolvedAt: Time | null;
  readonly newStatus: NewStatus | null;
}

/** Evidence of a restart that a person sent again: the next one of that instance has a record of its own. */
const SENT_AGAIN = 'sentAgain';

/** The record of the latest restart of that instance; undefined: none, or it was sent again and the next one has none yet. */
export function recordOf(lineage: readonly LineageRecord[], oldInstanceId: string): LineageRecord | undefined {
  return lineage.findLast((known) => known.oldInstanceId === oldInstanceId && !known.evidence.includes(SENT_AGAIN));
}

/** The record of the restart that led to that run; undefined: none is known. A run is the new one of one restart only. */
export function recordLeadingTo(lineage: readonly LineageRecord[], newInstanceId: string): LineageRecord | undefined {
  return lineage.findLast((known) => known.newInstanceId === newInstanceId);
}

/** Replaces the record of the latest restart of that predecessor, or appends it. */
export function withRecord(lineage: readonly LineageRecord[], record: LineageRecord): readonly LineageRecord[] {
  const known = recordOf(lineage, record.oldInstanceId);
  return known === undefined ? [...lineage, record] : lineage.with(lineage.indexOf(known), record);
}

/** A person sends the instance again: what is on record of the restart before stays as it is. */
export function withSentAgain(
  lineage: readonly LineageRecord[],
  oldInstanceId: string,
  at: Time,
): readonly LineageRecord[] {
  const known = recordOf(lineage, oldInstanceId);
  if (known === undefined) return lineage;
  const { evidence, resolvedAt } = known;
  return withRecord(lineage, { ...known, evidence: [...evidence, SENT_AGAIN], resolvedAt: resolvedAt ?? at });
}
