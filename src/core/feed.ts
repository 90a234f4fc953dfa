import type { InstanceRow, Time } from './instance.ts';
import type { Policy } from './policy.ts';
import { isSameDate } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** What the sweeps know about the feed. One document of the ledger, shared by all replicas. */
export interface Feed {
  /** Ours: when this store's knowledge began. */
  readonly startedAt: Time;
  /** Server time since which every change was read without a gap. */
  readonly watchedSince: Time;
  /** Ours: when the latest complete sweep began. */
  readonly lookedAt: Time;
  readonly sweepMs: number;
  /** False after a change that the feed had passed over, until two full scans agree. */
  readonly isTrusted: boolean;
  readonly agreeingScans: number;
  /** A page came in another order than asked for: no page tells that known ground is passed. */
  readonly isOrderIgnored?: boolean;
  /** Server time of the newest row of the latest sweep that read to its end: it stands, unless it has changed since. */
  readonly groundAt?: Time;
  /** Sweeps in a row whose condition on the moment left known ground out. */
  readonly momentsMissed?: number;
  /** Server time of the newest change that was read. */
  readonly highWater: Time | null;
  /** What was added to zone-less dates when these were read, ms; left out: nothing. */
  readonly zoneOffsetMs?: number;
  /** Server minus ours, the lowest of the latest samples, ms. */
  readonly serverOffsetMs: number;
  readonly offsetSamples: readonly number[];
  /** Newest date of a page's rows minus the end of its Date header's second, ms, of the latest pages; left out: none yet. */
  readonly rowDateSamples?: readonly number[];
  /** Largest ReferenceId seen. */
  readonly referenceMark: number | null;
  /** Rows of the past that were admitted. */
  readonly backlogCount: number;
  /** Ours: when the latest full scan began; null: none yet. */
  readonly scannedAt: Time | null;
  /** Server time: what changed since then and before `startedAt` was listed, whatever its status; left out: nothing was. */
  readonly readBackTo?: Time;
  /** Server time: a search that is older than this store's knowledge needs what changed since; left out: none does. */
  readonly readBackFor?: Time;
  /** Ours: the latest full scans that left no open row out; left out: none yet. */
  readonly scans?: readonly WholeScan[];
}

/** A full scan that listed or read every open row. */
export interface WholeScan {
  readonly begunAt: Time;
  readonly endedAt: Time;
}

/** The ledger's name for it. */
export const FEED = 'feed';

/** While restarts are due, sweeps run at least this often (DESIGN.md 4.3). */
const FRESH_MS = 10_000;

/** How old facts may be: a row counts as unchanged if a sweep begun within this time did not show it changed. */
export function freshnessMs(feed: Feed | null, policy: Pick<Policy, 'poll'>): number {
  return Math.min(policy.poll.interval, FRESH_MS) + (feed?.sweepMs ?? 0);
}

/**
 * Ours: the latest moment for which a row last read at `readAt` is known to be as it was. Sweeps speak only for what was read
 * since they watch without a gap; and as no list shows what is gone, not for a row that the latest full scan did not list.
 */
export function knownUnchangedAt(readAt: Time, feed: Feed | null): Time {
  if (feed === null || !feed.isTrusted) return readAt;
  const isSpokenFor = readAt >= feed.startedAt && readAt >= (feed.scannedAt ?? 0);
  return isSpokenFor ? Math.max(readAt, feed.lookedAt) : readAt;
}

/** True where nobody has looked for so long that what the gates know is old: the next sweep shuts them (DESIGN.md 4.5). */
export function isUnlooked(feed: Feed, now: Time, { health, poll }: Pick<Policy, 'health' | 'poll'>): boolean {
  return now - feed.lookedAt > Math.max(health.canaryWindow, 2 * poll.interval);
}

/**
 * Server time of a moment of ours, by the clock that dates the rows; low rather than high, so that what began after it is
 * not missed. Rows dated later than the answer that lists them show that their clock is ahead of the Date header's.
 */
