import { createHash, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { StoreLostError, TransientError } from '../../core/errors.ts';
import type { Time } from '../../core/instance.ts';
import { Attachments, noteCommit } from './attachments.ts';
import type { Keys } from './keys.ts';
import type { Check, Committed, Kv, Scored, Write, ZRange } from './kv.ts';
import { ATTACH, COMMIT, HGET_RANGE, RESERVE } from './scripts.ts';
import { StoreClock } from './store-clock.ts';

/** The answer to `commit` where `isConfirmed` asks for it. */
export interface Confirming {
  /** A connection of its own: `WAIT` blocks whatever comes after it. */
  readonly redis: Redis;
  readonly replicas: number;
}

/** Replicas of Redis have this long to confirm a commit; the first byte of a restart is due a second after it. */
export const CONFIRM_WITHIN_MS = 500;

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
/** What is void in a new epoch comes after the keys of their own. */
const WATCHED = 2;
const COMMIT_SCRIPT = script(COMMIT, 3 + WATCHED);
const RESERVE_SCRIPT = script(RESERVE, 1);
const HGET_RANGE_SCRIPT = script(HGET_RANGE, 2);
const ATTACH_SCRIPT = script(ATTACH, 2 + WATCHED);

/** The store on a real Redis or Valkey. `attach` before the first commit. */
export class RedisKv implements Kv {
  private readonly redis: Redis;
  private readonly keys: Keys;
  private readonly attachments = new Attachments();
  private readonly process = randomUUID();
  private readonly clock = new StoreClock(Date.now(), () => performance.now());

  private readonly confirming: Confirming | null;
  private connections = 0;

  constructor(redis: Redis, keys: Keys, confirming: Confirming | null = null) {
    this.redis = redis;
    this.keys = keys;
    this.confirming = confirming;
    confirming?.redis.on('close', () => (this.connections += 1));
  }

  /** Takes on the store's identity, and gives it one where it has none. Answers whether it is new, without a past. */
  async attach(): Promise<{ readonly epoch: string; readonly isNew: boolean }> {
    const at = this.now();
    const fresh = randomUUID();
    const answer = await this.run(ATTACH_SCRIPT, [this.keys.epoch, this.keys.sequence, ...this.keys.watched], [fresh]);
    const [epoch = '', sequence = '0'] = Array.isArray(answer) ? answer.map(String) : [];
    this.attachments.attach(epoch, Number(sequence), at);
    return { epoch, isNew: epoch.endsWith(fresh) };
  }

  /** What was written before this time may have been set back since: the store was attached (again) then. */
  since(): Time {
    return this.attachments.current().at;
  }

  /** Runs a step of work: none of its commits is taken once the store was lost and attached again. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    return this.attachments.step(work);
  }

  belongsTo(): unknown {
    return this.attachments.own();
  }

  /** False where what was lost was taken on anew since: a step that began before found out late. */
  isNews({ epoch }: StoreLostError): boolean {
    return epoch === this.attachments.current().epoch;
  }

  now(): Time {
    return this.clock.now();
  }

  /** Since when the store's clock has not jumped, as far as this process has watched it. */
  steadySince(): Time {
    return this.clock.steadySince();
  }

  async commit(checks: readonly Check[], writes: readonly Write[], isConfirmed = false): Promise<Committed> {
    if (!isConfirmed || this.confirming === null) return this.commitOver(this.redis, checks, writes);
    const connection = this.connections;
    const committed = await this.commitOver(this.confirming.redis, checks, writes);
    if (!committed.ok) return committed;
    const unconfirmed = await this.awaitReplicas(this.confirming, connection);
    return unconfirmed === null ? committed : { ok: true, unconfirmed };
  }

  /**
   * `WAIT` speaks about what was written over the same connection: after another one was opened in between, perhaps to the
   * successor of a primary that died, its answer means nothing.
   */
  private async awaitReplicas({ redis, replicas }: Confirming, connection: number): Promise<string | null> {
    try {
      const count = await redis.wait(replicas, CONFIRM_WITHIN_MS);
      if (this.connections !== connection) return 'the connection to Redis was lost before its replicas confirmed it';
      if (count >= replicas) return null;
      return `${count} of ${replicas} replicas of Redis confirmed it within ${CONFIRM_WITHIN_MS} ms (redis.confirmReplicas)`;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return `whether replicas of Redis have it is not known: ${text}`;
    }
  }

  private async commitOver(redis: Redis, checks: readonly Check[], writes: readonly Write[]): Promise<Committed> {
    const begun = this.clock.begin();
    const own = this.attachments.own();
    const texts = writes.map((write) => write.map(String));
    const answer = await this.run(
      COMMIT_SCRIPT,
      [this.keys.epoch, this.keys.sequence, this.keys.marks, ...this.keys.watched],
      [
        own.epoch,
        String(own.sequence),
        JSON.stringify(checks),
        JSON.stringify(texts),
        this.process,
        String(own.ownSequence),
      ],
      redis,
    );
    const [verdict = '', first = '', second = '', third = ''] = Array.isArray(answer) ? answer.map(String) : [];
    if (verdict === 'lost')
      throw new StoreLostError(`the store went back: epoch ${first || 'gone'}, sequence ${second}`, own.epoch);
    if (verdict === 'no') {
      this.clock.learn(begun, Number(third));
      return { ok: false, failed: Number(first), waitMs: Number(second) };
    }
    noteCommit(own, Number(first));
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

  async hgetRange(
    hash: string,
    key: string,
    { min = '-inf', max = '+inf', rev = false, limit }: Omit<ZRange, 'offset'>,
  ): Promise<readonly (string | null)[]> {
    const ends = rev ? ['ZREVRANGEBYSCORE', max, min] : ['ZRANGEBYSCORE', min, max];
    const answer = await this.run(HGET_RANGE_SCRIPT, [hash, key], [...ends, limit].map(String));
    return Array.isArray(answer) ? answer.map((text) => (text === null ? null : String(text))) : [];
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
    redis = this.redis,
  ): Promise<unknown> {
    return this.ask(async () => {
      try {
        return await redis.evalsha(sha, count, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await redis.eval(text, count, ...keys, ...args);
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
