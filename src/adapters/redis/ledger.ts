import type { Time } from '../../core/instance.ts';
import type { Ledger, Pause } from '../../ports.ts';
import type { Keys } from './keys.ts';
import type { Kv, Write } from './kv.ts';
import { updateDoc } from './versioned-doc.ts';

/** A replica that has not said so for this long does not live. */
const REPLICA_LATE_MS = 15_000;

/** What the daemon knows about itself and its server, in Redis. */
export class RedisLedger implements Ledger {
  private readonly kv: Kv;
  private readonly keys: Keys;

  constructor(kv: Kv, keys: Keys) {
    this.kv = kv;
    this.keys = keys;
  }

  async read<T>(name: string): Promise<T | null> {
    const text = await this.kv.hget(this.keys.ledger(name), 'doc');
    return text === null ? null : (JSON.parse(text) as T);
  }

  async update<T>(name: string, change: (known: T | null) => T | null): Promise<T | null> {
    const { doc } = await updateDoc<T>(this.kv, this.keys.ledger(name), (known) => {
      const next = change(known);
      return next === null ? null : { doc: next };
    });
    return doc;
  }

  async pause(pause: Pause): Promise<void> {
    const text = JSON.stringify(pause);
    const { until } = pause;
    const write: Write =
      until === null
        ? ['set', this.keys.pause, text]
        : ['set', this.keys.pause, text, 'PX', Math.max(1, Math.ceil(until - this.kv.now()))];
    await this.kv.commit([], [write]);
  }

  async resume(): Promise<void> {
    await this.kv.commit(
      [],
      [
        ['del', this.keys.pause],
        ['del', this.keys.brake],
      ],
    );
  }

  async paused(): Promise<Pause | null> {
    const text = await this.kv.get(this.keys.pause);
    return text === null ? null : (JSON.parse(text) as Pause);
  }

  async brake(reason: string): Promise<void> {
    await this.kv.commit([], [['set', this.keys.brake, reason]]);
  }

  async braked(): Promise<string | null> {
    return this.kv.get(this.keys.brake);
  }

  async beat(replica: string): Promise<number> {
    const now: Time = this.kv.now();
    await this.kv.commit(
      [],
      [
        ['zadd', this.keys.replicas, now, replica],
        ['zremrangebyscore', this.keys.replicas, '-inf', `(${now - 4 * REPLICA_LATE_MS}`],
      ],
    );
    return this.replicas();
  }

  async leave(replica: string): Promise<void> {
    await this.kv.commit([], [['zrem', this.keys.replicas, replica]]);
  }

  async replicas(): Promise<number> {
    return this.kv.zcount(this.keys.replicas, this.kv.now() - REPLICA_LATE_MS, '+inf');
  }
}
