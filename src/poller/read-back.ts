import { FEED, backTo } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import { hasPassed } from './has-passed.ts';
import type { PollerParts } from './parts.ts';
import { takeInRows } from './take-in-rows.ts';

/** The most pages: a day in which more rows changed is read in part, and no later scan would get further. */
const PAGES = 500;

/**
 * Reads the rows of every status that changed since the oldest restart whose new run is looked for, where this store's first
 * look came later (it went back, or was imported): that look showed one page, and scans list only what is Failed or open.
 * @throws as listInstances; the next scan begins anew
 */
export async function readBack(known: Feed, parts: PollerParts): Promise<void> {
  const since = backTo(known);
  if (since === null) return;
  let feed = known;
  for (let page = 1; page <= PAGES; page += 1) {
    const query = { order: 'lastModified', modifiedSince: since, page } as const;
    const listed = await parts.command.listInstances(query, parts.stopping);
    const taken = await takeInRows(listed, feed, parts);
    feed = { ...feed, backlogCount: feed.backlogCount + taken.admittedPast };
    if (listed.isLast || hasPassed(listed, feed, since)) break;
  }
  await parts.ledger.update<Feed>(FEED, (latest) => {
    if (latest?.startedAt !== known.startedAt) return null; // the store was lost meanwhile
    return { ...latest, readBackTo: since, backlogCount: Math.max(latest.backlogCount, feed.backlogCount) };
  });
}
