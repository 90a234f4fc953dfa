import type { InstanceRow, Time } from '../core/instance.ts';
import type { InstancePage } from '../ports/command.ts';

/** Reads one page of a list, newest or oldest first. */
export type ReadPage = (page: number, isOldestFirst: boolean) => Promise<InstancePage>;

/** Where the order does not hold, a list is read at most so often. */
const PASSES = 3;

/**
 * Yields every row that stays in a list while it is read, although others leave and come: pages are offsets, so a row that
 * leaves moves those behind it forward, and a walk from the front passes over as many. Where the order holds, the pages are
 * read oldest first from the last to the first: what comes stands behind the last page, and what leaves moves rows into
 * pages still to be read. Elsewhere the list is read again until a pass shows no old row that was not seen before.
 */
export async function* walkPages(read: ReadPage, limit: number): AsyncGenerator<InstancePage, void> {
  const oldest = await read(1, true);
  if (oldest.isLast) yield oldest;
  else if (oldest.isOrdered && (yield* walkBack(await findLastPage(oldest, read, limit), read, limit))) return;
  else yield* walkAgain(read, limit, oldest.serverTime);
}

/** From the newest page to the oldest; false: the order or the page number was not heeded. */
async function* walkBack(last: number, read: ReadPage, limit: number): AsyncGenerator<InstancePage, boolean> {
  let newer: InstancePage | null = null;
  for (let page = last; page >= 1 && page > last - limit; page -= 1) {
    const listed = await read(page, true);
    yield listed;
    if (!listed.isOrdered || (newer !== null && isSamePage(listed, newer))) return false;
    newer = listed;
  }
  return true;
}

function isSamePage({ rows }: InstancePage, other: InstancePage): boolean {
  return rows[0] !== undefined && rows[0].id === other.rows[0]?.id;
}

/** By the count; without one by doubling, then halving. Too large rather than too small: rows may come. */
async function findLastPage({ total, received }: InstancePage, read: ReadPage, limit: number): Promise<number> {
  if (total !== null) return Math.ceil(total / received);
  let [full, last] = [1, 2];
  while (last < limit && !(await read(last, true)).isLast) [full, last] = [last, last * 2];
  while (last - full > 1) {
    const middle = Math.floor((full + last) / 2);
    if ((await read(middle, true)).isLast) last = middle;
    else full = middle;
  }
  return last;
}

/** Newest first as far as the server heeds it, pass after pass. */
async function* walkAgain(read: ReadPage, limit: number, begunAt: Time | null): AsyncGenerator<InstancePage, void> {
  const seen = new Set<string>();
  for (let pass = 1; pass <= PASSES; pass += 1) {
    const before = seen.size;
    for await (const page of walkOnce(read, limit)) {
      for (const { id } of page.rows.filter((row) => isOlder(row, begunAt))) seen.add(id);
      yield page;
    }
    if (pass > 1 && seen.size === before) return;
  }
}

async function* walkOnce(read: ReadPage, limit: number): AsyncGenerator<InstancePage, void> {
  for (let page = 1; page <= limit; page += 1) {
    const listed = await read(page, false);
    yield listed;
    if (listed.isLast) return;
  }
}

/** False for what changed since the walk began: that is the sweep's. */
function isOlder({ lastModified }: InstanceRow, begunAt: Time | null): boolean {
  return begunAt === null || lastModified === null || lastModified < begunAt;
}
