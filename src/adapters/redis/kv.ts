import type { Time } from '../../core/instance.ts';

/** A condition of a commit. All are checked in one atomic step, in order; the first that fails is told. */
export type Check =
  /** The text at the key (or at the field of the hash) is this one; null: there is none. */
  | { readonly is: 'equal'; readonly key: string; readonly field?: string; readonly value: string | null }
  /** Fewer than `below` members of the sorted set have a score above now, or `member` is one of them. */
  | { readonly is: 'room'; readonly key: string; readonly below: number; readonly member?: string }
  /** The sorted set has this member. */
  | { readonly is: 'member'; readonly key: string; readonly member: string }
  /** The turn at the key has come: its number is at most now + `slackMs`. Tells how many ms are missing. */
  | { readonly is: 'turn'; readonly key: string; readonly slackMs: number };

/** A change of a commit: a Redis command, or `pace`: the next turn at the key is `intervalMs` after this one. */
export type Write =
  | readonly ['set', key: string, value: string]
  | readonly ['set', key: string, value: string, 'PX', ttlMs: number]
  | readonly ['del', key: string]
  | readonly ['hset', key: string, ...fieldsAndValues: string[]]
  | readonly ['hdel', key: string, field: string]
  | readonly ['hincrby', key: string, field: string, by: number]
  | readonly ['incr', key: string]
  | readonly ['zadd', key: string, score: number, member: string]
  | readonly ['zrem', key: string, member: string]
  | readonly ['zremrangebyscore', key: string, min: number | string, max: number | string]
  | readonly ['pexpire', key: string, ttlMs: number]
  | readonly ['pace', key: string, intervalMs: number];

export type Committed =
  | {
      readonly ok: true;
      /** Why the replicas of Redis may lack it, where that was to be confirmed. */ readonly unconfirmed?: string;
    }
  | {
      readonly ok: false;
      /** Index of the check. */ readonly failed: number;
      /** For a turn: ms missing. */ readonly waitMs: number;
    };

export interface Scored {
  readonly member: string;
  readonly score: number;
}

/**
 * The store underneath: reads, and one way to write. A commit happens wholly or not at all, and only in the epoch that
 * this process belongs to.
 * @throws StoreLostError the store was emptied, replaced or set back
 */
export interface Kv {
  get(key: string): Promise<string | null>;
  hget(key: string, field: string): Promise<string | null>;
  hmget(key: string, fields: readonly string[]): Promise<readonly (string | null)[]>;
  /** One field of many hashes, in one round trip. */
  hgetMany(keys: readonly string[], field: string): Promise<readonly (string | null)[]>;
  /** What the hash has for the members of a range of the sorted set, in their order, in one round trip. */
  hgetRange(hash: string, key: string, range: Omit<ZRange, 'offset'>): Promise<readonly (string | null)[]>;
  hgetall(key: string): Promise<Readonly<Record<string, string>>>;
  /** By rising score from `min` on (with `rev`: falling from `max` on); scores as Redis writes them, `(` excludes. */
  zrange(key: string, range: ZRange): Promise<readonly Scored[]>;
  zcard(key: string): Promise<number>;
  zcount(key: string, min: number | string, max: number | string): Promise<number>;
  zscore(key: string, member: string): Promise<number | null>;
  /** `isConfirmed`: waits until as many replicas of Redis have it as are configured, and tells where they do not in time. */
  commit(checks: readonly Check[], writes: readonly Write[], isConfirmed?: boolean): Promise<Committed>;
  /** What the running step belongs to: what two steps of the same write may be one commit. */
  belongsTo(): unknown;
  /** Takes `count` turns at the key, `intervalMs` apart; answers when the first is, in ms from now, and now. */
  reserve(key: string, intervalMs: number, count: number): Promise<{ readonly waitMs: number; readonly now: Time }>;
  /** The store's clock, as well as it is known here. */
  now(): Time;
}

export interface ZRange {
  readonly min?: number | string;
  readonly max?: number | string;
  readonly rev?: boolean;
  readonly offset?: number;
  readonly limit: number;
}
