import type { Candidate } from '../core/choose-successor.ts';
import type { Remediation, Search } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';

/** The most rows of one definition that one look takes. */
const ROWS = 400;

/**
 * The rows that may be the successor: same definition and type, first seen after the mark, not of another lineage. A
 * failed row that was admitted as a root and never restarted may still prove to be one.
 */
export async function gatherCandidates(
  remediation: Remediation,
  search: Search,
  parts: RemediationParts,
): Promise<readonly Candidate[]> {
  const rows = await parts.sightings.after(remediation.definitionId, search.mark, ROWS);
  const own = new Set(remediation.instanceIds);
  const same = rows.filter((row) => !own.has(row.id) && !row.isGone && row.workflowType === remediation.workflowType);
  const roots = await parts.store.rootsOf(same.map(({ id }) => id));
  const records = await parts.store.loadMany([...new Set(roots.values())]);
  const free = new Set(records.filter(isUntouched).map(({ rootInstanceId }) => rootInstanceId));
  return same.filter((row) => !roots.has(row.id) || free.has(row.id)).map(toCandidate);
}

/** Never restarted, by nobody: it may be somebody's successor. */
function isUntouched(record: Remediation): boolean {
  return record.lineage.length === 0 && record.attemptsMade === 0 && record.phase !== 'restarting';
}

function toCandidate(row: Sighting): Candidate {
  const { id, status, title, startDate, referenceId, firstSeen, firstSeenAt } = row;
  return { id, status, title, startDate, referenceId, firstSeen, firstSeenAt, input: row.print };
}
