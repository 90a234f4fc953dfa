import type { Time } from './instance.ts';

/** The ledger's name for access trouble. */
export const ACCESS = 'access';

/** What stands for every definition and every call. */
export const EVERYTHING = '*';

interface Trouble {
  readonly reason: string;
  /** Ours. */
  readonly since: Time;
  readonly tries: number;
  readonly nextProbeAt: Time;
  /** A probe succeeded: work is tried again; only its success ends the trouble, its failure goes on where it was. */
  readonly isOnTrial: boolean;
}

/** Where Command denies us, by definition id or `*`. */
export type AccessTrouble = Readonly<Record<string, Trouble>>;

/** Pauses between probes while access is denied: no account is locked out (DESIGN.md 4.6). */
const PROBE_PAUSES_MS = [2_000, 10_000, 60_000, 300_000];

/** Command denied us. Null: that is known already. */
export function withDenial(known: AccessTrouble | null, of: string, reason: string, now: Time): AccessTrouble | null {
  const before = known?.[of];
  if (before?.reason === reason && !before.isOnTrial) return null;
  const tries = before?.tries ?? 0;
  return {
    ...known,
    [of]: { reason, since: before?.since ?? now, tries, nextProbeAt: now + pauseMs(tries), isOnTrial: false },
  };
}

/** A probe was answered well or not; the next one is due later and later. */
export function withProbe(
  known: AccessTrouble | null,
  of: readonly string[],
  isGood: boolean,
  now: Time,
): AccessTrouble {
  const next: Record<string, Trouble> = { ...known };
  for (const key of of) {
    const trouble = next[key];
    if (trouble === undefined) continue;
    const tries = trouble.tries + 1;
    next[key] = { ...trouble, tries, nextProbeAt: now + pauseMs(tries), isOnTrial: isGood };
  }
  return next;
}

/** Work that was denied succeeded. Null: there was no trouble. */
export function withoutDenial(known: AccessTrouble | null, of: string): AccessTrouble | null {
  if (known?.[of] === undefined) return null;
  return Object.fromEntries(Object.entries(known).filter(([key]) => key !== of));
}

/** Why work of this definition is stopped; null: it is not. */
export function denialOf(known: AccessTrouble | null, definitionId: string): string | null {
  const found = [known?.[EVERYTHING], known?.[definitionId]].find(
    (trouble) => trouble !== undefined && !trouble.isOnTrial,
  );
  return found?.reason ?? null;
}

/** What a probe is due for. */
export function dueProbes(known: AccessTrouble | null, now: Time): readonly string[] {
  return Object.entries(known ?? {})
    .filter(([, { isOnTrial, nextProbeAt }]) => !isOnTrial && nextProbeAt <= now)
    .map(([key]) => key);
}

function pauseMs(tries: number): number {
  return PROBE_PAUSES_MS[Math.min(tries, PROBE_PAUSES_MS.length - 1)] ?? 300_000;
}
