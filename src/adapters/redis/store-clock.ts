import type { Time } from '../../core/instance.ts';

/** A longer round trip says too little about the moment in between: the process may have slept in it. */
const ROUND_TRIP_LIMIT_MS = 2000;

/** A larger step between two answers is a jump of the store's clock, or a sleep of this machine: no drift. */
const JUMP_MS = 5000;

/**
 * The store's clock as well as it is known here: what the store said last, carried on by a steady clock, so that a jump
 * of the wall clock moves no window and no deadline.
 */
export class StoreClock {
  private readonly steadyMs: () => number;
  private offsetMs: number;
  private isLearned = false;
  private steadySinceMs: Time;

  /** `wallMs`: what is believed until the store has told its time. `steadyMs` never jumps. */
  constructor(wallMs: number, steadyMs: () => number) {
    this.steadyMs = steadyMs;
    this.offsetMs = wallMs - steadyMs();
    this.steadySinceMs = wallMs;
  }

  /** Since when the store's clock has run as steadily as ours: what it measured from before may be any length. */
  steadySince(): Time {
    return this.steadySinceMs;
  }

  now(): Time {
    return Math.round(this.steadyMs() + this.offsetMs);
  }

  /** The moment at which a question to the store begins. */
  begin(): number {
    return this.steadyMs();
  }

  /** The store's time in its answer to a question that began then. */
  learn(begunMs: number, storeNow: Time): void {
    const endMs = this.steadyMs();
    if (storeNow <= 0 || (this.isLearned && endMs - begunMs > ROUND_TRIP_LIMIT_MS)) return;
    const offsetMs = storeNow - (begunMs + endMs) / 2;
    if (!this.isLearned || Math.abs(offsetMs - this.offsetMs) > JUMP_MS) this.steadySinceMs = storeNow;
    this.isLearned = true;
    this.offsetMs = offsetMs;
  }
}
