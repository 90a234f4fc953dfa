import { rivalWatchEnd } from '../core/decide-verifying.ts';
import { supersededEnd } from '../core/decide-waiting.ts';
import { FEED } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import { SIBLING_LOOK_MS, doubted } from '../core/record-change.ts';
import type { Failure, Remediation, Search } from '../core/remediation.ts';
import { stoodAt } from '../core/restart-span.ts';
import { hasLeft, isOvertaken, isSameDate, restartedAtOf } from '../core/sighting.ts';
import type { Sighting } from '../core/sighting.ts';
import { applyAction, reopened, settled, toFailure } from '../core/transition.ts';
import { isUnsettled } from '../core/unsettled.ts';
import { commitChange } from './commit-action.ts';
import { rulingOf } from './gather-waiting.ts';
import { learnFromOthers } from './learn-old-row.ts';
import { findLaterRun } from './later-run.ts';
import { lookForRivals } from './look-for-rivals.ts';
import { openRestartOf } from './open-restart.ts';
import type { RemediationParts } from './parts.ts';
import { afterIntent } from './perform-restart.ts';
import { readInstance } from './read-current.ts';

/**
 * Held and ended ones are not worked, but they are followed: what people do in Command ends or reopens them. True: there
 * may be more to do at once.
 */
export async function advanceFollowed(before: Remediation, parts: RemediationParts): Promise<boolean> {
  if (before.outcome === 'recovered' && before.isUntold) return announce(before, parts);
  const row = (await parts.sightings.get([before.currentInstanceId])).get(before.currentInstanceId) ?? null;
  if (row === null) return isWatchOver(before, parts) && endWatch(before, parts);
  await learnFromOthers(before, row, parts);
  return before.phase === 'held' ? advanceHeld(before, row, parts) : advanceEnded(before, row, parts);
}

/** Told first, noted after: what dies in between tells it once more, under the same id. */
async function announce(before: Remediation, parts: RemediationParts): Promise<boolean> {
  await parts.announce?.(before);
  const { isUntold: _isUntold, ...told } = before;
  const nextAt = before.search === null ? null : rivalWatchEnd(before.search, parts.policy);
  await parts.store.save(before, { ...told, nextAt });
  return true; // what woke it meanwhile is looked at
}

async function advanceHeld(before: Remediation, row: Sighting, parts: RemediationParts): Promise<boolean> {
  if (before.holdCause === 'sibling unresolved' && row.status === 'Failed' && !row.isGone)
    return advanceSibling(before, row, parts);
  const unsent = await unsentAfter(before, parts);
  if (unsent !== null) return (await commitChange(before, unsent, parts)) !== null;
  const after = heldAfter(before, row, parts) ?? (await supersededAfter(before, row, parts));
  return after !== null && (await commitChange(before, settled(before, after, parts.now()), parts)) !== null;
}

/** Its sender was taken for lost, woke up, and recorded that it had sent nothing: it waits again. Null: nobody said so. */
async function unsentAfter(before: Remediation, parts: RemediationParts): Promise<Remediation | null> {
  const { holdCause, search } = before;
  if (holdCause !== 'restart may have happened' || search === null) return null;
  const intent = await parts.journal.load(search.predecessorId);
  return intent?.state === 'not-sent' ? afterIntent({ ...before, holdCause: null }, intent, parts) : null;
}

/** Held because the restart of another one is unresolved: once a person has settled that one, this one waits again. */
async function advanceSibling(before: Remediation, row: Sighting, parts: RemediationParts): Promise<boolean> {
  const older = await openRestartOf({ mayBeNewRun: true }, row, parts);
  const now = parts.now();
  if (older?.isHeld) {
    await parts.store.save(before, { ...before, nextAt: now + SIBLING_LOOK_MS });
    return false;
  }
  const reason = 'the restart whose new run it might have been is settled';
  const action = { type: 'wait', wait: 'new run', reason, until: now } as const;
  const open: Remediation = { ...before, holdCause: null, mayBeNewRun: true };
  return (await commitChange(before, settled(before, applyAction(open, action, now), now), parts)) !== null;
}

/** What people or time did to a held one; null: nothing that moves it. */
function heldAfter(before: Remediation, row: Sighting, parts: RemediationParts): Remediation | null {
  const now = parts.now();
  const { holdCause, search } = before;
  if (holdCause === 'deadline') {
    // Its run never ended in time; now it has.
    if (row.status === 'Running' || row.status === 'Suspended') return null;
    return { ...before, phase: 'verifying', holdCause: null, reason: `the held run is ${row.status}`, nextAt: now };
  }
  if (holdCause === 'ambiguous' || holdCause === 'successor not found') return null; // a person decides which run it is
  if (!hasLeft(before, row)) return null;
  if (holdCause === 'restart may have happened' && search !== null) {
    const reason = 'the row has left Failed: looking for the new run again';
    const again: Search = { ...search, took: 'left', endedAt: now };
    return { ...before, phase: 'resolving', holdCause: null, reason, search: again, nextAt: now, awaitsLook: false };
  }
  return leftByOthers('the held instance', before, row, now);
}

