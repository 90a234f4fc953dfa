import { ACCESS, EVERYTHING, denialOf, dueProbes, withDenial, withProbe, withoutDenial } from '../core/access.ts';
import type { AccessTrouble } from '../core/access.ts';
import { alertKey } from '../core/alert-key.ts';
import { CONDITIONS, withCondition, withoutCondition } from '../core/condition.ts';
import type { Conditions } from '../core/condition.ts';
import type { RemediationParts } from './parts.ts';

type Parts = Pick<RemediationParts, 'ledger' | 'now'>;

/** Notes that Command denied us; what needs that right stops, a person is told, and probes begin. */
export async function reportAccessTrouble(of: string, reason: string, parts: Parts): Promise<void> {
  await parts.ledger.update<AccessTrouble>(ACCESS, (known) => withDenial(known, of, reason, parts.now()));
  const where = of === EVERYTHING ? 'nothing is found or restarted' : `definition ${of} is not restarted`;
  const summary = `Keyfactor Command denies access (${reason}), so ${where}; check the credentials and permissions: remediator doctor`;
  const raised = { cause: 'access', per: perOf(of), since: parts.now(), severity: 'critical', summary } as const;
  await parts.ledger.update<Conditions>(CONDITIONS, (known) => withCondition(known, raised));
}

/** What was denied works again. */
export async function clearAccessTrouble(of: string, parts: Parts): Promise<void> {
  if ((await parts.ledger.read<AccessTrouble>(ACCESS))?.[of] === undefined) return;
  await parts.ledger.update<AccessTrouble>(ACCESS, (known) => withoutDenial(known, of));
  await parts.ledger.update<Conditions>(CONDITIONS, (known) =>
    withoutCondition(known, alertKey('access', ...perOf(of))),
  );
}

/** Why work of this definition is stopped; null: it is not. */
export async function accessTroubleOf(definitionId: string, parts: Pick<Parts, 'ledger'>): Promise<string | null> {
  return denialOf(await parts.ledger.read<AccessTrouble>(ACCESS), definitionId);
}

/** Probes what is due: GET /Status/Endpoints. A good answer lets work be tried again. */
export async function probeAccess(parts: Parts & Pick<RemediationParts, 'command' | 'stopping'>): Promise<void> {
  const due = dueProbes(await parts.ledger.read<AccessTrouble>(ACCESS), parts.now());
  if (due.length === 0) return;
  const isGood = await succeeds(async () => parts.command.checkAccess(parts.stopping));
  await parts.ledger.update<AccessTrouble>(ACCESS, (known) => withProbe(known, due, isGood, parts.now()));
}

function perOf(of: string): readonly string[] {
  return of === EVERYTHING ? [] : [of];
}

async function succeeds(call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch {
    return false;
  }
}
