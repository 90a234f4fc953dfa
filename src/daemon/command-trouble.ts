import { EVERYTHING } from '../core/access.ts';
import { clearCondition, raiseCondition } from '../alerts/conditions.ts';
import { alertKey } from '../core/alert-key.ts';
import { SCANS, SWEEPS, awaySince, isBack, withLook } from '../core/command-away.ts';
import type { LookRow, Looks } from '../core/command-away.ts';
import type { Time } from '../core/instance.ts';
import type { Wait } from '../core/remediation.ts';
import { AccessError, StoreLostError } from '../core/errors.ts';
import type { CommandDialect } from '../ports/command.ts';
import { accessTroubleOf, clearAccessTrouble, reportAccessTrouble } from '../remediation/access.ts';
import { clearSecondDaemon } from '../remediation/second-daemon.ts';
import { wakeWaiting } from '../remediation/wake-waiting.ts';
import type { WorkParts } from './create-parts.ts';

type TroubleParts = Pick<WorkParts, 'ledger' | 'now' | 'stopping'>;

/** A sweep could not be made: notes why, so that a person is told if it lasts. */
export async function noteCommandTrouble(error: unknown, parts: TroubleParts): Promise<void> {
  const why = await troubleOf(error, parts);
  const since = why === null ? null : awaySince(await noteLook(SWEEPS, false, parts), SWEEPS);
  if (since === null) return;
  const summary = `Keyfactor Command cannot be read (${why}), so nothing is found or restarted; see remediator doctor`;
  await raiseCondition(parts.ledger, { cause: 'command-away', since, severity: 'critical', summary });
}

/** A full scan could not be made: notes why. Where sweeps fail as well, theirs is the alert. */
export async function noteScanTrouble(error: unknown, parts: TroubleParts): Promise<void> {
  const why = await troubleOf(error, parts);
  if (why === null || (await parts.ledger.read<LookRow>(SWEEPS.row))?.isGood !== true) return;
  const since = awaySince(await noteLook(SCANS, false, parts), SCANS);
  if (since === null) return;
  const summary = `${SCANS.awayAfter} full scans in a row failed (${why}) although sweeps go well, so failures that the sweeps missed are not found, deleted rows not noticed and lost wake-ups not made good; see remediator doctor and the log; where Command answers too late, lower command.pageSize or poll.lookback, or raise command.timeout`;
  await raiseCondition(parts.ledger, {
    cause: 'command-away',
    per: [FULL_SCAN],
    since,
    severity: 'warning',
    summary,
  });
}

/** A full scan went well. */
export async function noteScanBack(parts: TroubleParts): Promise<void> {
  if (isBack(await noteLook(SCANS, true, parts), SCANS))
    await clearCondition(parts.ledger, alertKey('command-away', FULL_SCAN));
}

const FULL_SCAN = 'full-scan';

/** Why Command could not be read; null: it is no word about that. Missing access has an alert of its own. */
async function troubleOf(error: unknown, parts: TroubleParts): Promise<string | null> {
  if (error instanceof StoreLostError || parts.stopping.aborted) return null;
  const why = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AccessError)) return why;
  await reportAccessTrouble(EVERYTHING, why, parts);
  return null;
}

async function noteLook(looks: Looks, isGood: boolean, { ledger, now }: TroubleParts): Promise<LookRow | null> {
  return ledger.update<LookRow>(looks.row, (known) => withLook(known, { isGood, at: now() }, looks));
}

/** A sweep went well: Command answers, and what it says of statuses is told. */
export async function noteCommandBack(begunAt: Time, parts: WorkParts): Promise<void> {
  await openCommandGate(begunAt, parts);
  await clearSecondDaemon(parts);
  if (isBack(await noteLook(SWEEPS, true, parts), SWEEPS)) await clearCondition(parts.ledger, alertKey('command-away'));
  await clearAccessTrouble(EVERYTHING, parts);
  const { isFailedKnown, contraryFailed, openStatuses } = await dialectNow(parts);
  if (isFailedKnown) {
    await clearCondition(parts.ledger, alertKey('failed-status-unknown'));
    return;
  }
  // no row that may be Failed was seen yet; that the config is wrong is told at once
  if (openStatuses.length === 0 && contraryFailed === null) return;
  const integers = openStatuses.toSorted((one, other) => one - other).join(', ');
  const summary =
    contraryFailed === null
      ? `no evidence tells which status integer means Failed (rows show ${integers}), so nothing is sent; see remediator doctor, then set command.statusMap, such as {Failed: 4}`
      : `command.statusMap and Command disagree on Failed (Command lists ${contraryFailed.integer} by the name ${contraryFailed.name}), so nothing is sent; see remediator doctor, then correct command.statusMap`;
  await raiseCondition(parts.ledger, {
    cause: 'failed-status-unknown',
    since: parts.now(),
    severity: 'critical',
    summary,
  });
}

/** The rows of this sweep may have shown an integer that nobody has asked about yet. */
async function dialectNow({ command, stopping }: WorkParts): Promise<CommandDialect> {
  const known = command.dialect();
  if (known.isFailedKnown || known.openStatuses.length === 0) return known;
  // The sweep went well: that this question does not is no trouble of its own, and the next sweep asks again.
  return command.learnDialect(stopping).catch(() => known);
}

/** The gate was shut before that look began, and the look went well: who waits for it goes on. */
async function openCommandGate(begunAt: Time, parts: WorkParts): Promise<void> {
  if (!(await parts.ledger.openCommand(begunAt))) return;
  parts.emit('command.gate', { isShut: false, why: 'a sweep went well' });
  await wakeWaiting(GATE_WAITS, parts);
}

const GATE_WAITS: ReadonlySet<Wait> = new Set(['command']);

/** While Command denies us everything, only the probes call it. */
export async function isDenied(parts: WorkParts): Promise<boolean> {
  return (await accessTroubleOf(EVERYTHING, parts)) !== null;
}
