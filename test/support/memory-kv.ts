import { StoreLostError } from '../../src/core/errors.ts';
import type { Check, Committed, Kv, Scored, Write, ZRange } from '../../src/adapters/redis/kv.ts';

const MARKS = 'marks of the processes';

/** The store's twin in memory: the same answers as Redis, on a clock of the caller's. */
export class MemoryKv implements Kv {
  readonly texts = new Map<string, string>();
  readonly hashes = new Map<string, Map<string, string>>();
  readonly sets = new Map<string, Map<string, number>>();
  readonly expiries = new Map<string, number>();
  readonly clock: () => number;
  commits = 0;
  isLost = false;
  /** Identity and number of commits, as Redis keeps them in two keys; `commitIn` looks at them. */
  epoch: string | null = null;
  sequence = 0;
  /** One list of undoings a commit, oldest first; null: not kept. */
  journal: (() => void)[][] | null = null;
  private epochs = 0;
  private undoings: (() => void)[] | null = null;

  constructor(clock: () => number) {
    this.clock = clock;
  }

  now(): number {
    return this.clock();
  }

  belongsTo(): unknown {
    return this.epoch;
  }

  async get(key: string): Promise<string | null> {
    this.expire(key);
    return this.texts.get(key) ?? null;
  }

  async hget(key: string, field: string): Promise<string | null> {
    return this.hashes.get(key)?.get(field) ?? null;
  }

  async hmget(key: string, fields: readonly string[]): Promise<readonly (string | null)[]> {
    return fields.map((field) => this.hashes.get(key)?.get(field) ?? null);
  }

  async hgetMany(keys: readonly string[], field: string): Promise<readonly (string | null)[]> {
    return keys.map((key) => this.hashes.get(key)?.get(field) ?? null);
  }

  async hgetRange(hash: string, key: string, range: ZRange): Promise<readonly (string | null)[]> {
    return this.hmget(
      hash,
      (await this.zrange(key, range)).map(({ member }) => member),
    );
  }

