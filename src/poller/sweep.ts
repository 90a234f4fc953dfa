import { shut } from '../core/dependency.ts';
import { FEED, withClock } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { InstanceRow, Time } from '../core/instance.ts';
import type { InstancePage } from '../ports.ts';
import type { PollerParts } from './parts.ts';
import { takeInRows } from './take-in-rows.ts';

/** The most pages one sweep reads; beyond it the stretch counts as unwatched. */
const PAGES = 500;

/** Known ground is passed by this much, for rows that were written late (DESIGN.md 4.1). */
const OVERLAP_MS = 60_000;

const DAY_MS = 24 * 3_600_000;

/**
 * Reads the rows that changed since the last sweep, newest first, until known ground is passed. Detection, successors
 * and verification all live on these rows.
 * @throws TransientError, AccessError, RefusedError from Command; nothing is lost, the next sweep reads the same stretch
 */
export async function sweep(parts: PollerParts): Promise<void> {
  const begunAt = parts.now();
  await parts.command.learnDialect(parts.stopping);
  const known = await parts.ledger.read<Feed>(FEED);
  const total = { rows: 0, changed: 0, admitted: 0, admittedPast: 0, calls: 0 };
  let feed: Feed | null = null;
  let requestedAt = begunAt;
  let isThrough = false;
  while (!isThrough && total.calls < PAGES) {
    const page = await listChanges(known, total.calls + 1, parts);
    total.calls += 1;
    if (feed === null) {
      requestedAt = page.requestedAt;
      feed = known ?? newFeed(page, begunAt);
    }
    feed = withRows(withClock(feed, page.requestedAt, page.serverTime), page.rows);
    // A server that ignores the order may send one page in order by chance: once seen, no page is believed.
    if (!page.isOrdered) feed = { ...feed, isOrderIgnored: true };
    const taken = await takeInRows(page, feed, parts);
    feed = { ...feed, backlogCount: feed.backlogCount + taken.admittedPast };
    total.rows += page.rows.length;
    total.changed += taken.changed;
    total.admitted += taken.admitted;
    isThrough = page.isLast || known === null || hasPassed(page, feed, known.highWater, parts.policy.poll.settle);
  }
  if (feed === null) return;
  const { rows, changed, admitted, calls } = total;
  await saveFeed({ known, feed, requestedAt, isThrough, sweepMs: parts.now() - begunAt }, parts);
  await parts.store.wakeLooking(requestedAt);
  parts.emit('sweep.ended', { rows, changed, admitted, calls, ms: parts.now() - begunAt });
}

async function listChanges(known: Feed | null, page: number, parts: PollerParts): Promise<InstancePage> {
  const from = known?.highWater ?? null;
  const since = from === null ? parts.now() - DAY_MS : from - parts.policy.poll.settle - OVERLAP_MS;
  // Day-granular on the wire; from the start of the day also here, so that every row that was read counts.
  const modifiedSince = Math.floor(since / DAY_MS) * DAY_MS;
  return parts.command.listInstances({ order: 'lastModified', modifiedSince, page }, parts.stopping);
}

/** An empty store begins to watch now; what failed before is the past. */
function newFeed(page: InstancePage, now: Time): Feed {
  return {
    startedAt: now,
    watchedSince: page.serverTime ?? now,
    lookedAt: now,
    sweepMs: 0,
    isTrusted: true,
    agreeingScans: 0,
    highWater: page.serverTime,
    serverOffsetMs: 0,
    offsetSamples: [],
    referenceMark: null,
    backlogCount: 0,
    scannedAt: null,
  };
}

function withRows(feed: Feed, rows: readonly InstanceRow[]): Feed {
  let { highWater, referenceMark } = feed;
  for (const { lastModified, referenceId } of rows) {
    if (lastModified !== null && (highWater === null || lastModified > highWater)) highWater = lastModified;
    if (referenceId !== null && (referenceMark === null || referenceId > referenceMark)) referenceMark = referenceId;
  }
  return { ...feed, highWater, referenceMark };
}

/** True where the page reached rows that an earlier sweep has read. An order that the server ignored passes nothing. */
function hasPassed(
  page: InstancePage,
  { isOrderIgnored = false }: Feed,
  highWater: Time | null,
  settleMs: number,
): boolean {
  if (isOrderIgnored || !page.isOrdered || highWater === null) return false;
  return page.rows.some(
    ({ lastModified }) => lastModified !== null && lastModified < highWater - settleMs - OVERLAP_MS,
  );
}

interface Swept {
  readonly known: Feed | null;
  readonly feed: Feed;
  readonly requestedAt: Time;
  readonly isThrough: boolean;
  readonly sweepMs: number;
}

async function saveFeed({ known, feed, requestedAt, isThrough, sweepMs }: Swept, parts: PollerParts): Promise<void> {
  const gapMs = known === null ? 0 : requestedAt - known.lookedAt;
  // A new epoch, or nobody has looked for a while: what the gates knew is old (DESIGN.md 4.5).
  if (known === null || gapMs > parts.policy.health.canaryWindow) await shutGates(parts);
  await parts.ledger.update<Feed>(FEED, (latest) => {
    if (latest?.startedAt !== known?.startedAt) return null; // the store was lost meanwhile: what was known is void
    if (latest !== null && latest.lookedAt > requestedAt) return null; // a later sweep was faster
    const watchedSince = isThrough ? feed.watchedSince : (feed.highWater ?? feed.watchedSince);
    return { ...feed, scannedAt: latest?.scannedAt ?? null, lookedAt: requestedAt, sweepMs, watchedSince };
  });
}

async function shutGates(parts: PollerParts): Promise<void> {
  for (const name of await parts.gates.names()) await parts.gates.update(name, 'ca', shut);
}
