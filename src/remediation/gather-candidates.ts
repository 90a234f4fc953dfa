import type { Candidate } from '../core/choose-successor.ts';
import type { Remediation, Search } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';

/** The most rows of one definition, and of one title or request key, that one look takes. */
const ROWS_OF_DEFINITION = 400;
const ROWS_ALIKE = 50;

/**
 * The rows that may be the successor: same definition and type, first seen after the mark, not of another lineage.
 * `alike`: those of equal Title or request key; `all`: those of every Title, for servers that render it anew.
 */
export async function gatherCandidates(
  remediation: Remediation,
  search: Search,
  reach: 'alike' | 'all',
  parts: RemediationParts,
): Promise<readonly Candidate[]> {
  const rows = reach === 'all' ? await ofDefinition(remediation, search, parts) : await alike(remediation, parts);
  const own = new Set(remediation.instanceIds);
  const possible = rows.filter(
    (row) =>
      row.firstSeen > search.mark &&
      row.definitionId === remediation.definitionId &&
      row.workflowType === remediation.workflowType &&
      !own.has(row.id) &&
      // One that was read and is gone since is still a run that may be it.
      (!row.isGone || row.print !== null),
  );
  return (await withoutTaken(possible, parts)).map(toCandidate);
}

async function ofDefinition(
  { definitionId }: Remediation,
  { mark }: Search,
  parts: RemediationParts,
): Promise<readonly Sighting[]> {
  return parts.sightings.after(definitionId, mark, ROWS_OF_DEFINITION);
}

async function alike(
  { definitionId, title, input }: Remediation,
  parts: RemediationParts,
): Promise<readonly Sighting[]> {
  const [titled, wished] = await Promise.all([
    parts.sightings.withTitle(definitionId, title, ROWS_ALIKE),
    input === null ? [] : parts.sightings.withRequestKey(input.requestKey, ROWS_ALIKE),
  ]);
  return [...new Map([...titled, ...wished].map((row) => [row.id, row])).values()];
}

/** Leaves out rows of other lineages; a failed row that was admitted as a root and never restarted may still be one. */
async function withoutTaken(rows: readonly Sighting[], parts: RemediationParts): Promise<readonly Sighting[]> {
  if (rows.length === 0) return [];
  const roots = await parts.store.rootsOf(rows.map(({ id }) => id));
  if (roots.size === 0) return rows;
  const records = await parts.store.loadMany([...new Set(roots.values())]);
  const free = new Set(records.filter(isUntouched).map(({ rootInstanceId }) => rootInstanceId));
  return rows.filter((row) => !roots.has(row.id) || free.has(row.id));
}

/** Never restarted, by nobody: it may be somebody's successor. */
export function isUntouched(record: Remediation): boolean {
  return record.lineage.length === 0 && record.attemptsMade === 0 && record.phase !== 'restarting';
}

function toCandidate(row: Sighting): Candidate {
  const { id, status, title, startDate, referenceId, firstSeen, firstSeenAt } = row;
  return { id, status, title, startDate, referenceId, firstSeen, firstSeenAt, input: row.print };
}
