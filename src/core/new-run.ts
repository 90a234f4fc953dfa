import { sharesCertificate } from './choose-successor.ts';
import type { Time } from './instance.ts';
import type { Intent } from './intent.ts';
import type { Policy } from './policy.ts';
import type { Search } from './remediation.ts';
import type { Sighting } from './sighting.ts';

/**
 * True where a row may be the new run of an open restart: such a row is never worked as a root of its own (DESIGN.md
 * 4.2). A row that was not read yet may be any; one that was read must be of the same request, or bear the same Title and
 * have shown within the window.
 */
export function mayBeNewRun(row: Sighting, intent: Intent, now: Time, policy: Pick<Policy, 'resolve'>): boolean {
  if (row.id === intent.instanceId || row.firstSeen <= intent.mark) return false;
  if (row.definitionId !== intent.definitionId || row.workflowType.toLowerCase() !== intent.workflowType.toLowerCase())
    return false;
  if (isLongBefore(row, intent.notBefore)) return false;
  if (row.print === null) return true;
  if (isOfSameRequest(row, intent)) return true;
  return row.title === intent.title && row.firstSeenAt - (intent.endedAt ?? now) < policy.resolve.window;
}

/** True where a row that was read is as like the restarted one as its new run is: equal, or of its Title and certificate. */
export function isOfSameRequest({ print, title }: Sighting, intent: Intent): boolean {
  if (print === null) return false;
  if (print.requestKey === intent.requestKey || print.fingerprint === intent.fingerprint) return true;
  return title === intent.title && sharesCertificate(print, { certificateKeys: intent.certificateKeys ?? [] });
}

/**
 * True where a run showed or began while the new run of that restart was to be expected. One of the same request that came
 * later is a request made anew.
 */
export function isOfItsTime(
  { firstSeen, firstSeenAt, startDate }: Pick<Sighting, 'firstSeen' | 'firstSeenAt' | 'startDate'>,
  { mark, notBefore, startedAt, endedAt }: Search,
  { resolve, verify }: Pick<Policy, 'resolve' | 'verify'>,
): boolean {
  if (firstSeen <= mark) return false;
  const waitMs = Math.max(resolve.window, verify.timeout);
  if (firstSeenAt <= endedAt + waitMs) return true;
  return startDate !== null && notBefore !== null && startDate <= notBefore + (endedAt - startedAt) + waitMs;
}

/** The widest that a zone-less date can be off, and an hour for clocks. */
const DATE_DOUBT_MS = 15 * 3_600_000;

/**
 * True where a row changed last so long before a restart that it cannot be its new run, which changes when it begins,
 * whatever StartDate it shows: old rows that are listed for the first time meanwhile are not suspected. `restartedAt`:
 * server time; null: not known.
 */
export function isLongBefore({ lastModified }: Pick<Sighting, 'lastModified'>, restartedAt: Time | null): boolean {
  return lastModified !== null && restartedAt !== null && lastModified < restartedAt - DATE_DOUBT_MS;
}
