import type { RemediationParts } from './parts.ts';
import { ACCESS } from './parts.ts';
import type { AccessTrouble } from './parts.ts';

/** Pauses between probes while access is denied: no account is locked out (DESIGN.md 4.6). */
const PROBE_PAUSES_MS = [2_000, 10_000, 60_000, 300_000];

/** Notes that Command denied us; restarts of that definition (`*`: all) stop until a probe succeeds. */
export async function reportAccessTrouble(
  of: string,
  reason: string,
  parts: Pick<RemediationParts, 'ledger' | 'now'>,
): Promise<void> {
  await parts.ledger.update<AccessTrouble>(ACCESS, (known) => {
    if (known?.of[of]?.reason === reason) return null;
    const now = parts.now();
    return { of: { ...known?.of, [of]: { reason, since: now, tries: 0, nextProbeAt: now + pauseMs(0) } } };
  });
}

/** Why restarts of this definition are stopped; null: they are not. */
export async function accessTroubleOf(
  definitionId: string,
  parts: Pick<RemediationParts, 'ledger'>,
): Promise<string | null> {
  const known = await parts.ledger.read<AccessTrouble>(ACCESS);
  return (known?.of['*'] ?? known?.of[definitionId])?.reason ?? null;
}

/** Tries what is due again; a good answer ends the trouble. */
export async function probeAccess(
  parts: Pick<RemediationParts, 'ledger' | 'now' | 'command' | 'stopping'>,
): Promise<void> {
  const known = await parts.ledger.read<AccessTrouble>(ACCESS);
  const due = Object.entries(known?.of ?? {}).filter(([, trouble]) => trouble.nextProbeAt <= parts.now());
  if (due.length === 0) return;
  const isGood = await succeeds(async () => parts.command.checkAccess(parts.stopping));
  await parts.ledger.update<AccessTrouble>(ACCESS, (latest) => {
    const of = { ...latest?.of };
    for (const [key] of due) {
      const trouble = of[key];
      if (trouble === undefined) continue;
      const tries = trouble.tries + 1;
      if (isGood) delete of[key];
      else of[key] = { ...trouble, tries, nextProbeAt: parts.now() + pauseMs(tries) };
    }
    return { of };
  });
}

function pauseMs(tries: number): number {
  return PROBE_PAUSES_MS[Math.min(tries, PROBE_PAUSES_MS.length - 1)] ?? 300_000;
}

async function succeeds(call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch {
    return false;
  }
}
