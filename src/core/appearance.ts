import type { Time } from './instance.ts';
import type { Search } from './remediation.ts';

/** The ledger's name for how late new runs showed themselves. */
export const APPEARANCE = 'appearance';

/** How long after its restart each of the latest new runs was first seen, ms; 0: the first look showed it. */
export interface Appearance {
  readonly samples: readonly number[];
}

/** Enough to have seen a server on its bad days, few enough to forget one bad day. */
const SAMPLES = 20;

/**
 * Takes in one new run of a restart of ours. Only a look that had its chance and did not show it makes it late. Null: it
 * tells nothing new, which is the rule, and many that tell at once would get into each other's way.
 */
export function withAppearance(
  known: Appearance | null,
  { missedAt, endedAt }: Pick<Search, 'missedAt' | 'endedAt'>,
  firstSeenAt: Time,
): Appearance | null {
  const isLate = missedAt !== undefined && firstSeenAt > missedAt;
  const sample = isLate ? firstSeenAt - endedAt : 0;
  if (sample === 0 && appearMsOf(known) === 0) return null;
  return { samples: [...(known?.samples ?? []), sample].slice(-SAMPLES) };
}

/** How long a new run may stay unseen on this server, ms. */
export function appearMsOf(known: Appearance | null): number {
  return Math.max(0, ...(known?.samples ?? []));
}
