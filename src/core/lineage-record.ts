import type { Time } from './instance.ts';
import { recordOf } from './lineage.ts';
import type { LineageRecord, NewStatus } from './lineage.ts';
import type { Remediation } from './remediation.ts';
import type { Sighting } from './sighting.ts';

/** The successor as it was found. */
export interface FoundSuccessor {
  readonly newInstanceId: string;
  readonly confidence: LineageRecord['confidence'];
  readonly evidence: readonly string[];
  readonly row: Sighting | null;
}

/** The record of a restart of the current instance, its successor still unknown. */
export function newRecord(remediation: Remediation, restartedAt: Time): LineageRecord {
  return {
    oldInstanceId: remediation.currentInstanceId,
    newInstanceId: null,
    rootInstanceId: remediation.rootInstanceId,
    oldReferenceId: remediation.currentReferenceId,
    newReferenceId: null,
    attempt: remediation.attemptsMade + 1,
    origin: 'external',
    confidence: 'none',
    candidates: [],
    evidence: [],
    definitionId: remediation.definitionId,
    definitionName: remediation.definitionName,
    title: remediation.title,
    restartedAt,
    resolvedAt: null,
    newStatus: null,
  };
}

/** The record of the current instance's restart with its successor. */
export function recordWithSuccessor(
  remediation: Remediation,
  found: FoundSuccessor,
  attempt: number,
  now: Time,
): LineageRecord {
  const { search, lineage, currentInstanceId } = remediation;
  const known = recordOf(lineage, currentInstanceId);
  return {
    ...(known ?? newRecord(remediation, search?.endedAt ?? now)),
    newInstanceId: found.newInstanceId,
    newReferenceId: found.row?.referenceId ?? null,
    attempt,
    origin: search?.origin ?? 'external',
    confidence: found.confidence,
    candidates: [found.newInstanceId],
    evidence: found.evidence,
    resolvedAt: now,
    newStatus: toNewStatus(found.row),
  };
}

/** A row's status in a lineage record's words; null: not seen, or unknown. */
export function toNewStatus(row: Sighting | null): NewStatus | null {
  if (row === null) return null;
  if (row.isGone) return 'Deleted';
  return row.status === 'Unknown' ? null : row.status;
}
