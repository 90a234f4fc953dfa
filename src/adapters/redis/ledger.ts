import type { CommandShut } from '../../core/command-gate.ts';
import type { Time } from '../../core/instance.ts';
import type { Ledger, Pause, Stops } from '../../ports/ledger.ts';
import type { Keys } from './keys.ts';
import type { Kv, Write } from './kv.ts';
import { updateDoc } from './update-doc.ts';

/** A replica that has not said so for this long does not live. */
const REPLICA_LATE_MS = 15_000;

/** How often a pause is written anew because somebody else paused or resumed meanwhile. */
const PAUSE_TRIES = 10;

function endOf({ until }: Pause): Time {
  return until ?? Infinity;
}

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

  async pause(pause: Pause): Promise<Pause> {
    const { pause: key } = this.keys;
    const text = JSON.stringify(pause);
    for (let tries = 0; tries < PAUSE_TRIES; tries++) {
      const standing = await this.kv.get(key);
      const known = standing === null ? null : (JSON.parse(standing) as Pause);
      // Whoever paused for longer counts on it.
      if (known !== null && endOf(known) >= endOf(pause)) return known;
      const write: Write =
        pause.until === null
          ? ['set', key, text]
          : ['set', key, text, 'PX', Math.max(1, Math.ceil(pause.until - this.kv.now()))];
      if ((await this.kv.commit([{ is: 'equal', key, value: standing }], [write])).ok) return pause;
    }
    throw new Error(`gave up after ${PAUSE_TRIES} changes of the pause by others`);
  }

  async resume(): Promise<void> {
    await this.kv.commit(
      [],
      [
        ['del', this.keys.pause],
        ['del', this.keys.brake],
        ['set', this.keys.resumedAt, String(this.kv.now())],
      ],
    );
  }

  async stops(): Promise<Stops> {
    const [pause, brake] = await Promise.all([this.paused(), this.braked()]);
    return { pause, brake, seenAt: this.kv.now() };
  }

  async restoreStops({ pause, brake, seenAt }: Stops): Promise<void> {
    const { brake: key, resumedAt } = this.keys;
    if (Number((await this.kv.get(resumedAt)) ?? 0) > seenAt) return;
    if (pause !== null && endOf(pause) > this.kv.now()) await this.pause(pause);
    if (brake !== null) await this.kv.commit([{ is: 'equal', key, value: null }], [['set', key, brake]]);
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

  async shutCommand(shut: CommandShut): Promise<void> {
    const { commandShut: key } = this.keys;
    await this.kv.commit([{ is: 'equal', key, value: null }], [['set', key, JSON.stringify(shut)]]);
  }

  async commandShut(): Promise<CommandShut | null> {
    const text = await this.kv.get(this.keys.commandShut);
    return text === null ? null : (JSON.parse(text) as CommandShut);
  }

  async openCommand(lookedAt: Time): Promise<boolean> {
    const { commandShut: key } = this.keys;
    const value = await this.kv.get(key);
    if (value === null || (JSON.parse(value) as CommandShut).since > lookedAt) return false;
    return (await this.kv.commit([{ is: 'equal', key, value }], [['del', key]])).ok;
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
