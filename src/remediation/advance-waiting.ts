import { decideWaiting } from '../core/decide-waiting.ts';
import type { Remediation } from '../core/remediation.ts';
import { commitChange } from './commit-action.ts';
import { gatherWaiting } from './gather-waiting.ts';
import type { GatheredWaiting } from './gather-waiting.ts';
import type { RemediationParts } from './parts.ts';
import { performRestart } from './perform-restart.ts';
import { provePast } from './prove-past.ts';
import { applyAction } from '../core/transition.ts';

/** One step of a waiting remediation: gather, decide, perform. True: there may be more to do at once. */
export async function advanceWaiting(before: Remediation, parts: RemediationParts): Promise<boolean> {
  let gathered = await gatherWaiting(before, parts, false);
  if (gathered.type === 'stopped') return saveStopped(before, gathered, parts);
  let action = decideWaiting(gathered.remediation, gathered.facts, parts.policy);
  if (action.type === 'restart' && !gathered.isFresh) {
    gathered = await gatherWaiting(before, parts, true);
    if (gathered.type === 'stopped') return saveStopped(before, gathered, parts);
    action = decideWaiting(gathered.remediation, gathered.facts, parts.policy);
  }
  parts.emit('remediation.decided', {
    root: before.rootInstanceId,
    action: action.type,
    reason: 'reason' in action ? action.reason : '',
  });
  if (action.type === 'restart') return performRestart(before, gathered, action.version, parts);
  if (action.type === 'prove') return provePast(before, gathered.remediation, parts);
  const saved = await commitChange(before, applyAction(gathered.remediation, action, parts.now()), parts);
  if (saved === null) return true;
  if (before.parkedOn !== null) await parts.gates.leave([before.parkedOn], saved.currentInstanceId); // it was called and came
  if (action.type === 'park') await parts.queue.requestTests();
  return saved.phase !== 'waiting' && saved.phase !== 'held' && saved.phase !== 'ended';
}

async function saveStopped(
  before: Remediation,
  stopped: Extract<GatheredWaiting, { type: 'stopped' }>,
  parts: RemediationParts,
): Promise<boolean> {
  const after = applyAction(stopped.remediation, stopped.action, parts.now());
  return (await commitChange(before, after, parts)) === null;
}
