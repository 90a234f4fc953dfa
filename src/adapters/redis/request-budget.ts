import type { Time } from '../../core/instance.ts';
import type { RequestBudget, RequestPriority } from '../../ports.ts';
import type { Keys } from './keys.ts';
import type { Kv } from './kv.ts';

const ORDER: readonly RequestPriority[] = ['restart', 'sweep', 'successor', 'classification'];

/** The most turns taken at once for callers that wait here. */
const LOT = 20;

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
  private readonly intervalMs: number;
  private readonly callers: Caller[] = [];
  private calls = 0;
  private isServing = false;

  constructor(kv: Kv, keys: Keys, requestsPerSecond: number) {
    this.kv = kv;
    this.key = keys.budget;
    this.intervalMs = 1000 / requestsPerSecond;
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
    await this.kv.reserve(this.key, ms, 1);
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
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        for (let turn = 0; turn < count; turn++) this.next()?.serve(now + waitMs);
      }
    } catch (error) {
      for (const caller of this.callers.splice(0)) caller.fail(error);
    } finally {
      this.isServing = false;
    }
  }

  private next(): Caller | undefined {
    const best = this.callers.toSorted((a, b) => a.rank - b.rank || a.number - b.number)[0];
    if (best) this.callers.splice(this.callers.indexOf(best), 1);
    return best;
  }
}
