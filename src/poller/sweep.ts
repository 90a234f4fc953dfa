import { shut } from '../core/dependency.ts';
import {
  FEED,
  OVERLAP_MS,
  inZone,
  notOfSweeps,
  showsGround,
  stretchesOf,
  withClock,
  withRowDates,
} from '../core/feed.ts';
import type { Feed, Stretch } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import type { InstancePage } from '../ports/command.ts';
import { hasPassed } from './has-passed.ts';
import type { PollerParts } from './parts.ts';
import { takeInRows } from './take-in-rows.ts';

/** The most pages one sweep reads; beyond it the stretch counts as unwatched. */
const PAGES = 500;

/**
 * Reads the rows that changed since the last sweep, newest first, until known ground is passed. Detection, successors
 * and verification all live on these rows.
 * @throws TransientError, AccessError, RefusedError from Command; nothing is lost, the next sweep reads the same stretch
 */
export async function sweep(parts: PollerParts): Promise<void> {
  const begunAt = parts.now();
  await parts.command.learnDialect(parts.stopping);
  if (!(await sweepOnce(begunAt, parts))) await sweepOnce(begunAt, parts);
}

/** False: the zone of the dates was learned meanwhile, so what was asked for and what was read do not go together. */
async function sweepOnce(begunAt: Time, parts: PollerParts): Promise<boolean> {
  const zoneOffsetMs = zoneOf(parts);
  const stored = await parts.ledger.read<Feed>(FEED);
  const known = stored && inZone(stored, zoneOffsetMs);
  const nothing = { requestedAt: null, isThrough: false, rows: 0, changed: 0, admitted: 0, calls: 0 };
  const pass: Pass = { begunAt, zoneOffsetMs, feed: known, ...nothing };
  const takesMoments = parts.command.dialect().dateLiterals === 'full';
  for (const stretch of stretchesOf(known, begunAt, parts.policy.poll.settle, takesMoments))
    if (await readStretch(stretch, known, pass, parts)) break;
  if (zoneOf(parts) !== zoneOffsetMs) return false;
  const { feed, requestedAt, isThrough, rows, changed, admitted, calls } = pass;
  if (feed === null || requestedAt === null) return true;
  await saveFeed({ known, feed, requestedAt, isThrough, sweepMs: parts.now() - begunAt }, parts);
  await parts.store.wakeLooking(requestedAt);
  parts.emit('sweep.ended', { rows, changed, admitted, calls, ms: parts.now() - begunAt });
  return true;
}

function zoneOf({ command }: PollerParts): number {
  return command.dialect().zoneOffsetMs ?? 0;
}

/** What one sweep has read so far. */
interface Pass {
  readonly begunAt: Time;
  readonly zoneOffsetMs: number;
  feed: Feed | null;
  /** When its first request began; null: not yet. */
  requestedAt: Time | null;
  isThrough: boolean;
  rows: number;
  changed: number;
  admitted: number;
  calls: number;
}

/** Reads one stretch to known ground or its end; false: it does not show the ground that it must hold. Another zone ends it. */
async function readStretch(stretch: Stretch, known: Feed | null, pass: Pass, parts: PollerParts): Promise<boolean> {
  let [isGroundSeen, newest] = [false, Number.NEGATIVE_INFINITY];
  pass.isThrough = false;
  for (let number = 1; !pass.isThrough && pass.calls < PAGES; number += 1) {
    const query = { order: 'lastModified', ...stretch, page: number } as const;
    const page = await parts.command.listInstances(query, parts.stopping);
    if (zoneOf(parts) !== pass.zoneOffsetMs) return true;
    pass.requestedAt ??= page.requestedAt;
    pass.feed = await takeInPage(page, pass, parts);
    isGroundSeen ||= showsGround(page.rows, stretch);
    newest = Math.max(newest, ...page.rows.map(({ lastModified }) => lastModified ?? newest));
    pass.isThrough = page.isLast || known === null || hasPassed(page, pass.feed, groundOf(known, parts));
  }
  if (pass.feed === null) return true;
  if (pass.isThrough && newest > 0) pass.feed = { ...pass.feed, groundAt: newest };
  if (!stretch.isFine) return true;
  pass.feed = { ...pass.feed, momentsMissed: isGroundSeen ? 0 : (pass.feed.momentsMissed ?? 0) + 1 };
  return isGroundSeen;
}

async function takeInPage(page: InstancePage, pass: Pass, parts: PollerParts): Promise<Feed> {
  const before = pass.feed ?? newFeed(page, pass);
  let feed = withPage(before, page);
  // A server that ignores the order may send one page in order by chance: once seen, no page is believed.
  if (!page.isOrdered) feed = { ...feed, isOrderIgnored: true };
  const taken = await takeInRows(page, feed, parts);
  pass.calls += 1;
  pass.rows += page.rows.length;
  pass.changed += taken.changed;
  pass.admitted += taken.admitted;
  return { ...feed, backlogCount: feed.backlogCount + taken.admittedPast };
}

/**
 * An empty store begins to watch when its first sweep begins; what failed before is the past. What fails while the dialect
 * is being learned is not: the page shows whatever became of it meanwhile.
 */
function newFeed(page: InstancePage, { begunAt, zoneOffsetMs }: Pass): Feed {
  return {
    zoneOffsetMs,
    startedAt: begunAt,
    watchedSince: page.serverTime === null ? begunAt : page.serverTime - (page.requestedAt - begunAt),
    lookedAt: begunAt,
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

function withPage(feed: Feed, { rows, requestedAt, serverTime }: InstancePage): Feed {
  let newest: Time | null = null;
  let { referenceMark } = feed;
  for (const { lastModified, referenceId } of rows) {
    newest = largerOf(newest, lastModified);
    referenceMark = largerOf(referenceMark, referenceId);
  }
  const timed = withRowDates(withClock(feed, requestedAt, serverTime), newest, serverTime);
  return { ...timed, highWater: largerOf(feed.highWater, newest), referenceMark };
}

function largerOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/** Server time: rows that changed before it were read by an earlier sweep. */
function groundOf({ highWater }: Feed, { policy }: PollerParts): Time {
  return highWater === null ? -Infinity : highWater - policy.poll.settle - OVERLAP_MS;
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
    return { ...feed, ...notOfSweeps(latest ?? feed), lookedAt: requestedAt, sweepMs, watchedSince };
  });
}

async function shutGates(parts: PollerParts): Promise<void> {
  for (const name of await parts.gates.names()) await parts.gates.update(name, 'ca', shut);
}