/** The row has left Failed by other hands: what became of it is looked for. `what`: how the reason calls the instance. */
function leftByOthers(what: string, before: Remediation, row: Sighting, now: Time): Remediation {
  const reason = row.isGone ? `${what} is gone` : `${what} is ${row.status} by other hands`;
  const follow = { type: 'follow', reason, leftAt: restartedAtOf(row), stoodAt: stoodAt(before, row, null) } as const;
  return applyAction(before, follow, now);
}

/** A later run of the same request has ended well, or was rejected: nobody needs to decide about this one any more. */
async function supersededAfter(
  before: Remediation,
  row: Sighting,
  parts: RemediationParts,
): Promise<Remediation | null> {
  // Where a restart may have happened, the later run may be its new run: a person decides.
  if (row.status !== 'Failed' || row.isGone || before.search !== null || isUnsettled(before)) return null;
  const { laterRun } = await findLaterRun(before, row, parts);
  const end = laterRun === null ? null : supersededEnd(laterRun);
  if (end === null) return null;
  // The later run may be its own new run, of a restart that no sweep has shown yet (P5).
  const read = await readInstance(row.id, parts);
  return read.type === 'read' && read.row.status === 'Failed' ? applyAction(before, end, parts.now()) : null;
}

async function advanceEnded(before: Remediation, row: Sighting, parts: RemediationParts): Promise<boolean> {
  if (isOvertaken(before, row)) return followAfterEnd(before, row, parts);
  if (isWatchOver(before, parts)) return endWatch(before, parts);
  if (!hasFailedSince(before, row)) return false;
  const now = parts.now();
  const { ladder } = rulingOf({ ...before, failure: toFailure(row, now) }, row, parts);
  const wait = { reason: 'failed again after its end', ladder, random: parts.random() };
  return (await commitChange(before, reopened(before, row, wait, now), parts)) !== null;
}

/** Only the newest instance of a lineage, seen Failed with a change later than the end, reopens it (DESIGN.md 3). */
function hasFailedSince({ lineage, endedAt, outcome, failure }: Remediation, row: Sighting): boolean {
  const wasSent = lineage.some(({ oldInstanceId }) => oldInstanceId === row.id);
  if (row.status !== 'Failed' || row.isGone || wasSent || endedAt === null || row.changedAt <= endedAt) return false;
  return outcome !== 'ignored' && !(failure !== null && isSameFailure(failure, row));
}

/** Whoever comes back from the archive is listed as if for the first time, and its dates may be read in another zone. */
function isSameFailure(failure: Failure, row: Sighting): boolean {
  return row.lastModified === failure.lastModified || isSameDate(row, failure);
}

/** It was taken in hand by people: nothing is left to tell, and its successor is followed. */
async function followAfterEnd(before: Remediation, row: Sighting, parts: RemediationParts): Promise<boolean> {
  const now = parts.now();
  const open: Remediation = { ...before, outcome: null, endedAt: null };
  const after =
    before.search === null ? leftByOthers('the instance', open, row, now) : searchedAfterAll(open, before.search, now);
  return (await commitChange(before, settled(before, after, now), parts)) !== null;
}

/** A refused restart is watched for a while: should its row leave Failed, it took effect after all and is ours. */
function searchedAfterAll(open: Remediation, search: Search, now: Time): Remediation {
  const reason = 'refused, and yet the row has left Failed: looking for the new run';
  const attemptsMade = Math.max(open.attemptsMade, search.attempt);
  const again: Search = { ...search, took: 'left' };
  return { ...open, phase: 'resolving', reason, attemptsMade, search: again, nextAt: now, awaitsLook: false };
}

function isWatchOver({ phase, search, nextAt }: Remediation, { now }: RemediationParts): boolean {
  return phase === 'ended' && search !== null && nextAt !== null && nextAt <= now();
}

async function endWatch(before: Remediation, parts: RemediationParts): Promise<boolean> {
  if (before.outcome !== 'refused') return endRivalWatch(before, parts);
  // The time in which a refused restart is watched is over: its claim is free again.
  const { search } = before;
  const saved = await parts.store.save(before, { ...before, search: null, nextAt: null });
  if (saved !== null && search !== null) await parts.journal.settle(search.predecessorId);
  return true;
}

/** The window of an announced end has closed: were there other runs in it that cannot be told apart from the linked one? */
async function endRivalWatch(before: Remediation, parts: RemediationParts): Promise<boolean> {
  const { search } = before;
  if (search === null) return false;
  const [feed, rows] = await Promise.all([parts.ledger.read<Feed>(FEED), parts.sightings.get([search.predecessorId])]);
  const old = rows.get(search.predecessorId) ?? null;
  const { ids, isWhole } = await lookForRivals(before, { old, feed }, parts);
  const now = parts.now();
  const { resolve, poll } = parts.policy;
  if (ids.length === 0 && !isWhole && now < rivalWatchEnd(search, parts.policy) + resolve.window) {
    await parts.store.save(before, { ...before, nextAt: now + poll.interval });
    return false;
  }
  const after = ids.length === 0 ? before : doubted(before, ids, now);
  await parts.store.save(before, { ...after, search: null, nextAt: null });
  return true;
}
