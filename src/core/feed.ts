import type { Time } from './instance.ts';
import type { Policy } from './policy.ts';

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
  /** Server time of the newest change that was read. */
  readonly highWater: Time | null;
  /** Server minus ours, the lowest of the latest samples, ms. */
  readonly serverOffsetMs: number;
  readonly offsetSamples: readonly number[];
  /** Largest ReferenceId seen. */
  readonly referenceMark: number | null;
  /** Rows of the past that were admitted. */
  readonly backlogCount: number;
  /** Ours: when the latest full scan began; null: none yet. */
  readonly scannedAt: Time | null;
}

/** The ledger's name for it. */
export const FEED = 'feed';

/** While restarts are due, sweeps run at least this often (DESIGN.md 4.3). */
const FRESH_MS = 10_000;

/** How old facts may be: a row counts as unchanged if a sweep begun within this time did not show it changed. */
export function freshnessMs(feed: Feed | null, policy: Pick<Policy, 'poll'>): number {
  return Math.min(policy.poll.interval, FRESH_MS) + (feed?.sweepMs ?? 0);
}

/** Ours: the latest moment for which a row last read at `readAt` is known to be as it was. */
export function knownUnchangedAt(readAt: Time, feed: Feed | null): Time {
  return feed !== null && feed.isTrusted ? Math.max(readAt, feed.lookedAt) : readAt;
}

/** Server time of a moment of ours; low rather than high, so that what began after it is not missed. */
export function toServerTime(at: Time, feed: Feed | null): Time {
  return at + (feed?.serverOffsetMs ?? 0);
}

/** How many samples of the server's clock are kept. */
const SAMPLES = 20;

/** Takes in one answer's Date header. */
export function withClock(feed: Feed, requestedAt: Time, serverTime: Time | null): Feed {
  if (serverTime === null) return feed;
  const offsetSamples = [...feed.offsetSamples, serverTime - requestedAt].slice(-SAMPLES);
  return { ...feed, offsetSamples, serverOffsetMs: Math.min(...offsetSamples) };
}
