import type { Time } from '../../core/instance.ts';
import { toWaiter, waiterScore } from '../../core/ramp.ts';
import type { Remediation } from '../../core/remediation.ts';
import type { Keys } from './keys.ts';
import type { Check, Write } from './kv.ts';

/** The record is still the one that was loaded. */
export function saveChecks(keys: Keys, before: Remediation): Check[] {
  return [
    { is: 'equal', key: keys.remediation(before.rootInstanceId), field: 'version', value: String(before.version) },
  ];
}

/** No other lineage has taken an instance meanwhile: each belongs to one record. */
export function freeChecks(keys: Keys, ids: readonly string[], owned: readonly string[]): Check[] {
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
