import type { Feed } from './feed.ts';
import { OVERLAP_MS, toServerTime } from './feed.ts';
import type { Time } from './instance.ts';
import type { Remediation, Search } from './remediation.ts';
import { restartedAtOf } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** When the restart happened whose new run is looked for, as the old row shows it. */
export interface RestartSpan {
  /** Server time: no new run began before; null: nothing tells. */
  readonly from: Time | null;
  /** Server time: no new run began after; null: nothing tells. */
  readonly to: Time | null;
  /** Ours: when the row was first seen to have left; what had been seen by then did not begin after. */
  readonly leftSeenAt: Time;
}

/** A run that began this much before the row left Failed may still be its new run: nobody knows what is written first. */
export const LEFT_SLACK_MS = 5000;

/** The same for one that began after: clocks differ, and Command may still be at the restart. */
const AFTER_SLACK_MS = 60_000;

/**
 * The span in which the old row of a search was restarted; null: it says nothing. Where Command is known to have taken our
 * request, the request says better than the row when that was. A Restart call takes its time, and nobody knows at which
 * moment of it the old row leaves and the new run begins: `longestRestartMs` is the longest seen on this server.
 */
export function restartSpan(
  { took, origin }: Pick<Search, 'took' | 'origin'>,
  row: Sighting | null,
  feed: Feed | null,
  longestRestartMs: number,
): RestartSpan | null {
  if (row === null) return null;
  const leftSeenAt = row.changedAt;
  if (row.isGone)
    return feed === null ? null : { from: null, to: toServerTime(leftSeenAt, feed) + longestRestartMs, leftSeenAt };
  if (row.status !== 'CanceledForRestart' || row.lastModified === null) return null;
  const isOurs = took === 'accepted' && origin !== 'external';
  const { lastModified } = row;
  return { from: isOurs ? null : lastModified - longestRestartMs, to: lastModified + longestRestartMs, leftSeenAt };
}

/**
 * Server time: what changed before has nothing to do with the restart of this search. Ours began when the search did; others
 * restarted the row when it says, or at some time after it was last known to stand there.
 */
export function restartedSince(search: Search, row: Sighting | null, feed: Feed | null): Time {
  const { origin, startedAt, stoodAt: seenAt = 0, notBefore } = search;
  const begunAt = toServerTime(startedAt, feed);
  if (origin !== 'external') return begunAt;
  const restartedAt = row === null ? null : restartedAtOf(row);
  if (restartedAt !== null) return restartedAt;
  return seenAt > 0 ? toServerTime(seenAt, feed) : (notBefore ?? begunAt);
}

/** True where a run began outside of the span, so that it is another one's. One that keeps the old run's StartDate tells nothing. */
export function isOutside(
  { startDate, firstSeenAt }: Pick<Sighting, 'startDate' | 'firstSeenAt'>,
  { oldStartDate }: Pick<Search, 'oldStartDate'>,
  span: RestartSpan | null,
): boolean {
  if (span === null || startDate === null || startDate === oldStartDate) return false;
  if (span.from !== null && latestOf(startDate) < span.from - LEFT_SLACK_MS) return true;
  return span.to !== null && firstSeenAt > span.leftSeenAt && startDate > span.to + AFTER_SLACK_MS;
}

/** True where a run that began then may be the new run of a row that was restarted at that moment. */
export function isAround(startDate: Time, restartedAt: Time): boolean {
  return isWithin(startDate, { from: restartedAt, to: restartedAt });
}

/** True where a run that began then may be the new run of a row that was restarted at some moment of this span. */
export function isWithin(startDate: Time, { from, to }: { readonly from: Time; readonly to: Time }): boolean {
  return latestOf(startDate) >= from - LEFT_SLACK_MS && startDate <= to + LEFT_SLACK_MS;
}

/** A date without a fraction was cut off by the server: the moment may have been up to a second later. */
export function latestOf(date: Time): Time {
  return date % 1000 === 0 ? date + 999 : date;
}

/**
 * Ours: when a row that has left Failed was last known to stand there as it failed: a run that had been seen by then is a
 * request made anew, not its new run (P5). By a read of it, or by a full scan, which reads what is open and not listed.
 */
export function stoodAt(remediation: Remediation, row: Sighting, feed: Feed | null): Time {
  const { input, failure, phase, firstSeenAt, openSince = firstSeenAt } = remediation;
  const isReadAsFailed =
    input?.instanceId === row.id && failure?.instanceId === row.id && input.lastModified === failure.lastModified;
  const scan = (feed?.scans ?? []).findLast(({ begunAt, endedAt }) => begunAt >= openSince && endedAt <= row.changedAt);
  const listedAt = phase === 'waiting' && scan !== undefined ? scan.begunAt - OVERLAP_MS : 0;
  return Math.max(isReadAsFailed ? input.readAt - LEFT_SLACK_MS : 0, listedAt);
}
