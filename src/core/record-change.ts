import type { Action } from './action.ts';
import type { Time } from './instance.ts';
import { newRecord } from './lineage-record.ts';
import { recordOf, withRecord } from './lineage.ts';
import type { LineageRecord, NewStatus } from './lineage.ts';
import { withEntry } from './remediation.ts';
import type { Backoff, Remediation, Search } from './remediation.ts';
import { LEFT_SLACK_MS } from './restart-span.ts';

/** A longer wait that is under way goes on; one that is over is forgotten. */
export function nextBackoff(known: Backoff | null, given: Backoff | undefined, now: Time): Backoff | null {
  return known !== null && known.until > (given?.until ?? now) ? known : (given ?? null);
}

/** Over: nothing is waited for, and no search goes on but that of an end which is watched for a while. */
export function ended(remediation: Remediation, action: Extract<Action, { type: 'end' }>, now: Time): Remediation {
  const last = action.newStatus ? withNewStatus(remediation, action.newStatus) : remediation;
  const isWatched = action.watchUntil !== undefined;
  return {
    // A refused restart took no effect: it is no attempt (P5).
    ...parked(action.outcome === 'refused' ? withoutAttempt(last) : last, null),
    ...(last.move ? { move: null } : {}),
    ...(action.isStanding === last.isStanding ? {} : { isStanding: action.isStanding ?? false }),
    phase: 'ended',
    outcome: action.outcome,
    reason: action.reason,
    nextAt: action.watchUntil ?? null,
    endedAt: now,
    search: isWatched ? last.search : null,
    backoff: null,
  };
}

/** One that is held with another looks this often whether that one is settled. */
export const SIBLING_LOOK_MS = 60_000;

/** A person must decide. */
export function held(remediation: Remediation, action: Extract<Action, { type: 'hold' }>, now: Time): Remediation {
  const { candidates = [] } = action;
  const lineage = candidates.length === 0 ? remediation.lineage : withDoubt(remediation, candidates, now);
  return {
    ...parked(remediation, null),
    phase: 'held',
    holdCause: action.cause,
    reason: action.reason,
    nextAt: action.cause === 'sibling unresolved' ? now + SIBLING_LOOK_MS : null,
    lineage,
  };
}

/** A second candidate after the end was announced: the record of its link tells of the doubt, the end stays (P2). */
export function doubted(remediation: Remediation, rivals: readonly string[], now: Time): Remediation {
  const candidates = [remediation.currentInstanceId, ...rivals];
  const text = `a second run of the same window cannot be told apart: ${candidates.join(', ')}; the link is ambiguous, the end stays`;
  return withEntry({ ...remediation, lineage: withDoubt(remediation, candidates, now) }, now, text);
}

/** The record of the restart that cannot be told apart names every candidate; a restart by others has none yet. */
function withDoubt(remediation: Remediation, candidates: readonly string[], now: Time): readonly LineageRecord[] {
  const predecessorId = remediation.search?.predecessorId ?? remediation.currentInstanceId;
  const known = recordOf(remediation.lineage, predecessorId);
  const record = known ?? newRecord(remediation, remediation.search?.endedAt ?? now);
  return withRecord(remediation.lineage, { ...record, confidence: 'ambiguous', candidates });
}

/** The row left Failed by other hands: a search whose restart somebody else made. */
export function followed(
  remediation: Remediation,
  { reason, leftAt = null, stoodAt }: Extract<Action, { type: 'follow' }>,
  now: Time,
): Remediation {
  const failedAt = remediation.failure?.lastModified ?? null;
  const notBefore = leftAt === null ? failedAt : begunBy(failedAt, leftAt);
  const search: Search = {
    predecessorId: remediation.currentInstanceId,
    attempt: remediation.attemptsMade + 1,
    origin: 'external',
    took: 'left',
    mark: remediation.sightingMark,
    isMarkComplete: false,
    referenceMark: remediation.currentReferenceId,
    notBefore,
    oldStartDate: remediation.failure?.startDate ?? null,
    lastModified: failedAt,
    startedAt: now,
    endedAt: now,
    ...(stoodAt === undefined ? {} : { stoodAt }),
  };
  return {
    ...parked(remediation, null),
    phase: 'resolving',
    reason,
    nextAt: now,
    awaitsLook: false,
    search,
  };
}

/**
 * An equal run that began while the row was still Failed is a re-submission (P5). A failure that is later than its end was
 * recorded before the zone of this server's dates was known: it tells nothing.
 */
function begunBy(failedAt: Time | null, leftAt: Time): Time {
  const least = leftAt - LEFT_SLACK_MS;
  return failedAt === null || failedAt > leftAt ? least : Math.max(failedAt, least);
}

/** Nothing was sent: back to waiting, the attempt is given back. */
export function notDone(remediation: Remediation, reason: string): Remediation {
  return {
    ...withoutAttempt(remediation),
    phase: 'waiting',
    wait: 'back-off',
    reason,
    nextAt: null,
    search: null,
  };
}

/** As if the restart of the current instance had not been tried. */
function withoutAttempt(remediation: Remediation): Remediation {
  const { currentInstanceId, attemptsMade, approvalRestarts, isApproved, firstRestartAt } = remediation;
  const tried = recordOf(remediation.lineage, currentInstanceId);
  const lineage = remediation.lineage.filter((record) => record !== tried || record.newInstanceId !== null);
  return {
    ...remediation,
    // A move counts as none.
    attemptsMade: remediation.move ? attemptsMade : Math.max(0, attemptsMade - 1),
    firstRestartAt: lineage.length === 0 ? null : firstRestartAt,
    approvalRestarts: Math.max(0, approvalRestarts - (isApproved ? 1 : 0)),
    lineage,
  };
}

/** A younger record joins this one: earlier runs of the request that were counted when it was proved stay counted. */
export function withCounted(remediation: Remediation, younger: Remediation | null): Remediation {
  return { ...remediation, attemptsMade: Math.max(remediation.attemptsMade, younger?.attemptsMade ?? 0) };
}

/** Open and in the waiting room of that dependency, or in none: what held or ended it before is over. */
export function parked(remediation: Remediation, dependency: string | null): Remediation {
  return { ...remediation, parkedOn: dependency, wait: null, holdCause: null, outcome: null, endedAt: null };
}

/** The record of the current instance tells its latest status. */
export function withNewStatus(remediation: Remediation, newStatus: NewStatus): Remediation {
  const lineage = remediation.lineage.map((record) =>
    record.newInstanceId === remediation.currentInstanceId && record.newStatus !== newStatus
      ? { ...record, newStatus }
      : record,
  );
  return { ...remediation, lineage };
}

/**
 * The search as it is where Command refused our request: if the row was restarted, then by others who were faster, so its
 * new run may be older than the request, but not than the failure.
 */
export function afterRefusal(search: Search, { failure, sightingMark, currentReferenceId }: Remediation): Search {
  if (search.took !== 'refused' || search.origin !== 'remediator') return search;
  const notBefore = failure?.lastModified ?? null;
  return { ...search, notBefore, mark: sightingMark, isMarkComplete: false, referenceMark: currentReferenceId };
}
