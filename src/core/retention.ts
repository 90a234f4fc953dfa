import type { Time } from './instance.ts';
import { withEntry } from './remediation.ts';
import type { Remediation } from './remediation.ts';
import type { Sighting } from './sighting.ts';

/** The ledger's name for how much this store may have forgotten. */
export const FORGOTTEN = 'forgotten';

/** What was forgotten had ended before. */
export interface Forgotten {
  readonly endedBefore: Time;
}

/**
 * True where an ended remediation may leave the list for the archive: its end is older than `retention.ended`, and nothing
 * is due any more.
 *
 * Nothing that protects a row is lost by it. The archive keeps the record without its timeline, whom each id belongs to,
 * and the journal's word on every id that was sent (P1), until `retention.audit`. Its attempts are not forgotten while
 * Command can list one of its rows (P5): the store archives it only once the feed's memory holds none of them, that is
 * when each has been out of the look-back for a week. Whatever lists one again later, a change in Command or a longer
 * look-back, brings the whole record back as it ended, before anything is decided about the row; so does a person's decision.
 */
export function isOutlived(
  { phase, endedAt, nextAt }: Pick<Remediation, 'phase' | 'endedAt' | 'nextAt'>,
  endedBefore: Time,
): boolean {
  return phase === 'ended' && endedAt !== null && endedAt < endedBefore && nextAt === null;
}

/** An ended remediation as the archive keeps it: without what is read anew, should Command ever list it again. */
export function toArchived(ended: Remediation): Remediation {
  // One that people were told of is followed where it left off: by its input a new run is known.
  const input = ended.alertKey === null ? null : ended.input;
  return { ...ended, input, backoff: null, timeline: [] };
}

/** An archived remediation as it comes back to the list. */
export function fromArchive(archived: Remediation, now: Time): Remediation {
  const back = { ...archived, version: archived.version + 1 };
  return withEntry(back, now, 'back on the list; the timeline before this was removed (retention.ended)');
}

/** How far the clocks of store and server, and the zones of dates, may be apart. */
const DATE_DOUBT_MS = 24 * 3_600_000;

/**
 * True where a row that no lineage has may be one that was forgotten, and its restart with it: its run began before the
 * last of those had ended. Such a failure is history, which a person decides about.
 */
export function mayBeForgotten(
  { startDate, lastModified }: Pick<Sighting, 'startDate' | 'lastModified'>,
  forgotten: Forgotten | null,
): boolean {
  if (forgotten === null) return false;
  const begunAt = Math.min(startDate ?? Infinity, lastModified ?? Infinity);
  return begunAt < forgotten.endedBefore + DATE_DOUBT_MS;
}
