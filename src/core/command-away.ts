import type { Time } from './instance.ts';

/** Sweeps in a row that went well, or that could not be made; one document of the ledger. */
export interface SweepRow {
  readonly isGood: boolean;
  readonly count: number;
  /** Ours: the first of them. */
  readonly since: Time;
}

/** The ledger's name for it. */
export const SWEEP_ROW = 'sweep-row';

/**
 * People are told that Command cannot be read, and that it can be again, after so many sweeps in a row that say so: where
 * every other one is answered 429, one alert neither comes nor goes with each of them (P9).
 */
const TOLD_AFTER = 2;

/** One more sweep. Null: the row is long enough already. */
export function withSweep(known: SweepRow | null, isGood: boolean, now: Time): SweepRow | null {
  if (known?.isGood !== isGood) return { isGood, count: 1, since: now };
  return known.count >= TOLD_AFTER ? null : { ...known, count: known.count + 1 };
}

/** Since when Command is away; null: it is not, or nobody is sure yet. */
export function awaySince(row: SweepRow | null): Time | null {
  return row !== null && !row.isGood && row.count >= TOLD_AFTER ? row.since : null;
}

/** True where Command is surely back. */
export function isBack(row: SweepRow | null): boolean {
  return row !== null && row.isGood && row.count >= TOLD_AFTER;
}