export function toServerTime(at: Time, feed: Feed | null): Time {
  return at + (feed?.serverOffsetMs ?? 0) + Math.max(0, Math.max(...(feed?.rowDateSamples ?? [])));
}

/** How far the database of a Command may be behind its web server where no row has shown it yet. */
const UNSEEN_LAG_MS = 60_000;

/** The most by which the clock that dates the rows can be behind the Date header's: rows this young were listed. */
export function rowLagMs(feed: Feed | null): number {
  const samples = feed?.rowDateSamples ?? [];
  return samples.length === 0 ? UNSEEN_LAG_MS : Math.max(0, -Math.max(...samples));
}

/** Known ground is passed by this much, for rows that were written late (DESIGN.md 4.1). */
export const OVERLAP_MS = 60_000;

const DAY_MS = 24 * 3_600_000;

/** No scan reads back further than this before the begin of the store, whatever search is that old. */
const READ_BACK_MS = DAY_MS;

/** Server time: rows that changed before this have nothing to do with a restart that was made since then. */
function neededBack(since: Time, feed: Feed): Time {
  const needed = since - rowLagMs(feed) - OVERLAP_MS;
  return Math.max(needed, toServerTime(feed.startedAt, feed) - READ_BACK_MS);
}

/**
 * True where the looks of this store have shown every row that changed since a restart (server time). One that is older than
 * the first look (the store went back, or was imported) may have its new run behind that look's one page.
 */
export function coversSince(feed: Feed, since: Time): boolean {
  return since >= toServerTime(feed.startedAt, feed) || (feed.readBackTo ?? Infinity) <= neededBack(since, feed);
}

/** A search needs what changed since that restart. Null: that was asked for already. */
export function withReadBack(feed: Feed, since: Time): Feed | null {
  const wanted = neededBack(since, feed);
  if ((feed.readBackFor ?? Infinity) <= wanted) return null;
  return { ...feed, readBackFor: wanted - OVERLAP_MS }; // the clocks are known only about so well
}

/** Server time to which the next full scan reads back for searches; null: none needs it. */
export function backTo({ readBackTo = Infinity, readBackFor = Infinity }: Feed): Time | null {
  return readBackFor < readBackTo ? readBackFor : null;
}

/** A zone is a multiple of this away from another: a moment that the server reads in another one is off by no less. */
const ZONE_STEP_MS = 15 * 60_000;

/** So many misses in a row show that the server reads moments otherwise than they are meant. */
const MOMENTS_MISSED = 3;

/** What a sweep asks for: rows that changed since a day, or since a moment. */
export interface Stretch {
  /** Server time. */
  readonly modifiedSince: Time;
  readonly isFine: boolean;
}

/**
 * The stretches that a sweep reads in turn, until one shows known ground. Newest first, days are enough: the sweep ends
 * early. In any other order it reads them to their end, so it asks for moments where the server takes them.
 */
export function stretchesOf(
  known: Feed | null,
  now: Time,
  settleMs: number,
  takesMoments: boolean,
): readonly Stretch[] {
  if (known?.highWater === undefined || known.highWater === null) return [daysFrom(now - DAY_MS)];
  const days = daysFrom(known.highWater - settleMs - OVERLAP_MS);
  const { groundAt, isOrderIgnored = false, momentsMissed = 0 } = known;
  if (!takesMoments || !isOrderIgnored || groundAt === undefined || momentsMissed >= MOMENTS_MISSED) return [days];
  // A row dated ahead of the server's clock would hide what changes until then.
  const moment = Math.min(groundAt, toServerTime(known.lookedAt, known)) - settleMs - OVERLAP_MS;
  return moment > days.modifiedSince ? [{ modifiedSince: moment, isFine: true }, days] : [days];
}

/** From the start of the day, so that every row that was read counts. */
function daysFrom(since: Time): Stretch {
  return { modifiedSince: Math.floor(since / DAY_MS) * DAY_MS, isFine: false };
}

