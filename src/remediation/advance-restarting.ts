import { HEARTBEAT_LATE_MS, withLostSender } from '../core/intent.ts';
import type { Intent } from '../core/intent.ts';
import type { Remediation } from '../core/remediation.ts';
import { commitChange } from './commit-action.ts';
import type { RemediationParts } from './parts.ts';
import { afterIntent, recordLate } from './perform-restart.ts';

/**
 * An intent is on record. Its sender finishes it; if the sender is gone it is looked up, never repeated. True: more to do.
 */
export async function advanceRestarting(before: Remediation, parts: RemediationParts): Promise<boolean> {
  const intent = await parts.journal.load(before.currentInstanceId);
  if (intent === null) return false;
  if (intent.state !== 'open') return (await commitChange(before, afterIntent(before, intent, parts), parts)) !== null;
  const sending = parts.sending.get(intent.instanceId);
  if (sending?.isOver) return recordLate(sending, parts);
  if (sending) return snooze(before, parts);
  const closed = await closeForSender(intent, parts);
  if (closed === null) return snooze(before, parts);
  // Its sender may have recorded the answer since we read it as open: what it knows stands (P1).
  await parts.journal.close(closed, 'open');
  return true;
}

/** The intent as it must be closed; null: its sender lives. */
async function closeForSender(intent: Intent, parts: RemediationParts): Promise<Intent | null> {
  const now = parts.now();
  // An intent from before the store went back may be open only because its closing was lost.
  if (intent.replica === parts.replica && intent.openedAt >= (parts.storeSince?.() ?? 0)) {
    // We are the sender and have nothing under way: the store's yes never reached us, so no byte left.
    return {
      ...intent,
      state: 'not-sent',
      why: 'the intent was written, but its sender never learned of it',
      endedAt: now,
    };
  }
  const beatAt = (await parts.journal.lastBeatAt(intent.instanceId)) ?? intent.openedAt;
  return now - beatAt < HEARTBEAT_LATE_MS ? null : withLostSender(intent, beatAt);
}

/** Looks again when the sender's heartbeat would be late. */
async function snooze(before: Remediation, parts: RemediationParts): Promise<boolean> {
  const nextAt = parts.now() + HEARTBEAT_LATE_MS / 3;
  await parts.store.save(before, { ...before, nextAt });
  return false;
}
