import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import { applyAction, reopened, settled } from '../core/transition.ts';
import { commitChange } from './commit-action.ts';
import type { RemediationParts } from './parts.ts';

/**
 * Held and ended ones are not worked, but they are followed: what people do in Command ends or reopens them. True: there
 * may be more to do at once.
 */
export async function advanceFollowed(before: Remediation, parts: RemediationParts): Promise<boolean> {
  const row = (await parts.sightings.get([before.currentInstanceId])).get(before.currentInstanceId) ?? null;
  if (row === null) return false;
  return before.phase === 'held' ? advanceHeld(before, row, parts) : advanceEnded(before, row, parts);
}

async function advanceHeld(before: Remediation, row: Sighting, parts: RemediationParts): Promise<boolean> {
  if (before.search !== null || before.holdCause === 'ambiguous') return false; // its restart is unsettled: a person decides
  const hasLeft = row.isGone || (row.status !== 'Failed' && row.status !== 'Unknown');
  if (!hasLeft) return false;
  const reason = row.isGone ? 'the held instance is gone' : `the held instance is ${row.status} by other hands`;
  return (await commitChange(before, applyAction(before, { type: 'follow', reason }, parts.now()), parts)) !== null;
}

/** Only the newest instance of a lineage, seen Failed with a change later than the end, reopens it (DESIGN.md 3). */
async function advanceEnded(before: Remediation, row: Sighting, parts: RemediationParts): Promise<boolean> {
  const isTold = before.alertKey !== null;
  const hasLeft = row.isGone || (row.status !== 'Failed' && row.status !== 'Unknown');
  if (isTold && hasLeft) return followAfterEnd(before, row, parts);
  const wasSent = before.lineage.some(({ oldInstanceId }) => oldInstanceId === row.id);
  if (row.status !== 'Failed' || row.isGone || wasSent || before.endedAt === null || row.changedAt <= before.endedAt)
    return false;
  if (before.outcome === 'ignored' || row.lastModified === before.failure?.lastModified) return false;
  const wait = { reason: 'failed again after its end', ladder: parts.policy.backoff.failed, random: parts.random() };
  return (await commitChange(before, reopened(before, row, wait, parts.now()), parts)) !== null;
}

/** An exhausted or refused one was taken in hand by people: nothing is left to tell, and its successor is followed. */
async function followAfterEnd(before: Remediation, row: Sighting, parts: RemediationParts): Promise<boolean> {
  const reason = row.isGone ? 'the instance is gone' : `the instance is ${row.status} by other hands`;
  const open: Remediation = { ...before, outcome: null, endedAt: null };
  return (
    (await commitChange(
      before,
      settled(before, applyAction(open, { type: 'follow', reason }, parts.now()), parts.now()),
      parts,
    )) !== null
  );
}