/** True where a row from the begin of the stretch was listed: the server read the moment as it was meant, or as an earlier one. */
export function showsGround(rows: readonly InstanceRow[], { modifiedSince }: Stretch): boolean {
  return rows.some(({ lastModified }) => lastModified !== null && lastModified < modifiedSince + ZONE_STEP_MS);
}

/**
 * The feed in the zone that dates are read in now. In another one all that it knows of dates is void, and the ground is read
 * anew: dates that seemed to lie ahead would hide what changes until then.
 */
export function inZone(feed: Feed, zoneOffsetMs: number): Feed {
  if ((feed.zoneOffsetMs ?? 0) === zoneOffsetMs) return feed;
  const { groundAt: _groundAt, readBackTo: _readBackTo, readBackFor: _readBackFor, ...others } = feed;
  return { ...others, zoneOffsetMs, highWater: null, rowDateSamples: [] };
}

/** How many samples of the server's clock are kept. */
const SAMPLES = 20;

/** Takes in one answer's Date header. */
export function withClock(feed: Feed, requestedAt: Time, serverTime: Time | null): Feed {
  if (serverTime === null) return feed;
  const offsetSamples = [...feed.offsetSamples, serverTime - requestedAt].slice(-SAMPLES);
  return { ...feed, offsetSamples, serverOffsetMs: Math.min(...offsetSamples) };
}

/** A date further off than this says something of the zone, or of an idle server, and nothing of a clock. */
const CLOCK_DOUBT_MS = 10 * 60_000;
const HEADER_STEP_MS = 1000;

/** Takes in how the newest date of the rows of an answer compares with its Date header. */
export function withRowDates(feed: Feed, newest: Time | null, serverTime: Time | null): Feed {
  if (newest === null || serverTime === null) return feed;
  const sample = newest - serverTime - HEADER_STEP_MS;
  if (Math.abs(sample) > CLOCK_DOUBT_MS) return feed;
  return { ...feed, rowDateSamples: [...(feed.rowDateSamples ?? []), sample].slice(-SAMPLES) };
}

/** True where a full scan found a change that the sweeps have read past; a disappearance is none. */
export function isPassedOver(
  { before, sighting }: { readonly before: Sighting | null; readonly sighting: Sighting },
  { watchedSince, highWater }: Feed,
  settleMs: number,
): boolean {
  const { lastModified } = sighting;
  if (lastModified === null || highWater === null || (before && isSameDate(before, sighting))) return false;
  return lastModified >= watchedSince && lastModified < highWater - settleMs - OVERLAP_MS;
}

/** The feed has passed over a change: nothing counts as unchanged by it any more. */
export function distrusted(feed: Feed): Feed {
  return { ...feed, isTrusted: false, agreeingScans: 0 };
}

/** So many full scans in a row must find nothing that the feed had passed over, before it is believed again. */
const AGREEING_SCANS = 2;

/** So many whole scans are remembered: the latest may itself have found that a row is gone, the one before has not. */
const SCANS = 2;

/** What scans and searches write down meanwhile. */
export function notOfSweeps({
  scannedAt,
  scans = [],
  isTrusted,
  agreeingScans,
  readBackTo,
  readBackFor,
}: Feed): Partial<Feed> {
  const told = readBackTo === undefined ? {} : { readBackTo };
  const asked = readBackFor === undefined ? {} : { readBackFor };
  return { scannedAt, scans, isTrusted, agreeingScans, ...told, ...asked };
}

/** After a full scan that left no open row out. */
export function withWholeScan(feed: Feed, scan: WholeScan): Feed {
  return { ...feed, scans: [...(feed.scans ?? []), scan].slice(-SCANS) };
}

/** After a full scan that came to its end and agreed with the feed. */
export function withAgreement(feed: Feed): Feed {
  if (feed.isTrusted) return feed;
  const agreeingScans = feed.agreeingScans + 1;
  return agreeingScans < AGREEING_SCANS ? { ...feed, agreeingScans } : { ...feed, isTrusted: true, agreeingScans: 0 };
}
