import type { Time } from './instance.ts';

/** Looks at Command in a row that went well, or that could not be made; one document of the ledger. */
export interface LookRow {
  readonly isGood: boolean;
  readonly count: number;
  /** Ours: the first of them. */
  readonly since: Time;
}

/** A way of looking at Command that tells whether it can be read. */
export interface Looks {
  /** The ledger's name for the row. */
  readonly row: string;
  /** People are told after so many failed ones in a row. */
  readonly awayAfter: number;
  /** They are told that it is over after so many good ones in a row. */
  readonly backAfter: number;
}

/** Where every other sweep is answered 429, one alert neither comes nor goes with each of them (P9). */
export const SWEEPS: Looks = { row: 'sweep-row', awayAfter: 2, backAfter: 2 };

/** Half an hour of them in the usual setting. A good one covers all that the failed ones did not. */
export const SCANS: Looks = { row: 'scan-row', awayAfter: 3, backAfter: 1 };

/** One more look. Null: the row is long enough already. */
export function withLook(
  known: LookRow | null,
  { isGood, at }: { readonly isGood: boolean; readonly at: Time },
  looks: Looks,
): LookRow | null {
  if (known?.isGood !== isGood) return { isGood, count: 1, since: at };
  return known.count >= enough(isGood, looks) ? null : { ...known, count: known.count + 1 };
}

/** Since when Command is away for these looks; null: it is not, or nobody is sure yet. */
export function awaySince(row: LookRow | null, looks: Looks): Time | null {
  return row !== null && !row.isGood && row.count >= enough(false, looks) ? row.since : null;
}

/** True where these looks surely go well again. */
export function isBack(row: LookRow | null, looks: Looks): boolean {
  return row !== null && row.isGood && row.count >= enough(true, looks);
}

function enough(isGood: boolean, { awayAfter, backAfter }: Looks): number {
  return isGood ? backAfter : awayAfter;
}
