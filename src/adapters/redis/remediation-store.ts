import type { Time } from '../../core/instance.ts';
import type { ListPosition } from '../../core/list-position.ts';
import { toWaiter, waiterScore } from '../../core/ramp.ts';
import { OUTCOMES, PHASES } from '../../core/remediation.ts';
import type { Outcome, Phase, Remediation } from '../../core/remediation.ts';
import type { RemediationFilter, RemediationStore } from '../../ports/remediation-store.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';
import { membersFrom } from './members-from.ts';

/** How many that wait for a look are woken in one commit. */
const BATCH = 200;

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
    const checks = freeChecks(this.keys, remediation.instanceIds, []);
    const committed = await this.kv.commit(checks, writesOf(this.keys, null, remediation, this.kv.now()));
    return committed.ok ? remediation : null;
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

  private async *inPhase(phase: Phase, start: ListPosition | null): AsyncGenerator<Remediation> {
    for await (const roots of membersFrom(this.kv, this.keys.phase(phase), start)) yield* await this.loadMany(roots);
  }
}

/** The record is still the one that was loaded. */
export function saveChecks(keys: Keys, before: Remediation): Check[] {
  return [
    { is: 'equal', key: keys.remediation(before.rootInstanceId), field: 'version', value: String(before.version) },
  ];
}

/** No other lineage has taken an instance meanwhile: each belongs to one record. */
function freeChecks(keys: Keys, ids: readonly string[], owned: readonly string[]): Check[] {
  const taken = ids.filter((id) => !owned.includes(id));
  return taken.map((id) => ({ is: 'equal', key: keys.instances, field: id, value: null }));
}

/** The record and every index that tells something about it. */
export function writesOf(keys: Keys, before: Remediation | null, after: Remediation, now: Time): Write[] {
  const root = after.rootInstanceId;
  const doc: Write = ['hset', keys.remediation(root), 'doc', JSON.stringify(after), 'version', String(after.version)];
  return [
    doc,
    ...idWrites(keys, before, after),
    ...phaseWrites(keys, before, after),
    ...alertWrites(keys, after),
    ...roomWrites(keys, before, after),
    ...timeWrites(keys, after, now),
  ];
}

function idWrites(keys: Keys, before: Remediation | null, after: Remediation): Write[] {
  const root = after.rootInstanceId;
  const known = new Set(before?.instanceIds);
  const kept = new Set(after.instanceIds);
  const writes: Write[] = [
    ...after.instanceIds.filter((id) => !known.has(id)).map((id): Write => ['hset', keys.instances, id, root]),
    // A person said that this one is not of the lineage: it is nobody's again.
    ...[...known].filter((id) => !kept.has(id)).map((id): Write => ['hdel', keys.instances, id]),
  ];
  const references = new Set([after.referenceId, after.currentReferenceId].filter((reference) => reference !== null));
  references.delete(before?.referenceId ?? -1);
  references.delete(before?.currentReferenceId ?? -1);
  return [...writes, ...[...references].map((reference): Write => ['hset', keys.references, String(reference), root])];
}

function phaseWrites(keys: Keys, before: Remediation | null, after: Remediation): Write[] {
  const root = after.rootInstanceId;
  const writes: Write[] = [];
  if (before && before.phase !== after.phase) writes.push(['zrem', keys.phase(before.phase), root]);
  if (before?.phase !== after.phase || phaseScore(before) !== phaseScore(after))
    writes.push(['zadd', keys.phase(after.phase), phaseScore(after), root]);
  if (before?.outcome !== after.outcome) {
    if (before?.outcome) writes.push(['hincrby', keys.outcomes, before.outcome, -1]);
    if (after.outcome) writes.push(['hincrby', keys.outcomes, after.outcome, 1]);
  }
  return writes;
}

function phaseScore(remediation: Remediation): Time {
  return remediation.endedAt ?? remediation.firstSeenAt;
}

function alertWrites(keys: Keys, after: Remediation): Write[] {
  return [
    after.alertKey === null
      ? ['hdel', keys.alertKeys, after.rootInstanceId]
      : ['hset', keys.alertKeys, after.rootInstanceId, after.alertKey],
  ];
}

function roomWrites(keys: Keys, before: Remediation | null, after: Remediation): Write[] {
  const root = after.rootInstanceId;
  const writes: Write[] = [];
  if (before?.parkedOn && before.parkedOn !== after.parkedOn) {
    writes.push(['zrem', keys.room(before.parkedOn), root], ['hdel', keys.waiters(before.parkedOn), root]);
  }
  if (after.parkedOn) {
    const waiter = toWaiter(after);
    writes.push(
      ['zadd', keys.room(after.parkedOn), waiterScore(waiter), root],
      ['hset', keys.waiters(after.parkedOn), root, JSON.stringify(waiter)],
      ['zadd', keys.rooms, 0, after.parkedOn],
    );
  }
  return writes;
}

/** Whoever is parked is called by the gate; should it not call, it looks for itself this often. */
const PARKED_LOOK_MS = 10 * 60_000;

/** Whoever waits for a look is woken by the sweep that makes it; should none come, it asks for one. */
const LOOK_GRACE_MS = 2000;

function timeWrites(
  keys: Keys,
  { rootInstanceId: root, parkedOn, nextAt, awaitsLook }: Remediation,
  now: Time,
): Write[] {
  if (awaitsLook && nextAt !== null) {
    return [
      ['zadd', keys.looking, nextAt, root],
      ['zadd', keys.due, Math.max(now, nextAt) + LOOK_GRACE_MS, root],
    ];
  }
  const dueAt = parkedOn === null ? nextAt : now + PARKED_LOOK_MS;
  return [['zrem', keys.looking, root], dueAt === null ? ['zrem', keys.due, root] : ['zadd', keys.due, dueAt, root]];
}

/** Takes a record out of every index of the list; whom its ids belong to stays. */
export function removalOf(keys: Keys, { rootInstanceId: root, phase, outcome, parkedOn }: Remediation): Write[] {
  const writes: Write[] = [
    ['zrem', keys.phase(phase), root],
    ['zrem', keys.due, root],
    ['zrem', keys.looking, root],
    ['hdel', keys.alertKeys, root],
  ];
  if (outcome) writes.push(['hincrby', keys.outcomes, outcome, -1]);
  if (parkedOn) writes.push(['zrem', keys.room(parkedOn), root], ['hdel', keys.waiters(parkedOn), root]);
  return writes;
}

function matches(remediation: Remediation, { phase, outcome, ca, search }: RemediationFilter): boolean {
  if (phase && remediation.phase !== phase) return false;
  if (outcome && remediation.outcome !== outcome) return false;
  if (ca && remediation.ca?.toLowerCase() !== ca.toLowerCase()) return false;
  if (!search) return true;
  const text = search.toLowerCase();
  return [remediation.title ?? '', ...remediation.instanceIds].some((field) => field.toLowerCase().includes(text));
}
