import type { Action } from '../core/action.ts';
import type { Remediation } from '../core/remediation.ts';
import { applyAction } from '../core/transition.ts';
import type { RemediationParts } from './parts.ts';

/** Saves the record as the action leaves it and tells about it; null: somebody else changed it meanwhile. */
export async function commitAction(
  before: Remediation,
  action: Action,
  parts: RemediationParts,
): Promise<Remediation | null> {
  return commitChange(before, applyAction(before, action, parts.now()), parts);
}

/** Saves a changed record and tells what became of it; null: somebody else changed it meanwhile. */
export async function commitChange(
  before: Remediation,
  after: Remediation,
  parts: RemediationParts,
): Promise<Remediation | null> {
  const saved = await parts.store.save(before, withNews(before, after, parts));
  if (saved === null) return null;
  const { rootInstanceId: root, title, reason } = saved;
  if (saved.phase === 'held' && before.phase !== 'held') parts.emit('remediation.held', { root, title, reason });
  if (saved.phase === 'ended' && before.phase !== 'ended' && saved.outcome !== null) {
    const newInstanceId = saved.currentInstanceId === root ? null : saved.currentInstanceId;
    const ms = parts.now() - saved.firstSeenAt;
    parts.emit('remediation.ended', { root, title, outcome: saved.outcome, reason, newInstanceId, ms });
  }
  return saved;
}

/** The record itself says that its recovery is still to be told: a crash behind the save loses no news. */
function withNews(before: Remediation, after: Remediation, { announce, now }: RemediationParts): Remediation {
  if (announce === undefined || after.outcome !== 'recovered' || before.outcome === 'recovered') return after;
  return { ...after, isUntold: true, nextAt: now() };
}
