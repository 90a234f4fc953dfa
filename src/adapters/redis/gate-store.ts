import type { Dependency, DependencyKind } from '../../core/dependency.ts';
import type { Waiter } from '../../core/ramp.ts';
import type { GateStore, GateView } from '../../ports/gate-store.ts';
import type { DoorRequest } from '../../ports/journal.ts';
import { GateLine } from './gate-line.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';

/** How long room is kept at a gate for a waiter that was called. */
const CALLED_FOR_MS = 15_000;

/** The most restarts under way that are looked at. */
const FLIGHT_LIMIT = 10_000;

/** The most dependencies and rooms one look shows. */
const NAMES_LIMIT = 1000;

/** The gates in Redis. Changes of one dependency by this process do not race each other (`GateLine`). */
export class RedisGateStore implements GateStore {
  private readonly kv: Kv;
  private readonly keys: Keys;
  private readonly lines = new Map<string, GateLine>();

  constructor(kv: Kv, keys: Keys) {
    this.kv = kv;
    this.keys = keys;
  }

  async view(
    dependencies: readonly { readonly name: string; readonly kind: DependencyKind }[],
    instanceId?: string,
  ): Promise<readonly GateView[]> {
    return Promise.all(dependencies.map(async ({ name, kind }) => this.viewOne(name, kind, instanceId)));
  }

  async names(): Promise<readonly string[]> {
    return (await this.kv.zrange(this.keys.gates, { limit: NAMES_LIMIT })).map(({ member }) => member);
  }

  async update(
    name: string,
    kind: DependencyKind,
    change: (dependency: Dependency) => Dependency,
  ): Promise<Dependency> {
    // Most of what is seen changes nothing: that needs no turn.
    const known = await this.load(name);
    if (known !== null && change(known) === known) return known;
    return this.line(name).change({ kind, change });
  }

  async recordVerdict(name: string, instanceId: string, change: (dependency: Dependency) => Dependency): Promise<void> {
    await this.line(name).change({ kind: 'ca', change, instanceId });
  }

  async leave(names: readonly string[], instanceId: string): Promise<void> {
    if (names.length === 0) return;
    await this.kv.commit(
      [],
      names.map((name) => ['zrem', this.keys.flight(name), instanceId] as const),
    );
  }

  async waiters(name: string, limit: number): Promise<readonly Waiter[]> {
    const roots = (await this.kv.zrange(this.keys.room(name), { limit })).map(({ member }) => member);
    const texts = await this.kv.hmget(this.keys.waiters(name), roots);
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Waiter]));
  }

  async uncalled(name: string, waiters: readonly Waiter[]): Promise<readonly Waiter[]> {
    const called = await this.kv.zrange(this.keys.flight(name), { min: `(${this.kv.now()}`, limit: FLIGHT_LIMIT });
    const ids = new Set(called.map(({ member }) => member));
    return waiters.filter(({ instanceId }) => !ids.has(instanceId));
  }

  async rooms(): Promise<readonly string[]> {
    const names = (await this.kv.zrange(this.keys.rooms, { limit: NAMES_LIMIT })).map(({ member }) => member);
    const sizes = await Promise.all(names.map(async (name) => this.kv.zcard(this.keys.room(name))));
    return names.filter((_name, index) => (sizes[index] ?? 0) > 0);
  }

  async release(
    dependency: Dependency,
    allowance: number,
    waiters: readonly { readonly rootInstanceId: string; readonly instanceId: string }[],
  ): Promise<boolean> {
    if (waiters.length === 0) return true;
    const now = this.kv.now();
    const flight = this.keys.flight(dependency.name);
    const checks: Check[] = [
      { is: 'equal', key: this.keys.gate(dependency.name), field: 'generation', value: String(dependency.generation) },
      { is: 'room', key: flight, below: allowance - waiters.length + 1 },
    ];
    const writes = waiters.flatMap(({ rootInstanceId, instanceId }): Write[] => [
      ['zadd', flight, now + CALLED_FOR_MS, instanceId],
      ['zadd', this.keys.due, now, rootInstanceId],
    ]);
    return (await this.kv.commit(checks, writes)).ok;
  }

  async roomInLimits(ca: string | null, limits: DoorRequest['limits'], aheadMs: number): Promise<number> {
    const now = this.kv.now();
    const slots = await this.kv.zcount(this.keys.slots, `(${now}`, '+inf');
    const all = turnsWithin(Number((await this.kv.get(this.keys.pace)) ?? 0), limits.perMinute, now, aheadMs);
    const free = Math.min(limits.concurrency - slots, all);
    if (ca === null) return free;
    return Math.min(
      free,
      turnsWithin(Number((await this.kv.get(this.keys.caPace(ca))) ?? 0), limits.perCaPerMinute, now, aheadMs),
    );
  }

  private async viewOne(name: string, kind: DependencyKind, instanceId?: string): Promise<GateView> {
    const now = this.kv.now();
    const [known, inFlight, waiting, countedUntil] = await Promise.all([
      this.load(name),
      this.kv.zcount(this.keys.flight(name), `(${now}`, '+inf'),
      this.kv.zcard(this.keys.room(name)),
      instanceId === undefined ? null : this.kv.zscore(this.keys.flight(name), instanceId),
    ]);
    const dependency = known ?? (await this.update(name, kind, (latest) => latest));
    return { dependency, inFlight, waiting, isIn: (countedUntil ?? 0) > now };
  }

  private async load(name: string): Promise<Dependency | null> {
    const doc = await this.kv.hget(this.keys.gate(name), 'doc');
    return doc === null ? null : (JSON.parse(doc) as Dependency);
  }

  private line(name: string): GateLine {
    const known = this.lines.get(name) ?? new GateLine(this.kv, this.keys, name);
    this.lines.set(name, known);
    return known;
  }
}

function turnsWithin(next: number, perMinute: number, now: number, aheadMs: number): number {
  const intervalMs = 60_000 / perMinute;
  const from = Math.max(now, next);
  return from > now + aheadMs ? 0 : Math.max(1, Math.floor((now + aheadMs - from) / intervalMs));
}
