/** One ladder of waits: exponential, capped, jittered. All in ms. */
export interface Ladder {
  readonly first: number;
  readonly factor: number;
  readonly max: number;
  /** 0 to 1: the delay is drawn from [(1 - jitter) d, d]. */
  readonly jitter: number;
}

/** The delay of a rung (from 1), drawn with `random` in [0, 1). The caller stores it: it is not drawn again. */
export function drawDelayMs(ladder: Ladder, rung: number, random: number): number {
  const growth = Math.min(GROWTH_LIMIT, ladder.factor ** Math.max(0, rung - 1));
  const full = Math.min(ladder.max, ladder.first * growth);
  return Math.round(full * (1 - ladder.jitter * random));
}

/** Beyond any sensible `max`, and still finite: nothing times infinity would be no number. */
const GROWTH_LIMIT = 1e15;
