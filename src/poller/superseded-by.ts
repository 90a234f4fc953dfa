import { isAnswered } from '../core/later.ts';
import type { SightingChange } from '../ports/sightings.ts';
import type { PollerParts } from './parts.ts';

/** The most rows of one Title that are looked at. */
const ROWS = 50;

/**
 * The lineages of failed rows that bear the Title of a run that has just ended Complete or Rejected: it may be a later run
 * of their request. Held ones wait for nothing else, so nobody but this wakes them (DESIGN.md 4.3).
 */
export async function supersededBy(
  changes: readonly SightingChange[],
  { sightings, store }: Pick<PollerParts, 'sightings' | 'store'>,
): Promise<readonly string[]> {
  const ended = changes.map(({ sighting }) => sighting).filter(({ status }) => isAnswered(status));
  const titles = new Map(ended.map((row) => [`${row.definitionId}\n${row.title ?? ''}`, row]));
  const rows = await Promise.all(
    [...titles.values()].map(async ({ definitionId, title }) => sightings.withTitle(definitionId, title, ROWS)),
  );
  const failed = rows.flat().filter((row) => row.status === 'Failed' && !row.isGone);
  return failed.length === 0 ? [] : [...new Set((await store.rootsOf(failed.map(({ id }) => id))).values())];
}
