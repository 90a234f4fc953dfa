import type { UnreadRun } from '../core/waiting-facts.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';

export interface ReadRuns {
  /** The rows as they are known after the reads. */
  readonly runs: readonly Sighting[];
  /** One whose input is still not known, since it could not be read or there were too many; null: none. */
  readonly unread: UnreadRun | null;
}

/** Reads those of the rows whose input nobody knows, `limit` of them at most; what is gone tells nothing any more. */
export async function readRuns(rows: readonly Sighting[], limit: number, parts: RemediationParts): Promise<ReadRuns> {
  let unread: UnreadRun | null = null;
  const wanted = rows.filter(({ print, isGone }) => print === null && !isGone);
  for (const { id } of wanted.slice(0, limit)) {
    const read = await readInstance(id, parts);
    if (read.type === 'failed') unread ??= { instanceId: id, why: read.why, isForbidden: false };
    if (read.type === 'not-readable') unread ??= { instanceId: id, why: read.why, isForbidden: true };
  }
  const next = wanted[limit];
  if (next !== undefined) unread ??= { instanceId: next.id, why: null, isForbidden: false };
  const known = await parts.sightings.get(rows.map(({ id }) => id));
  return { runs: [...known.values()], unread };
}
