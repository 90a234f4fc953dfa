import type { Time } from '../../core/instance.ts';
import type { ListPosition } from '../../core/list-position.ts';
import { OUTCOMES, PHASES } from '../../core/remediation.ts';
import type { Outcome, Phase, Remediation } from '../../core/remediation.ts';
import type { RemediationFilter, RemediationStore } from '../../ports/remediation-store.ts';
import type { Keys } from './keys.ts';
import type { Kv, Write } from './kv.ts';
import { membersFrom } from './members-from.ts';
import { freeChecks, removalOf, saveChecks, writesOf } from './record-writes.ts';

/** How many that wait for a look are woken in one commit. */
const BATCH = 200;

/** How many are created in one commit. */
const LOT = 50;

/** The remediations in Redis: one hash each, and the indexes that every save keeps in step with it. */
export class RedisRemediationStore implements RemediationStore {
  private readonly kv: Kv;
  private readonly keys: Keys;

  constructor(kv: Kv, keys: Keys) {
    this.kv = kv;
    this.keys = keys;
  }

  async load(rootInstanceId: string): Promise<Remediation | null> {
    const [found = null] = await this.loadMany([rootInstanceId]);
    return found;
  }

  async loadMany(rootInstanceIds: readonly string[]): Promise<readonly Remediation[]> {
    const docs = await this.kv.hgetMany(rootInstanceIds.map(this.keys.remediation), 'doc');
    return docs.flatMap((doc) => (doc === null ? [] : [JSON.parse(doc) as Remediation]));
  }

  async find(id: string): Promise<string | null> {
    const byInstance = await this.kv.hget(this.keys.instances, id.toLowerCase());
    const root = byInstance ?? (await this.kv.hget(this.keys.references, id));
    if (root === null) return null;
    const isArchived = (await this.kv.hget(this.keys.remediation(root), 'version')) === null;
    return isArchived ? null : root;
  }

  async rootsOf(instanceIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const roots = await this.kv.hmget(this.keys.instances, instanceIds);
    return new Map(instanceIds.flatMap((id, index) => (roots[index] ? [[id, roots[index]] as const] : [])));
  }

  async create(remediation: Remediation): Promise<Remediation | null> {
    const [created = null] = await this.createLot([remediation]);
    return created;
  }

  async createAll(remediations: readonly Remediation[]): Promise<readonly Remediation[]> {
    const created: Remediation[] = [];
    for (let from = 0; from < remediations.length; from += LOT)
      created.push(...(await this.createLot(remediations.slice(from, from + LOT))));
    return created;
  }

  async save(before: Remediation, after: Remediation): Promise<Remediation | null> {
    const saved = { ...after, version: before.version + 1 };
    const checks = [...saveChecks(this.keys, before), ...freeChecks(this.keys, after.instanceIds, before.instanceIds)];
    const committed = await this.kv.commit(checks, writesOf(this.keys, before, saved, this.kv.now()));
    return committed.ok ? saved : null;
  }

  async merge(younger: Remediation, before: Remediation, after: Remediation): Promise<Remediation | null> {
    const saved = { ...after, version: before.version + 1 };
    const owned = [...before.instanceIds, ...younger.instanceIds];
    const checks = [
      ...saveChecks(this.keys, before),
      ...saveChecks(this.keys, younger),
      ...freeChecks(this.keys, after.instanceIds, owned),
    ];
    const removal: Write[] = [...removalOf(this.keys, younger), ['del', this.keys.remediation(younger.rootInstanceId)]];
    const committed = await this.kv.commit(checks, [...removal, ...writesOf(this.keys, before, saved, this.kv.now())]);
    return committed.ok ? saved : null;
  }

  async wake(rootInstanceIds: readonly string[]): Promise<void> {
    if (rootInstanceIds.length === 0) return;
    const now = this.kv.now();
    await this.kv.commit(
      [],
      rootInstanceIds.map((root) => ['zadd', this.keys.due, now, root] as const),
    );
  }

  async postpone(rootInstanceId: string, delayMs: number): Promise<void> {
    await this.kv.commit([], [['zadd', this.keys.due, this.kv.now() + delayMs, rootInstanceId]]);
  }

