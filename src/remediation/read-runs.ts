import type { UnreadRun } from '../core/waiting-facts.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';
import type { Read } from './read-current.ts';

export interface ReadRuns {
  /** The rows as they are known after the reads. */
  readonly runs: readonly Sighting[];
  /** One whose input is still not known, since it could not be read or there were too many; null: none. */
  readonly unread: UnreadRun | null;
}

/** A Command that fails so many reads of one look is not asked for the rest of them. */
const FAILURES = 2;

/** Reads those of the rows whose input nobody knows, `limit` of them at most; what is gone tells nothing any more. */
export async function readRuns(rows: readonly Sighting[], limit: number, parts: RemediationParts): Promise<ReadRuns> {
  const wanted = rows.filter(({ print, isGone }) => print === null && !isGone);
  const unread: UnreadRun[] = [];
  for (const { id } of wanted.slice(0, limit)) {
    const one = unreadOf(id, await readInstance(id, parts));
    if (one !== null) unread.push(one);
    if (unread.filter(({ isForbidden }) => !isForbidden).length >= FAILURES) break;
  }
  const next = wanted[limit];
  if (next !== undefined) unread.push({ instanceId: next.id, why: null, isForbidden: false, retryAfterMs: null });
  const known = await parts.sightings.get(rows.map(({ id }) => id));
  return { runs: [...known.values()], unread: toldFirst(unread) };
}

/** Reads those of these rows that nobody has read meanwhile; null: something is known now that was not, else one that could not be read. */
export async function readUnread(ids: readonly string[], parts: RemediationParts): Promise<UnreadRun | null> {
  const unread: UnreadRun[] = [];
  for (const id of ids) {
    // Several searches of one definition want the same rows: what another one has read meanwhile is not read again.
    const known = (await parts.sightings.get([id])).get(id);
    const isKnown = known === undefined || known.print !== null;
    const one = isKnown ? null : unreadOf(id, await readInstance(id, parts));
    if (one !== null) unread.push(one);
  }
  return unread.length < ids.length ? null : toldFirst(unread);
}

/** What may be read later is told first: only then is what nobody may read the last that is left. */
function toldFirst(unread: readonly UnreadRun[]): UnreadRun | null {
  return unread.find(({ why, isForbidden }) => why !== null && !isForbidden) ?? unread[0] ?? null;
}

/** Why the read has told nothing of that run; null: it has. */
function unreadOf(instanceId: string, read: Read): UnreadRun | null {
  switch (read.type) {
    case 'read':
    case 'gone':
      return null;
    case 'not-readable':
      return { instanceId, why: read.why, isForbidden: true, retryAfterMs: null };
    case 'failed':
      return { instanceId, why: read.why, isForbidden: false, retryAfterMs: read.retryAfterMs };
  }
}
