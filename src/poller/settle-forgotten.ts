import type { Intent } from '../core/intent.ts';
import type { Remediation } from '../core/remediation.ts';
import type { PollerParts } from './parts.ts';

/**
 * Frees the claims of restarts whose search is over: a process that died between the record and its journal left them,
 * and others of the same wish would wait for them for ever.
 */
export async function settleForgotten(parts: Pick<PollerParts, 'journal' | 'store'>): Promise<void> {
  const intents = (await parts.journal.unsettled()).filter(({ state }) => state !== 'open');
  if (intents.length === 0) return;
  // The records are loaded after the intents: what is over in them is over.
  const roots = await parts.store.rootsOf(intents.map(({ instanceId }) => instanceId));
  const records = await parts.store.loadMany([...new Set(roots.values())]);
  const byRoot = new Map(records.map((record) => [record.rootInstanceId, record]));
  for (const intent of intents) {
    const record = byRoot.get(roots.get(intent.instanceId) ?? '');
    if (record !== undefined && isOver(intent, record)) await parts.journal.settle(intent.instanceId);
  }
}

function isOver({ instanceId }: Intent, record: Remediation): boolean {
  const isLinked = record.lineage.some(
    ({ oldInstanceId, newInstanceId }) => oldInstanceId === instanceId && newInstanceId !== null,
  );
  const isHeldForIt = record.phase === 'held' && record.holdCause === 'ambiguous';
  if (isLinked && record.currentInstanceId !== instanceId) return !isHeldForIt;
  // A refused restart is watched for a while: its claim is freed at the end of that.
  return record.phase === 'ended' && (record.search === null || record.nextAt === null);
}
