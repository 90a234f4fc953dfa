import type { Candidate } from '../core/choose-successor.ts';
import { isLongBefore, mayBeNewRun } from '../core/new-run.ts';
import type { Input, Remediation, Search } from '../core/remediation.ts';
import { isOutside } from '../core/restart-span.ts';
import type { RestartSpan } from '../core/restart-span.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';

/** The most rows of one definition, and of one title or request key, that one look takes. */
const ROWS_OF_DEFINITION = 400;
const ROWS_ALIKE = 50;

/** Whose new run is looked for, and what was read of it. */
type Asked = Omit<Remediation, 'input'> & { readonly input: Pick<Input, 'requestKey' | 'fingerprint'> | null };

type CandidateParts = Pick<RemediationParts, 'sightings' | 'store' | 'journal' | 'now' | 'policy'>;

/**
 * The rows that may be the successor: same definition and type, first seen after the mark. Of rows of other lineages only
 * the roots, which cannot be linked: one may be the new run that was worked before this one was missed.
 * `alike`: those of equal Title or request key; `all`: those of every Title, for servers that render it anew. Who began
 * outside of the span in which the old row shows that it was restarted is none of them.
 */
export async function gatherCandidates(
  remediation: Asked,
  search: Search,
  { reach, span }: { readonly reach: 'alike' | 'all'; readonly span: RestartSpan | null },
  parts: CandidateParts,
): Promise<readonly Candidate[]> {
  const likely = await alike(remediation, parts);
  // Of all titles only the newest are looked at: the likely ones are among them however many were listed since.
  const others = reach === 'all' ? await ofDefinition(remediation, search, parts) : [];
  const rows = [...new Map([...likely, ...others].map((row) => [row.id, row])).values()];
  const own = new Set(remediation.instanceIds);
  const possible = rows.filter(
    (row) =>
      row.firstSeen > search.mark &&
      row.definitionId === remediation.definitionId &&
      row.workflowType === remediation.workflowType &&
      !own.has(row.id) &&
      row.firstSeenAt > (search.stoodAt ?? 0) &&
      !isLongBefore(row, search.notBefore) &&
      !isOutside(row, search, span),
  );
  const { free, roots } = await partTaken(possible, parts);
  const isExternal = search.origin === 'external';
  const wanted = isExternal ? await wantedOf(free, search, parts) : new Map<string, Wanted>();
  const ours = isExternal ? unlikeOthers(free, rows, remediation).filter(({ id }) => !wanted.get(id)?.isHeld) : free;
  return [
    ...ours.map((row) => ({ ...toCandidate(row), wantedBy: wanted.get(row.id)?.by ?? null })),
    ...roots.map((row) => ({ ...toCandidate(row), canLink: false })),
  ];
}

/** Leaves out rows that equal an earlier run of another lineage, and this one only by the wish: they are that one's. */
function unlikeOthers(
  rows: readonly Sighting[],
  known: readonly Sighting[],
  { input, instanceIds }: Asked,
): readonly Sighting[] {
  const isEqual = (a: Sighting, b: Sighting): boolean =>
    a.print !== null && a.print.fingerprint === b.print?.fingerprint;
  const isOfOther = (row: Sighting): boolean =>
    known.some((one) => one.firstSeen < row.firstSeen && isEqual(one, row) && !instanceIds.includes(one.id));
  return rows.filter((row) => row.print?.fingerprint === input?.fingerprint || !isOfOther(row));
}

async function ofDefinition(
  { definitionId }: Asked,
  { mark }: Search,
  parts: Pick<RemediationParts, 'sightings' | 'store'>,
): Promise<readonly Sighting[]> {
  return parts.sightings.after(definitionId, mark, ROWS_OF_DEFINITION);
}

async function alike(
  { definitionId, title, input }: Asked,
  parts: Pick<RemediationParts, 'sightings' | 'store'>,
): Promise<readonly Sighting[]> {
  const [titled, wished] = await Promise.all([
    parts.sightings.withTitle(definitionId, title, ROWS_ALIKE),
    input === null ? [] : parts.sightings.withRequestKey(input.requestKey, ROWS_ALIKE),
  ]);
  return [...new Map([...titled, ...wished].map((row) => [row.id, row])).values()];
}

/** Leaves out rows of other lineages; a failed row that was admitted as a root and never restarted may still be one. */
async function partTaken(
  rows: readonly Sighting[],
  parts: Pick<RemediationParts, 'store'>,
): Promise<{ readonly free: readonly Sighting[]; readonly roots: readonly Sighting[] }> {
  if (rows.length === 0) return { free: [], roots: [] };
  const rootOf = await parts.store.rootsOf(rows.map(({ id }) => id));
  if (rootOf.size === 0) return { free: rows, roots: [] };
  const records = await parts.store.loadMany([...new Set(rootOf.values())]);
  const untouched = new Set(records.filter(isUntouched).map(({ rootInstanceId }) => rootInstanceId));
  return {
    free: rows.filter(({ id }) => !rootOf.has(id) || untouched.has(id)),
    roots: rows.filter(({ id }) => rootOf.get(id) === id && !untouched.has(id)),
  };
}

interface Wanted {
  readonly by: string;
  /** Its search goes on no more before a person decides. */
  readonly isHeld: boolean;
}

/**
 * The rows that may be the new run of a restart of ours, by the instance it was made of: a search for what others did does
 * not take them away, and waits for that one's search, unless a person has to end it. Before it is read a row may be any's:
 * then it is read, and not passed over until the search is over.
 */
async function wantedOf(
  rows: readonly Sighting[],
  { predecessorId }: Search,
  parts: CandidateParts,
): Promise<ReadonlyMap<string, Wanted>> {
  if (rows.length === 0) return new Map();
  const unsettled = (await parts.journal.unsettled()).filter(({ instanceId }) => instanceId !== predecessorId);
  const now = parts.now();
  const wanted = new Map<string, Wanted>();
  for (const row of rows.filter(({ print }) => print !== null)) {
    const intent = unsettled.find((open) => mayBeNewRun(row, open, now, parts.policy));
    if (intent === undefined) continue;
    const phase = (await parts.store.load(intent.rootInstanceId))?.phase;
    wanted.set(row.id, { by: intent.instanceId, isHeld: phase !== 'restarting' && phase !== 'resolving' });
  }
  return wanted;
}

/** Never restarted under the eyes of this store: it may be somebody's successor, whatever earlier runs were counted. */
export function isUntouched(record: Remediation): boolean {
  return record.lineage.length === 0 && record.phase !== 'restarting';
}

function toCandidate(row: Sighting): Candidate {
  const { id, status, title, startDate, referenceId, firstSeen, firstSeenAt, print, isGone } = row;
  // One that was read and is gone since is still a run that may be it.
  const canLink = !isGone || print !== null;
  return { id, status, title, startDate, referenceId, firstSeen, firstSeenAt, input: print, canLink };
}
