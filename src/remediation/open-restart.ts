import { mayBeNewRun } from '../core/new-run.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';

export interface OpenRestart {
  readonly instanceId: string;
  /** It is held unresolved. */
  readonly isHeld: boolean;
}

/** The restart, ours or other people's, whose new run this row may be; null: none is open. */
export async function openRestartOf(
  { mayBeNewRun: isAsked }: Pick<Remediation, 'mayBeNewRun'>,
  row: Sighting,
  parts: RemediationParts,
): Promise<OpenRestart | null> {
  // Ours are asked for only those that were first seen while one was open.
  return (isAsked ? await openIntentOf(row, parts) : null) ?? leftBehind(row, parts);
}

async function openIntentOf(row: Sighting, parts: RemediationParts): Promise<OpenRestart | null> {
  const unsettled = await parts.journal.unsettled();
  for (const intent of unsettled.filter((open) => mayBeNewRun(row, open, parts.now(), parts.policy))) {
    const isHeld = (await parts.store.load(intent.rootInstanceId))?.phase === 'held';
    // Held without a successor: what is of the same wish is held with it, the others go on (DESIGN.md 4.2).
    const isEqual = row.print?.requestKey === intent.requestKey || row.print?.fingerprint === intent.fingerprint;
    if (!isHeld || isEqual) return { instanceId: intent.instanceId, isHeld };
  }
  return null;
}

/** The most rows of one request that are looked at. */
const ROWS = 50;

/**
 * A run of the same request that left Failed by other hands, and whose new run nobody has found yet: were this row worked
 * as a root of its own, the attempts of the older lineage would be lost (P5).
 */
async function leftBehind(row: Sighting, parts: RemediationParts): Promise<OpenRestart | null> {
  if (row.print === null) return null;
  const equal = await parts.sightings.withRequestKey(row.print.requestKey, ROWS);
  const left = equal.filter(
    ({ id, status, isGone, firstSeen }) =>
      id !== row.id && firstSeen < row.firstSeen && (isGone || status === 'CanceledForRestart'),
  );
  if (left.length === 0) return null;
  const roots = await parts.store.rootsOf(left.map(({ id }) => id));
  for (const record of await parts.store.loadMany([...new Set(roots.values())])) {
    const { phase, currentInstanceId, rootInstanceId, instanceIds } = record;
    if (phase === 'ended' || instanceIds.includes(row.id) || !left.some(({ id }) => id === currentInstanceId)) continue;
    if (rootInstanceId !== row.id) return { instanceId: currentInstanceId, isHeld: phase === 'held' };
  }
  return null;
}
