import { chooseRivals } from '../core/choose-successor.ts';
import type { Candidate } from '../core/choose-successor.ts';
import type { Feed } from '../core/feed.ts';
import type { Remediation } from '../core/remediation.ts';
import { restartSpan } from '../core/restart-span.ts';
import type { Sighting } from '../core/sighting.ts';
import { gatherCandidates } from './gather-candidates.ts';
import { longestRestartMs } from './parts.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';
import { titleFate } from './title-fate.ts';

export interface Rivals {
  /** Their ids. */
  readonly ids: readonly string[];
  /** Every row that may be one was read. */
  readonly isWhole: boolean;
}

const NONE: Rivals = { ids: [], isWhole: true };

/** The most rows that one look reads. */
const READ_LIMIT = 4;

/** Other runs that turned up since, within the window, and cannot be told apart from the linked successor. */
export async function lookForRivals(
  before: Remediation,
  { old, feed }: { readonly old: Sighting | null; readonly feed: Feed | null },
  parts: RemediationParts,
): Promise<Rivals> {
  const { search, input } = before;
  if (search === null || input === null) return NONE;
  const record = before.lineage.find(({ newInstanceId }) => newInstanceId === before.currentInstanceId);
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
  // A link of ours that was sure has shown that new runs keep their input here: what is less alike is no rival then.
  const isEqual = record.confidence === 'exact' && titles !== null;
  return {
    ids: chooseRivals(question, { id: before.currentInstanceId, isEqual }),
    isWhole: !candidates.some(isUnread),
  };
}
