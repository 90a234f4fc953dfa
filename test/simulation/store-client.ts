import { Attachments, noteCommit } from '../../src/adapters/redis/attachments.ts';
import type { Keys } from '../../src/adapters/redis/keys.ts';
import type { Check, Committed, Kv, Scored, Write, ZRange } from '../../src/adapters/redis/kv.ts';
import { StoreClock } from '../../src/adapters/redis/store-clock.ts';
import { TransientError } from '../../src/core/errors.ts';
import type { StoreLostError } from '../../src/core/errors.ts';
import type { MemoryKv } from '../support/memory-kv.ts';
import type { Latency, Machine } from './machine.ts';
import type { Faults } from './plan.ts';
import type { Random } from './random.ts';

export interface StoreClientParts {
  readonly memory: MemoryKv;
  readonly keys: Keys;
  readonly machine: Machine;
  readonly random: Random;
  readonly faults: Faults;
  readonly areFaultsOn: () => boolean;
  readonly onFault: (kind: string) => void;
  readonly isAway: () => boolean;
  /** What was written, in the moment it was. */
  readonly onWrite: (writes: readonly Write[]) => void;
}

/** One process's connection to the shared store: the twin of `RedisKv`, with its epoch, its sequence and its clock. */
export class StoreClient implements Kv {
  private readonly parts: StoreClientParts;
  private readonly attachments = new Attachments();
  private readonly clock: StoreClock;

  constructor(parts: StoreClientParts) {
    this.parts = parts;
    const { machine } = parts;
    this.clock = new StoreClock(machine.wallMs(), () => machine.monotonicMs());
  }

  async attach(): Promise<void> {
    const at = this.now();
    await this.ask(() => {
      const { memory, keys, machine } = this.parts;
      this.attachments.attach(memory.attach(machine.name, keys.watched), memory.sequence, at);
    });
  }

  /** The latest commit that this process knows of. */
  knownSequence(): number {
    const { sequence, ownSequence } = this.attachments.current();
    return Math.max(sequence, ownSequence);
  }

  since(): number {
    return this.attachments.current().at;
  }

  async step<T>(work: () => Promise<T>): Promise<T> {
    return this.attachments.step(work);
  }

  belongsTo(): unknown {
    return this.attachments.own();
  }

  isNews({ epoch }: StoreLostError): boolean {
    return epoch === this.attachments.current().epoch;
  }

  now(): number {
    return this.clock.now();
  }

  steadySince(): number {
    return this.clock.steadySince();
  }

  async commit(checks: readonly Check[], writes: readonly Write[]): Promise<Committed> {
    const { memory, keys, onWrite } = this.parts;
    const begun = this.clock.begin();
    const own = this.attachments.own();
    const known = { ...own, process: this.parts.machine.name, watched: keys.watched };
    const isDoor = writes.some((write) => write[0] === 'hset' && write[1] === keys.intents);
    const answer = await this.ask(() => {
      const done = memory.commitIn(known, checks, writes);
      if (done.committed.ok) onWrite(writes);
      return done;
    }, isDoor);
    noteCommit(own, answer.sequence);
    this.clock.learn(begun, answer.now);
    return answer.committed;
  }

  async reserve(key: string, intervalMs: number, count: number): Promise<{ waitMs: number; now: number }> {
    const { memory } = this.parts;
    const now = memory.clock();
    const at = Math.max(now, Number(memory.texts.get(key) ?? 0));
    memory.texts.set(key, String(at + intervalMs * count));
    return { waitMs: at - now, now };
  }

  async get(key: string): Promise<string | null> {
    return this.read((memory) => memory.get(key));
  }

  async hget(key: string, field: string): Promise<string | null> {
    return this.read((memory) => memory.hget(key, field));
  }

  async hmget(key: string, fields: readonly string[]): Promise<readonly (string | null)[]> {
    if (fields.length === 0) return [];
    return this.read((memory) => memory.hmget(key, fields));
  }

  async hgetMany(keys: readonly string[], field: string): Promise<readonly (string | null)[]> {
    return this.read((memory) => memory.hgetMany(keys, field));
  }

  async hgetRange(hash: string, key: string, range: ZRange): Promise<readonly (string | null)[]> {
    return this.read((memory) => memory.hgetRange(hash, key, range));
  }

  async hgetall(key: string): Promise<Readonly<Record<string, string>>> {
    return this.read((memory) => memory.hgetall(key));
  }

  async zrange(key: string, range: ZRange): Promise<readonly Scored[]> {
    return this.read((memory) => memory.zrange(key, range));
  }

  async zcard(key: string): Promise<number> {
    return this.read((memory) => memory.zcard(key));
  }

  async zcount(key: string, min: number | string, max: number | string): Promise<number> {
    return this.read((memory) => memory.zcount(key, min, max));
  }

  async zscore(key: string, member: string): Promise<number | null> {
    return this.read((memory) => memory.zscore(key, member));
  }

  /** The twin's reads take effect in the moment they are asked for; the promise they give is already kept. */
  private async read<T>(read: (memory: MemoryKv) => Promise<T>): Promise<T> {
    return this.ask(async () => read(this.parts.memory));
  }

  private async ask<T>(effect: () => T | Promise<T>, isDoor = false): Promise<T> {
    const { machine, random, faults, isAway } = this.parts;
    const cut = this.drawCut();
    const whole = (): T | Promise<T> => {
      if (cut === 'before' || isAway()) throw away();
      const value = effect();
      if (cut === 'after') throw away();
      return value;
    };
    // Once faults are over nothing is left to come in between.
    const share = this.parts.areFaultsOn() ? faults.interleave : faults.interleave / 10;
    const isAtOnce = !isDoor && cut === null && !random.chance(share);
    const slow = random.chance(0.1) ? 10 : 1;
    const latency: Latency = {
      there: random.between(0, 3) * slow,
      back: random.between(0, 3) * slow,
      isAtOnce,
      isDoor,
    };
    return machine.call(whole, latency);
  }

  private drawCut(): 'before' | 'after' | null {
    const { random, faults, areFaultsOn, onFault } = this.parts;
    if (!areFaultsOn() || !random.chance(faults.storeCut)) return null;
    onFault('store cut');
    return random.chance(0.5) ? 'before' : 'after';
  }
}

function away(): TransientError {
  return new TransientError('Redis did not answer: the connection was cut');
}
