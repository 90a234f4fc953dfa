import type { Time } from '../../core/instance.ts';
import type { RequestBudget, RequestPriority } from '../../ports/command.ts';
import type { Keys } from './keys.ts';
import type { Kv } from './kv.ts';

const ORDER: readonly RequestPriority[] = ['restart', 'sweep', 'successor', 'classification'];

/** The most turns taken at once for callers that wait here. */
const LOT = 20;

/** Replicas that are told to hold off at the same moment; beyond it another one has said it. */
const HOLD_TRIES = 10;

/** Held off, it looks this often whether anybody still waits. */
const LOOK_MS = 1000;

async function sleepFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Caller {
  readonly rank: number;
  readonly number: number;
  readonly serve: (now: Time) => void;
  readonly fail: (error: unknown) => void;
}

/** Requests per second over all replicas: turns are taken in Redis, evenly spaced, and given out here by priority. */
export class RedisRequestBudget implements RequestBudget {
  private readonly kv: Kv;
  private readonly key: string;
  private readonly holdKey: string;
  private readonly intervalMs: number;
  private readonly callers: Caller[] = [];
  private calls = 0;
  private isServing = false;
  private readonly sleep: (ms: number) => Promise<void>;

  constructor(kv: Kv, keys: Keys, requestsPerSecond: number, sleep = sleepFor) {
    this.kv = kv;
    this.key = keys.budget;
    this.holdKey = keys.budgetHold;
    this.intervalMs = 1000 / requestsPerSecond;
    this.sleep = sleep;
  }

  async take(priority: RequestPriority, signal?: AbortSignal): Promise<Time> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Time>();
    const caller: Caller = { rank: ORDER.indexOf(priority), number: this.calls++, serve: resolve, fail: reject };
    const leave = (): void => {
      const at = this.callers.indexOf(caller);
      if (at >= 0) this.callers.splice(at, 1);
      reject(signal?.reason instanceof Error ? signal.reason : new Error('stopped'));
    };
    signal?.addEventListener('abort', leave, { once: true });
    this.callers.push(caller);
    void this.serve();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  async holdOff(ms: number): Promise<void> {
    for (let tries = 0; tries < HOLD_TRIES; tries++) {
      const known = await this.kv.get(this.holdKey);
      const until = this.kv.now() + ms;
      // Many requests under way are answered alike: the longest wish counts, not their sum.
      if (Number(known ?? 0) >= until) return;
      const check = { is: 'equal', key: this.holdKey, value: known } as const;
      if ((await this.kv.commit([check], [['set', this.holdKey, String(until)]])).ok) return;
    }
  }

  /** One lot of turns after another while somebody waits; the most urgent caller gets the next turn. */
  private async serve(): Promise<void> {
    if (this.isServing) return;
    this.isServing = true;
    try {
      while (this.callers.length > 0) {
        // Far-away turns are taken one by one, so that an urgent caller who comes later is not behind a whole lot.
        const count = this.intervalMs < 20 ? Math.min(LOT, this.callers.length) : 1;
        const { waitMs, now } = await this.kv.reserve(this.key, this.intervalMs, count);
        if (waitMs > 0) await this.sleep(waitMs);
        // Asked after the wait, so that a turn from before a 429 is not used after it; whoever it was for takes a new one.
        const heldMs = await this.heldMs();
        if (heldMs > 0) await this.sleep(Math.min(heldMs, LOOK_MS));
        else this.giveOut(count, now + waitMs);
      }
    } catch (error) {
      for (const caller of this.callers.splice(0)) caller.fail(error);
    } finally {
      this.isServing = false;
    }
  }

  private giveOut(count: number, at: Time): void {
    for (let turn = 0; turn < count; turn++) this.next()?.serve(at);
  }

  private async heldMs(): Promise<number> {
    return Number((await this.kv.get(this.holdKey)) ?? 0) - this.kv.now();
  }

  private next(): Caller | undefined {
    const best = this.callers.toSorted((a, b) => a.rank - b.rank || a.number - b.number)[0];
    if (best) this.callers.splice(this.callers.indexOf(best), 1);
    return best;
  }
}
