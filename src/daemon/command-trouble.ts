import { EVERYTHING } from '../core/access.ts';
import { clearCondition, raiseCondition } from '../alerts/conditions.ts';
import { alertKey } from '../core/alert-key.ts';
import { AccessError, StoreLostError } from '../core/errors.ts';
import { accessTroubleOf, clearAccessTrouble, reportAccessTrouble } from '../remediation/access.ts';
import type { WorkParts } from './create-parts.ts';

/** A sweep or scan could not be made: notes why, so that a person is told if it lasts. */
export async function noteCommandTrouble(error: unknown, parts: WorkParts): Promise<void> {
  if (error instanceof StoreLostError || parts.stopping.aborted) return;
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof AccessError) {
    await reportAccessTrouble(EVERYTHING, why, parts);
    return;
  }
  const summary = `Keyfactor Command cannot be read (${why}), so nothing is found or restarted; see remediator doctor`;
  await raiseCondition(parts.ledger, { cause: 'command-away', since: parts.now(), severity: 'critical', summary });
}

/** A sweep or scan went well: Command answers, and what it says of statuses is told. */
export async function noteCommandBack(parts: WorkParts): Promise<void> {
  await clearCondition(parts.ledger, alertKey('command-away'));
  await clearAccessTrouble(EVERYTHING, parts);
  if (parts.command.dialect().isFailedKnown) {
    await clearCondition(parts.ledger, alertKey('failed-status-unknown'));
    return;
  }
  if (parts.command.dialect().statusForm !== 'int') return; // no row seen yet
  const summary =
    'no evidence tells which status integer means Failed, so nothing is sent; see remediator doctor, then set command.statusMap, such as {Failed: 4}';
  await raiseCondition(parts.ledger, {
    cause: 'failed-status-unknown',
    since: parts.now(),
    severity: 'critical',
    summary,
  });
}

/** While Command denies us everything, only the probes call it. */
export async function isDenied(parts: WorkParts): Promise<boolean> {
  return (await accessTroubleOf(EVERYTHING, parts)) !== null;
}