  async wakeLooking(lookedAt: Time): Promise<void> {
    const now = this.kv.now();
    for (;;) {
      const looking = await this.kv.zrange(this.keys.looking, { max: lookedAt, limit: BATCH });
      const writes = looking.flatMap(({ member }): Write[] => [
        ['zrem', this.keys.looking, member],
        ['zadd', this.keys.due, now, member],
      ]);
      if (writes.length > 0) await this.kv.commit([], writes);
      if (looking.length < BATCH) return;
    }
  }

  async takeDue(limit: number, leaseMs: number): Promise<readonly string[]> {
    const now = this.kv.now();
    const due = await this.kv.zrange(this.keys.due, { max: now, limit });
    if (due.length === 0) return [];
    await this.kv.commit(
      [],
      due.map(({ member }) => ['zadd', this.keys.due, now + leaseMs, member] as const),
    );
    return due.map(({ member }) => member);
  }

  async counts(): Promise<{ phases: Record<Phase, number>; outcomes: Record<Outcome, number> }> {
    const sizes = await Promise.all(PHASES.map(async (phase) => this.kv.zcard(this.keys.phase(phase))));
    const outcomes = await this.kv.hgetall(this.keys.outcomes);
    return {
      phases: Object.fromEntries(PHASES.map((phase, index) => [phase, sizes[index] ?? 0])) as Record<Phase, number>,
      outcomes: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, Number(outcomes[outcome] ?? 0)])) as Record<
        Outcome,
        number
      >,
    };
  }

  async list(filter: RemediationFilter, limit: number, after?: ListPosition): Promise<readonly Remediation[]> {
    const phases = filter.phase ? [filter.phase] : PHASES.filter((phase) => !filter.outcome || phase === 'ended');
    const found: Remediation[] = [];
    for (const phase of after ? phases.slice(Math.max(0, phases.indexOf(after.phase))) : phases) {
      const isFirst = after?.phase === phase;
      for await (const remediation of this.inPhase(phase, isFirst ? after : null)) {
        // One that moved on since the index was read comes again with its new phase; one that moved back would not.
        if (PHASES.indexOf(remediation.phase) > PHASES.indexOf(phase)) continue;
        if (matches(remediation, filter)) found.push(remediation);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  async rootsIn(phase: Phase, limit: number, before?: Time): Promise<readonly string[]> {
    const range = before === undefined ? { limit } : { max: `(${before}`, limit };
    return (await this.kv.zrange(this.keys.phase(phase), range)).map(({ member }) => member);
  }

  async alertGroups(): Promise<ReadonlyMap<string, readonly string[]>> {
    const groups = new Map<string, string[]>();
    for (const [root, key] of Object.entries(await this.kv.hgetall(this.keys.alertKeys))) {
      const roots = groups.get(key);
      if (roots) roots.push(root);
      else groups.set(key, [root]);
    }
    return groups;
  }

  /** All of them in one commit; where an instance of one of them belongs to a lineage already, each by itself. */
  private async createLot(lot: readonly Remediation[]): Promise<readonly Remediation[]> {
    const now = this.kv.now();
    const checks = lot.flatMap(({ instanceIds }) => freeChecks(this.keys, instanceIds, []));
    const writes = lot.flatMap((remediation) => writesOf(this.keys, null, remediation, now));
    if ((await this.kv.commit(checks, writes)).ok) return lot;
    if (lot.length === 1) return [];
    return (await Promise.all(lot.map(async (one) => this.createLot([one])))).flat();
  }

  private async *inPhase(phase: Phase, start: ListPosition | null): AsyncGenerator<Remediation> {
    for await (const roots of membersFrom(this.kv, this.keys.phase(phase), start)) yield* await this.loadMany(roots);
  }
}

function matches(remediation: Remediation, { phase, outcome, ca, search }: RemediationFilter): boolean {
  if (phase && remediation.phase !== phase) return false;
  if (outcome && remediation.outcome !== outcome) return false;
  if (ca && remediation.ca?.toLowerCase() !== ca.toLowerCase()) return false;
  if (!search) return true;
  const text = search.toLowerCase();
  return [remediation.title ?? '', ...remediation.instanceIds].some((field) => field.toLowerCase().includes(text));
}
