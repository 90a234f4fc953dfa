import { newDependency } from '../../core/dependency.ts';
import type { Dependency, DependencyKind } from '../../core/dependency.ts';
import type { Waiter } from '../../core/ramp.ts';
import type { GateStore, GateView } from '../../ports/gate-store.ts';
import type { DoorRequest } from '../../ports/journal.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';
import { updateDoc } from './versioned-doc.ts';

/** How long room is kept at a gate for a waiter that was called. */
const CALLED_FOR_MS = 15_000;

/** The most restarts under way that are looked at. */
const FLIGHT_LIMIT = 10_000;

/** The most dependencies and rooms one look shows. */
const NAMES_LIMIT = 1000;

/** The gates in Redis. Changes of one dependency by this process stand in line, so they do not race each other. */
export class RedisGateStore implements GateStore {
  private readonly kv: Kv;
  private readonly keys: Keys;
  private readonly lines = new Map<string, Promise<unknown>>();

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
    const { doc } = await this.inLine(name, async () => this.change(name, kind, change));
    return doc ?? newDependency(name, kind);
  }

  async recordVerdict(name: string, instanceId: string, change: (dependency: Dependency) => Dependency): Promise<void> {
    const flight = this.keys.flight(name);
    await this.inLine(name, async () =>
      this.change(name, 'ca', change, {
        checks: [{ is: 'member', key: flight, member: instanceId }],
        writes: [['zrem', flight, instanceId]],
      }),
    );
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
    const [doc, inFlight, waiting, countedUntil] = await Promise.all([
      this.kv.hget(this.keys.gate(name), 'doc'),
      this.kv.zcount(this.keys.flight(name), `(${now}`, '+inf'),
      this.kv.zcard(this.keys.room(name)),
      instanceId === undefined ? null : this.kv.zscore(this.keys.flight(name), instanceId),
    ]);
    const dependency = doc === null ? await this.update(name, kind, (known) => known) : (JSON.parse(doc) as Dependency);
    return { dependency, inFlight, waiting, isIn: (countedUntil ?? 0) > now };
  }

  private async change(
    name: string,
    kind: DependencyKind,
    change: (dependency: Dependency) => Dependency,
    also: { readonly checks: readonly Check[]; readonly writes: readonly Write[] } = { checks: [], writes: [] },
  ): Promise<{ doc: Dependency | null }> {
    const key = this.keys.gate(name);
    return updateDoc<Dependency>(this.kv, key, (known) => {
      const next = change(known ?? newDependency(name, kind));
      if (next === known && also.writes.length === 0) return null;
      const index: Write[] = [
        ['hset', key, 'generation', String(next.generation)],
        ['zadd', this.keys.gates, 0, name],
      ];
      return { doc: next, checks: also.checks, writes: [...index, ...also.writes] };
    });
  }

  /** Runs one change of a dependency after another. */
  private async inLine<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.lines.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.lines.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.lines.get(name) === settled) this.lines.delete(name);
    }
  }
}

function turnsWithin(next: number, perMinute: number, now: number, aheadMs: number): number {
  const intervalMs = 60_000 / perMinute;
  const from = Math.max(now, next);
  return from > now + aheadMs ? 0 : Math.max(1, Math.floor((now + aheadMs - from) / intervalMs));
}
