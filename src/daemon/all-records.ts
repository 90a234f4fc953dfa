import { positionOf } from '../core/list-position.ts';
import type { RecordPosition } from '../core/list-position.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Archive } from '../ports/archive.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';

/** A record and where it stands, to go on after it. */
export interface KeptRecord {
  readonly remediation: Remediation;
  readonly position: RecordPosition;
}

interface RecordParts {
  readonly store: Pick<RemediationStore, 'list'>;
  readonly archive: Pick<Archive, 'list'>;
}

/** A page of every record there is: the list first, behind it the archive. One that moves meanwhile may come twice. */
export async function allRecords(
  limit: number,
  after: RecordPosition | undefined,
  { store, archive }: RecordParts,
): Promise<readonly KeptRecord[]> {
  const { phase } = after ?? {};
  if (phase === 'archived') return (await archive.list(limit, after)).map(toArchived);
  const start = after === undefined || phase === undefined ? undefined : { ...after, phase };
  const listed = (await store.list({}, limit, start)).map(toListed);
  if (listed.length >= limit) return listed;
  return [...listed, ...(await archive.list(limit - listed.length)).map(toArchived)];
}

function toListed(remediation: Remediation): KeptRecord {
  return { remediation, position: positionOf(remediation) };
}

function toArchived(remediation: Remediation): KeptRecord {
  return { remediation, position: { ...positionOf(remediation), phase: 'archived' } };
}
