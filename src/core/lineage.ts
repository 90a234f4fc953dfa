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

/** Replaces the record of that predecessor, or appends it. */
export function withRecord(lineage: readonly LineageRecord[], record: LineageRecord): readonly LineageRecord[] {
  const index = lineage.findIndex((known) => known.oldInstanceId === record.oldInstanceId);
  return index < 0 ? [...lineage, record] : lineage.toSpliced(index, 1, record);
}
