import { createHash, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { StoreLostError, TransientError } from '../../core/errors.ts';
import type { Time } from '../../core/instance.ts';
import type { Keys } from './keys.ts';
import type { Check, Committed, Kv, Scored, Write, ZRange } from './kv.ts';
import { COMMIT, RENEW_EPOCH, RESERVE } from './scripts.ts';
import { StoreClock } from './store-clock.ts';

export interface RedisKvOptions {
  /** After each commit that `isDurable` asks for, wait until this many replicas of Redis have it. 0: none. */
  readonly confirmReplicas: number;
}

/** A command that Redis does not answer within this time is given up; whether it was done is then unknown. */
export const COMMAND_TIMEOUT_MS = 5000;

interface Script {
  readonly text: string;
  readonly sha: string;
  readonly keys: number;
}

const script = (text: string, keys: number): Script => ({
  text,
  keys,
  sha: createHash('sha1').update(text).digest('hex'),
});
const COMMIT_SCRIPT = script(COMMIT, 3);
const RESERVE_SCRIPT = script(RESERVE, 1);
const RENEW_SCRIPT = script(RENEW_EPOCH, 3);

/** The store on a real Redis or Valkey. `attach` before the first commit. */
export class RedisKv implements Kv {
  private readonly redis: Redis;
  private readonly keys: Keys;
  private epoch = '';
  private sequence = 0;
  /** The sequence of this process's last commit in this epoch. */
  private ownSequence = 0;
  private readonly process = randomUUID();
  private readonly clock = new StoreClock(Date.now(), () => performance.now());
  private attachedAt = 0;

  constructor(redis: Redis, keys: Keys) {
    this.redis = redis;
    this.keys = keys;
  }

  /**
   * Takes on the store's identity, and gives it one where it has none. `renew`: after a loss; what this process knew is
   * void. Answers whether the store is new, that is, without knowledge of the past.
   */
  async attach(renew = false): Promise<{ readonly epoch: string; readonly isNew: boolean }> {
    const fresh = randomUUID();
    this.attachedAt = this.now();
    const found = await this.ask(() => this.redis.get(this.keys.epoch));
    const known = renew ? this.epoch : '';
    if (found !== null && found !== known) this.epoch = found;
    else this.epoch = String(await this.run(RENEW_SCRIPT, [this.keys.epoch, ...this.keys.watched], [known, fresh]));
    this.ownSequence = 0;
    this.sequence = Number((await this.ask(() => this.redis.get(this.keys.sequence))) ?? 0);
    return { epoch: this.epoch, isNew: this.epoch === fresh };
  }

  /** What was written before this time may have been set back since: the store was attached (again) then. */
  since(): Time {
    return this.attachedAt;
  }

  now(): Time {
    return this.clock.now();
  }

  async commit(checks: readonly Check[], writes: readonly Write[]): Promise<Committed> {
    const begun = this.clock.begin();
    const texts = writes.map((write) => write.map(String));
    const answer = await this.run(
      COMMIT_SCRIPT,
      [this.keys.epoch, this.keys.sequence, this.keys.marks],
      [
        this.epoch,
        String(this.sequence),
        JSON.stringify(checks),
        JSON.stringify(texts),
        this.process,
        String(this.ownSequence),
      ],
    );
    const [verdict = '', first = '', second = '', third = ''] = Array.isArray(answer) ? answer.map(String) : [];
    if (verdict === 'lost')
      throw new StoreLostError(`the store went back: epoch ${first || 'gone'}, sequence ${second}`);
    if (verdict === 'no') {
      this.clock.learn(begun, Number(third));
      return { ok: false, failed: Number(first), waitMs: Number(second) };
    }
    this.sequence = Math.max(this.sequence, Number(first));
    this.ownSequence = Math.max(this.ownSequence, Number(first));
    this.clock.learn(begun, Number(second));
    return { ok: true };
  }

  async reserve(key: string, intervalMs: number, count: number): Promise<{ waitMs: number; now: Time }> {
    const begun = this.clock.begin();
    const answer = await this.run(RESERVE_SCRIPT, [key], [String(intervalMs), String(count)]);
    const [waitMs = 0, now = 0] = Array.isArray(answer) ? answer.map(Number) : [];
    this.clock.learn(begun, now);
    return { waitMs, now };
  }

  async get(key: string): Promise<string | null> {
    return this.ask(() => this.redis.get(key));
  }

  async hget(key: string, field: string): Promise<string | null> {
    return this.ask(() => this.redis.hget(key, field));
  }

  async hmget(key: string, fields: readonly string[]): Promise<readonly (string | null)[]> {
    if (fields.length === 0) return [];
    return this.ask(() => this.redis.hmget(key, ...fields));
  }

  async hgetMany(keys: readonly string[], field: string): Promise<readonly (string | null)[]> {
    return this.ask(() => Promise.all(keys.map(async (key) => this.redis.hget(key, field))));
  }

  async hgetall(key: string): Promise<Readonly<Record<string, string>>> {
    return this.ask(() => this.redis.hgetall(key));
  }

  async zrange(key: string, range: ZRange): Promise<readonly Scored[]> {
    const { min = '-inf', max = '+inf', offset = 0, limit } = range;
    const flat = await this.ask(() =>
      range.rev
        ? this.redis.zrevrangebyscore(key, max, min, 'WITHSCORES', 'LIMIT', offset, limit)
        : this.redis.zrangebyscore(key, min, max, 'WITHSCORES', 'LIMIT', offset, limit),
    );
    const found: Scored[] = [];
    for (let index = 0; index + 1 < flat.length; index += 2) {
      found.push({ member: flat[index] ?? '', score: Number(flat[index + 1]) });
    }
    return found;
  }

  async zcard(key: string): Promise<number> {
    return this.ask(() => this.redis.zcard(key));
  }

  async zcount(key: string, min: number | string, max: number | string): Promise<number> {
    return this.ask(() => this.redis.zcount(key, min, max));
  }

  async zscore(key: string, member: string): Promise<number | null> {
    const score = await this.ask(() => this.redis.zscore(key, member));
    return score === null ? null : Number(score);
  }

  private async run(
    { text, sha, keys: count }: Script,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    return this.ask(async () => {
      try {
        return await this.redis.evalsha(sha, count, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await this.redis.eval(text, count, ...keys, ...args);
      }
    });
  }

  private async ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (error) {
      throw new TransientError(`Redis did not answer: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}
