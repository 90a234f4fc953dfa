import type { Action } from '../core/action.ts';
import { decideWaiting } from '../core/decide-waiting.ts';
import { mayHaveHappened } from '../core/intent.ts';
import type { Remediation } from '../core/remediation.ts';
import { catchUp } from './catch-up.ts';
import { commitChange } from './commit-action.ts';
import { gatherWaiting, unreachable } from './gather-waiting.ts';
import type { GatheredWaiting } from './gather-waiting.ts';
import { learnFromOthers } from './learn-old-row.ts';
import { lookAtOlderRuns } from './open-restart.ts';
import type { RemediationParts } from './parts.ts';
import { performRestart } from './perform-restart.ts';
import { provePast } from './prove-past.ts';
import { applyAction } from '../core/transition.ts';

/** One step of a waiting remediation: gather, decide, perform. True: there may be more to do at once. */
export async function advanceWaiting(before: Remediation, parts: RemediationParts): Promise<boolean> {
  const sent = await parts.journal.load(before.currentInstanceId);
  if (sent !== null && mayHaveHappened(sent)) return catchUp(before, sent, parts);
  const gathered = await gatherWaiting(before, parts, false);
  if (gathered.type === 'stopped') return saveStopped(before, gathered, parts);
  const action = decideWaiting(gathered.remediation, gathered.facts, parts.policy);
  const isReadDue = (action.type === 'restart' && !gathered.isFresh) || isReadFirst(action, gathered);
  if (!isReadDue) return perform(before, gathered, action, parts);
  const fresh = await gatherWaiting(before, parts, true);
  if (fresh.type === 'stopped') return saveStopped(before, fresh, parts);
  return perform(before, fresh, decideWaiting(fresh.remediation, fresh.facts, parts.policy), parts);
}

type Gathered = Extract<GatheredWaiting, { type: 'facts' }>;

async function perform(
  before: Remediation,
  gathered: Gathered,
  action: Action,
  parts: RemediationParts,
): Promise<boolean> {
  parts.emit('remediation.decided', {
    root: before.rootInstanceId,
    action: action.type,
    reason: 'reason' in action ? action.reason : '',
  });
  if (action.type === 'restart') return restartAfterOlder(before, gathered, action.version, parts);
  if (action.type === 'prove') return provePast(before, gathered.remediation, parts);
  if (action.type === 'follow') await learnFromOthers(before, gathered.facts.row, parts);
  const saved = await commitChange(before, applyAction(gathered.remediation, action, parts.now()), parts);
  if (saved === null) return true;
  if (before.parkedOn !== null) await parts.gates.leave([before.parkedOn], saved.currentInstanceId); // it was called and came
  if (action.type === 'park') await parts.queue.requestTests();
  if (saved.phase === 'waiting') return hasStopEnded(saved, parts);
  return saved.phase !== 'held' && saved.phase !== 'ended';
}

/** Whoever ended the stop while this wait was being saved has not woken it. */
async function hasStopEnded({ wait }: Remediation, { ledger }: RemediationParts): Promise<boolean> {
  if (wait === 'pause') return (await ledger.paused()) === null;
  return wait === 'brake' && (await ledger.braked()) === null;
}

/** Restarts it, unless it may be the new run of an older failed one. */
async function restartAfterOlder(
  before: Remediation,
  gathered: Gathered,
  version: number | null,
  parts: RemediationParts,
): Promise<boolean> {
  const older = await lookAtOlderRuns(gathered.facts.row, parts);
  if (older.type === 'left') return true; // decided anew: this one may be its new run
  if (older.type === 'still-failed') return performRestart(before, gathered, version, parts);
  const wait = unreachable(before, older.why, older.retryAfterMs, parts);
  return (await commitChange(before, applyAction(gathered.remediation, wait, parts.now()), parts)) === null;
}

/**
 * A later run may be its own new run, of a restart that no sweep has shown yet: a read tells, once for each later run. What
 * still stands there Failed is superseded, and that run is a request made anew, whatever becomes of the row later (P5).
 */
function isReadFirst({ type }: Action, { facts, remediation }: Gathered): boolean {
  const { laterRun, row } = facts;
  if (laterRun === null || row.status !== 'Failed' || row.isGone) return false;
  return type === 'end' || (type === 'wait' && (remediation.input?.readAt ?? 0) < laterRun.firstSeenAt);
}

async function saveStopped(
  before: Remediation,
  stopped: Extract<GatheredWaiting, { type: 'stopped' }>,
  parts: RemediationParts,
): Promise<boolean> {
  const after = applyAction(stopped.remediation, stopped.action, parts.now());
  return (await commitChange(before, after, parts)) === null;
}
