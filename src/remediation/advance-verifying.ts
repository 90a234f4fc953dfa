import { READ_AGAIN_MS, decideVerifying } from '../core/decide-verifying.ts';
import type { VerifyingFacts } from '../core/decide-verifying.ts';
import { FEED } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import { recordLeadingTo } from '../core/lineage.ts';
import type { LineageRecord } from '../core/lineage.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import { reopened, toFailure } from '../core/transition.ts';
import { commitAction, commitChange } from './commit-action.ts';
import { rulingOf } from './gather-waiting.ts';
import { giveVerdict } from './give-verdict.ts';
import { learnFromOldRow } from './learn-old-row.ts';
import { lookForRivals } from './look-for-rivals.ts';
import { inputFate } from './new-run-fate.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';

/** One step of watching the successor, approvers included. True: there may be more to do at once. */
export async function advanceVerifying(before: Remediation, parts: RemediationParts): Promise<boolean> {
  const facts = await gatherVerifying(before, parts);
  const action = decideVerifying(before, facts, parts.policy);
  if (action.type === 'reopen' && facts.row !== null) return reopen(before, facts.row, action.reason, parts);
  const saved = await commitAction(before, action, parts);
  if (saved === null) return true;
  // No sweep came in time by itself: ask for the look that moves it on.
  if (saved.awaitsLook && saved.nextAt !== null && saved.nextAt <= parts.now()) await parts.queue.requestSweep();
  if (action.type === 'end') await learnFromOldRow(saved, parts);
  if (action.type === 'end') await giveVerdict(saved, action.outcome === 'recovered' ? 'completed' : 'neutral', parts);
  if (saved.phase === 'held' || (saved.phase === 'handed-over' && before.phase !== 'handed-over'))
    await giveVerdict(saved, 'neutral', parts);
  return saved.phase === 'resolving' || saved.isUntold === true;
}

async function reopen(before: Remediation, row: Sighting, reason: string, parts: RemediationParts): Promise<boolean> {
  const now = parts.now();
  const { ladder } = rulingOf({ ...before, failure: toFailure(row, now) }, row, parts);
  const saved = await commitChange(
    before,
    reopened(before, row, { reason, ladder, random: parts.random() }, now),
    parts,
  );
  if (saved === null) return true;
  await learnFromOldRow(saved, parts);
  await giveVerdict(saved, 'failed', parts, row);
  return true;
}

async function gatherVerifying(before: Remediation, parts: RemediationParts): Promise<VerifyingFacts> {
  const feed = await parts.ledger.read<Feed>(FEED);
  const ids = [before.currentInstanceId, before.search?.predecessorId ?? before.rootInstanceId];
  const rows = await parts.sightings.get(ids);
  const record = recordLeadingTo(before.lineage, before.currentInstanceId);
  const old = rows.get(ids[1] ?? '') ?? null;
  const isFeedTrusted = feed?.isTrusted ?? true;
  const restartedAt = restartEndOf(before, record);
  return {
    now: parts.now(),
    row: await currentRow(before, rows.get(before.currentInstanceId) ?? null, { restartedAt, isFeedTrusted }, parts),
    isFeedTrusted,
    restartedAt,
    isLinkExact: record?.confidence === 'exact',
    isDoublyProved: record !== undefined && isDoublyProved(record, old) && (await inputFate(parts)) !== 'made anew',
    lookedAt: feed?.lookedAt ?? 0,
    rivals: (await lookForRivals(before, { old, feed }, parts)).ids,
  };
}

/** Ours: when the restart that led to the current run ended. */
function restartEndOf({ search, changedAt }: Remediation, record: LineageRecord | undefined): number {
  return search?.endedAt ?? record?.restartedAt ?? changedAt;
}

/** The successor's row; read directly where nothing was seen by `verify.timeout` (DESIGN.md 4.8), or the feed is not trusted. */
async function currentRow(
  before: Remediation,
  known: Sighting | null,
  { restartedAt, isFeedTrusted }: { readonly restartedAt: number; readonly isFeedTrusted: boolean },
  parts: RemediationParts,
): Promise<Sighting | null> {
  const timeoutAt = restartedAt + parts.policy.verify.timeout;
  const now = parts.now();
  const isOpenStill = known === null || known.status === 'Running' || known.status === 'Unknown';
  const isOld =
    known !== null &&
    (isFeedTrusted ? now >= timeoutAt && known.seenAt < timeoutAt : known.seenAt <= now - READ_AGAIN_MS);
  if (known !== null && !(isOpenStill && isOld)) return known;
  const read = await readInstance(before.currentInstanceId, parts);
  return read.type === 'read' || read.type === 'gone' ? read.row : known;
}

/**
 * Two independent proofs: equal input and newness, and the old row's own state. Where new runs are known to bear another
 * input, an equal one proves nothing: a person's equal request bears it.
 */
function isDoublyProved(record: LineageRecord, old: Sighting | null): boolean {
  return record.confidence === 'exact' && old !== null && (old.isGone || old.status === 'CanceledForRestart');
}
