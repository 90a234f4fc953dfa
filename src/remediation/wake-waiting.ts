import type { Time } from '../core/instance.ts';
import type { Wait } from '../core/remediation.ts';
import { RESUMED } from '../ports/ledger.ts';
import type { Ledger, Resumed } from '../ports/ledger.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';

/** Waits that the configuration decides: another one may say otherwise. */
export const CONFIGURED_WAITS: ReadonlySet<Wait> = new Set(['maintenance', 'observe']);

/** Waits that `resume` ends. */
const STOPPED_WAITS: ReadonlySet<Wait> = new Set(['pause', 'brake']);

/** The most that are looked at, and how many are loaded at once. */
const ROOTS_LIMIT = 200_000;
const SLICE = 500;

/** Makes due at once whoever waits for one of these; answers how many. */
export async function wakeWaiting(
  waits: ReadonlySet<Wait>,
  { store }: { readonly store: RemediationStore },
): Promise<number> {
  const roots = await store.rootsIn('waiting', ROOTS_LIMIT);
  let woken = 0;
  for (let from = 0; from < roots.length; from += SLICE) {
    const records = await store.loadMany(roots.slice(from, from + SLICE));
    const due = records.filter(({ phase, wait }) => phase === 'waiting' && wait !== null && waits.has(wait));
    await store.wake(due.map(({ rootInstanceId }) => rootInstanceId));
    woken += due.length;
  }
  return woken;
}

/**
 * Ends the pause and the brake, and wakes those who wait for that; answers how many. Whom a crash in between leaves
 * asleep looks again by itself within a minute.
 */
export async function resumeWork(
  by: string,
  parts: {
    readonly ledger: Ledger;
    readonly store: RemediationStore;
    readonly now: () => Time;
  },
): Promise<number> {
  await parts.ledger.update<Resumed>(RESUMED, () => ({ by, at: parts.now() }));
  await parts.ledger.resume();
  return wakeWaiting(STOPPED_WAITS, parts);
}
