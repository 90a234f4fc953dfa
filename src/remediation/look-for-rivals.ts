import { READ_LIMIT, chooseRivals } from '../core/choose-successor.ts';
import type { Candidate } from '../core/choose-successor.ts';
import type { Feed } from '../core/feed.ts';
import { recordLeadingTo } from '../core/lineage.ts';
import type { Remediation } from '../core/remediation.ts';
import { restartSpan } from '../core/restart-span.ts';
import type { Sighting } from '../core/sighting.ts';
import { gatherCandidates } from './gather-candidates.ts';
import { longestRestartMs } from './parts.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';
import { inputFate, noteInput, titleFate } from './new-run-fate.ts';

export interface Rivals {
  /** Their ids. */
  readonly ids: readonly string[];
  /** Every row that may be one was read. */
  readonly isWhole: boolean;
}

const NONE: Rivals = { ids: [], isWhole: true };

/** Other runs that turned up since, within the window, and cannot be told apart from the linked successor. */
export async function lookForRivals(
  before: Remediation,
  { old, feed }: { readonly old: Sighting | null; readonly feed: Feed | null },
  parts: RemediationParts,
): Promise<Rivals> {
  const { search, input } = before;
  if (search === null || input === null) return NONE;
  const record = recordLeadingTo(before.lineage, before.currentInstanceId);
  if (record === undefined) return NONE;
  // Where new runs are not known to bear the old Title, or the link stands on less than equal input, only a read tells.
  const titles = await titleFate(parts);
  const reach = record.confidence === 'exact' && titles === 'kept' ? 'alike' : 'all';
  const asked = { reach, span: restartSpan(search, old, feed, await longestRestartMs(parts)) } as const;
  const { settle, window } = parts.policy.resolve;
  const isUnread = ({ canLink, input: print, firstSeenAt }: Candidate): boolean =>
    canLink && print === null && firstSeenAt <= search.endedAt + window;
  const found = await gatherCandidates(before, search, asked, parts);
  const unread = found.filter(isUnread).slice(0, READ_LIMIT);
  for (const { id } of unread) await readInstance(id, parts);
  const candidates = unread.length === 0 ? found : await gatherCandidates(before, search, asked, parts);
  const question = { search, title: before.title, input, candidates, lookedAt: 0, settleMs: settle, windowMs: window };
  // Where new runs are known to keep their input, what is less alike than an equal one is no rival of it.
  const isExact = record.confidence === 'exact';
  const isEqual = isExact && (await inputFate(parts)) === 'kept';
  const ids = chooseRivals(question, { id: before.currentInstanceId, isEqual });
  const isWhole = !candidates.some(isUnread);
  const isWindowOver = feed !== null && feed.lookedAt >= search.endedAt + window;
  if (isExact && isWhole && isWindowOver && ids.length === 0) await noteInput(true, search, parts);
  return { ids, isWhole };
}
