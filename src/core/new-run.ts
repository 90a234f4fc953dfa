import type { Time } from './instance.ts';
import type { Intent } from './intent.ts';
import type { Policy } from './policy.ts';
import type { Sighting } from './sighting.ts';

/**
 * True where a row may be the new run of an open restart: such a row is never worked as a root of its own (DESIGN.md
 * 4.2). A row that was not read yet may be any; one that was read must be equal, or bear the same Title while the window
 * is open.
 */
export function mayBeNewRun(row: Sighting, intent: Intent, now: Time, policy: Pick<Policy, 'resolve'>): boolean {
  if (row.id === intent.instanceId || row.firstSeen <= intent.mark) return false;
  if (row.definitionId !== intent.definitionId || row.workflowType.toLowerCase() !== intent.workflowType.toLowerCase())
    return false;
  if (row.print === null) return true;
  if (row.print.requestKey === intent.requestKey || row.print.fingerprint === intent.fingerprint) return true;
  return row.title === intent.title && now - (intent.endedAt ?? now) < policy.resolve.window;
}