  async hgetall(key: string): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries(this.hashes.get(key) ?? []);
  }

  async zrange(key: string, range: ZRange): Promise<readonly Scored[]> {
    this.expire(key);
    const set = this.sets.get(key);
    if (set === undefined || set.size === 0) return [];
    const { min = '-inf', max = '+inf', offset = 0, limit } = range;
    const inside = [...set]
      .filter(([, score]) => aboveMin(score, min) && belowMax(score, max))
      .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
    if (range.rev) inside.reverse();
    return inside.slice(offset, offset + limit).map(([member, score]) => ({ member, score }));
  }

  async zcard(key: string): Promise<number> {
    this.expire(key);
    return this.sets.get(key)?.size ?? 0;
  }

  async zcount(key: string, min: number | string, max: number | string): Promise<number> {
    return (await this.zrange(key, { min, max, limit: Infinity })).length;
  }

  async zscore(key: string, member: string): Promise<number | null> {
    this.expire(key);
    return this.sets.get(key)?.get(member) ?? null;
  }

  async commit(checks: readonly Check[], writes: readonly Write[]): Promise<Committed> {
    if (this.isLost) throw new StoreLostError('the store went back', this.epoch ?? '');
    for (const [failed, check] of checks.entries()) {
      const waitMs = this.missing(check);
      if (waitMs !== null) return { ok: false, failed, waitMs };
    }
    for (const write of writes) this.write(write);
    this.commits += 1;
    return { ok: true };
  }

  /** A commit of a process that belongs to this epoch and has seen this sequence (COMMIT in `scripts.ts`). */
  commitIn(
    known: {
      readonly epoch: string;
      readonly sequence: number;
      readonly process: string;
      readonly ownSequence: number;
      readonly watched: readonly string[];
    },
    checks: readonly Check[],
    writes: readonly Write[],
  ): { readonly sequence: number; readonly now: number; readonly committed: Committed } {
    const isOwn = this.epoch === known.epoch;
    const isOwnLost = Number(this.hashes.get(MARKS)?.get(known.process) ?? 0) < known.ownSequence;
    if (isOwn && (this.sequence < known.sequence || isOwnLost)) this.renew(known.process, known.watched);
    if (this.epoch !== known.epoch)
      throw new StoreLostError(
        `the store went back: epoch ${this.epoch ?? 'gone'}, sequence ${this.sequence}`,
        known.epoch,
      );
    for (const [failed, check] of checks.entries()) {
      const waitMs = this.missing(check);
      if (waitMs !== null) return { sequence: 0, now: this.clock(), committed: { ok: false, failed, waitMs } };
    }
    this.undoings = this.journal === null ? null : [];
    for (const write of writes) this.write(write);
    this.write(['hset', MARKS, known.process, String(this.sequence + 1)]);
    if (this.undoings) this.journal?.push(this.undoings);
    this.undoings = null;
    this.commits += 1;
    this.sequence += 1;
    return { sequence: this.sequence, now: this.clock(), committed: { ok: true } };
  }

  /** Answers the identity of the contents, and gives them one where they have none (ATTACH in `scripts.ts`). */
  attach(process: string, watched: readonly string[]): string {
    return this.epoch ?? this.renew(process, watched);
  }

  private renew(process: string, watched: readonly string[]): string {
    for (const key of watched) this.hashes.delete(key);
    this.epochs += 1;
    this.epoch = `${this.epochs}-${process}`;
    return this.epoch;
  }

  /** Takes back the latest commits, as a replica does that was behind when it became the master. */
  lose(count: number): number {
    let lost = 0;
    for (; lost < count; lost++) {
      const undoings = this.journal?.pop();
      if (undoings === undefined) break;
      for (const undo of undoings.toReversed()) undo();
      this.sequence -= 1;
    }
    return lost;
  }

  /** FLUSHALL. */
  flush(): void {
    for (const map of [this.texts, this.hashes, this.sets, this.expiries]) map.clear();
    this.epoch = null;
    this.sequence = 0;
    if (this.journal) this.journal = [];
  }

  async reserve(key: string, intervalMs: number, count: number): Promise<{ waitMs: number; now: number }> {
    const now = this.clock();
    const at = Math.max(now, Number(this.texts.get(key) ?? 0));
    this.texts.set(key, String(at + intervalMs * count));
    return { waitMs: at - now, now };
  }

  private missing(check: Check): number | null {
    this.expire(check.key);
    switch (check.is) {
      case 'equal': {
        const found =
          check.field === undefined ? this.texts.get(check.key) : this.hashes.get(check.key)?.get(check.field);
        return (found ?? null) === check.value ? null : 0;
      }
      case 'room': {
        const set = this.sets.get(check.key) ?? new Map<string, number>();
        if (check.member !== undefined && (set.get(check.member) ?? 0) > this.clock()) return null;
        return [...set.values()].filter((score) => score > this.clock()).length < check.below ? null : 0;
      }
      case 'member':
        return this.sets.get(check.key)?.has(check.member) ? null : 0;
      case 'turn': {
        const waitMs = Number(this.texts.get(check.key) ?? 0) - this.clock() - check.slackMs;
        return waitMs > 0 ? Math.ceil(waitMs) : null;
      }
    }
  }

  // eslint-disable-next-line complexity -- one line a command
  private write(write: Write): void {
    const [, key] = write;
    this.expire(key);
    if (this.undoings) this.undoings.push(this.undoOf(write));
    switch (write[0]) {
      case 'set':
        this.texts.set(key, write[2]);
        if (write.length === 5) this.expiries.set(key, this.clock() + write[4]);
        else this.expiries.delete(key);
        return;
      case 'del':
        for (const map of [this.texts, this.hashes, this.sets, this.expiries]) map.delete(key);
        return;
      case 'hset': {
        const [, , ...pairs] = write;
        for (let index = 0; index + 1 < pairs.length; index += 2)
          this.hash(key).set(pairs[index] ?? '', pairs[index + 1] ?? '');
        return;
      }
      case 'hdel':
        this.hash(key).delete(write[2]);
        return;
      case 'hincrby':
        this.hash(key).set(write[2], String(Number(this.hash(key).get(write[2]) ?? 0) + write[3]));
        return;
      case 'incr':
        this.texts.set(key, String(Number(this.texts.get(key) ?? 0) + 1));
        return;
      case 'zadd':
        this.set(key).set(write[3], write[2]);
        return;
      case 'zrem':
        this.set(key).delete(write[2]);
        return;
      case 'zremrangebyscore':
        for (const [member, score] of this.set(key)) {
          if (aboveMin(score, write[2]) && belowMax(score, write[3])) this.set(key).delete(member);
        }
        return;
      case 'pexpire':
        this.expiries.set(key, this.clock() + write[2]);
        return;
      case 'pace':
        this.texts.set(key, String(Math.max(this.clock(), Number(this.texts.get(key) ?? 0)) + write[2]));
    }
  }

  /** What brings back the state before this write. */
  // eslint-disable-next-line complexity -- one line a command
  private undoOf(write: Write): () => void {
    const [, key] = write;
    switch (write[0]) {
      case 'hset': {
        const hash = this.hash(key);
        const fields = write.slice(2).filter((_text, index) => index % 2 === 0);
        const before = fields.map((field) => [field, hash.get(field)] as const);
        return () => {
          for (const [field, value] of before) restore(this.hash(key), field, value);
        };
      }
      case 'hdel':
      case 'hincrby': {
        const before = this.hash(key).get(write[2]);
        return () => restore(this.hash(key), write[2], before);
      }
      case 'zadd': {
        const before = this.set(key).get(write[3]);
        return () => restore(this.set(key), write[3], before);
      }
      case 'zrem': {
        const before = this.set(key).get(write[2]);
        return () => restore(this.set(key), write[2], before);
      }
      case 'zremrangebyscore': {
        const before = new Map(this.set(key));
        return () => void this.sets.set(key, before);
      }
      case 'set':
      case 'del':
      case 'incr':
      case 'pace':
      case 'pexpire': {
        const [text, hash, set] = [this.texts.get(key), this.hashes.get(key), this.sets.get(key)];
        const expiry = this.expiries.get(key);
        return () => {
          restore(this.texts, key, text);
          restore(this.hashes, key, hash);
          restore(this.sets, key, set);
          restore(this.expiries, key, expiry);
        };
      }
    }
  }

  private hash(key: string): Map<string, string> {
    const found = this.hashes.get(key) ?? new Map<string, string>();
    this.hashes.set(key, found);
    return found;
  }

  private set(key: string): Map<string, number> {
    const found = this.sets.get(key) ?? new Map<string, number>();
    this.sets.set(key, found);
    return found;
  }

  private expire(key: string): void {
    const at = this.expiries.get(key);
    if (at === undefined || at > this.clock()) return;
    for (const map of [this.texts, this.hashes, this.sets, this.expiries]) map.delete(key);
  }
}

function restore<V>(map: Map<string, V>, key: string, before: V | undefined): void {
  if (before === undefined) map.delete(key);
  else map.set(key, before);
}

function aboveMin(score: number, min: number | string): boolean {
  const text = String(min);
  if (text === '-inf') return true;
  return text.startsWith('(') ? score > Number(text.slice(1)) : score >= Number(text);
}

function belowMax(score: number, max: number | string): boolean {
  const text = String(max);
  if (text === '+inf') return true;
  return text.startsWith('(') ? score < Number(text.slice(1)) : score <= Number(text);
}
