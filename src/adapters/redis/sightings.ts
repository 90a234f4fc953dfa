import { hash } from 'node:crypto';
import type { Time } from '../../core/instance.ts';
import { withObservation } from '../../core/sighting.ts';
import type { Observation, Sighting } from '../../core/sighting.ts';
import type { SightingChange, Sightings } from '../../ports/sightings.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';

/** Rows of one commit. */
const LOT = 100;

/** How often a row is tried anew when another observation of it came in between. */
const TRIES = 5;

/** The feed's memory in Redis: one hash of rows, and indexes by definition, title and request key. */
export class RedisSightings implements Sightings {
  private readonly kv: Kv;
  private readonly keys: Keys;

  constructor(kv: Kv, keys: Keys) {
    this.kv = kv;
    this.keys = keys;
  }

  async observe(observations: readonly Observation[]): Promise<readonly SightingChange[]> {
    const latest = [...new Map(observations.map((observation) => [observation.row.id, observation])).values()];
    const changes: SightingChange[] = [];
    for (let from = 0; from < latest.length; from += LOT) {
      const lot = latest.slice(from, from + LOT);
      const [texts, mark] = await Promise.all([
        this.texts(lot.map(({ row }) => row.id)),
        this.kv.get(this.keys.sightingMark),
      ]);
      changes.push(...((await this.takeInLot(lot, texts, mark)) ?? (await this.takeInEach(lot, texts))));
    }
    return changes;
  }

  async get(instanceIds: readonly string[]): Promise<ReadonlyMap<string, Sighting>> {
    const found = new Map<string, Sighting>();
    for (const [id, text] of await this.texts(instanceIds)) {
      if (text !== null) found.set(id, JSON.parse(text) as Sighting);
    }
    return found;
  }

  async markGone(instanceId: string, requestedAt: Time): Promise<void> {
    await this.replace(instanceId, (known) =>
      requestedAt <= known.seenAt
        ? null
        : { ...known, isGone: true, seenAt: requestedAt, changedAt: known.isGone ? known.changedAt : requestedAt },
    );
  }

  async after(definitionId: string, mark: number, limit: number): Promise<readonly Sighting[]> {
    return this.inSet(this.keys.sightingsOf(definitionId), `(${mark}`, limit);
  }

  async withTitle(definitionId: string, title: string | null, limit: number): Promise<readonly Sighting[]> {
    return this.inSet(this.keys.sightingsTitled(titleHash(definitionId, title)), '-inf', limit);
  }

  async withRequestKey(requestKey: string, limit: number): Promise<readonly Sighting[]> {
    return this.inSet(this.keys.sightingsWished(requestKey), '-inf', limit);
  }

  async mark(): Promise<number> {
    return Number((await this.kv.get(this.keys.sightingMark)) ?? 0);
  }

  async prune(before: Time, limit: number): Promise<number> {
    const old = (await this.kv.zrange(this.keys.sightingsByChange, { max: `(${before}`, limit })).map(
      ({ member }) => member,
    );
    for (const sighting of (await this.get(old)).values()) {
      await this.kv.commit(
        [],
        [
          ['hdel', this.keys.sightings, sighting.id],
          ['zrem', this.keys.sightingsByChange, sighting.id],
          ['zrem', this.keys.sightingsOf(sighting.definitionId), sighting.id],
          ['zrem', this.keys.sightingsTitled(titleHash(sighting.definitionId, sighting.title)), sighting.id],
          ...(sighting.print
            ? [['zrem', this.keys.sightingsWished(sighting.print.requestKey), sighting.id] as const]
            : []),
        ],
      );
    }
    return old.length;
  }

  private async texts(ids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const texts = await this.kv.hmget(this.keys.sightings, ids);
    return new Map(ids.map((id, index) => [id, texts[index] ?? null]));
  }

  private async inSet(key: string, min: number | string, limit: number): Promise<readonly Sighting[]> {
    const texts = await this.kv.hgetRange(this.keys.sightings, key, { min, rev: true, limit });
    return texts.flatMap((text) => (text === null ? [] : (JSON.parse(text) as Sighting)));
  }

  /** All of them in one commit; null: another observation of one of them came in between. */
  private async takeInLot(
    lot: readonly Observation[],
    texts: ReadonlyMap<string, string | null>,
    mark: string | null,
  ): Promise<readonly SightingChange[] | null> {
    let firstSeen = Number(mark ?? 0);
    const changes: SightingChange[] = [];
    const checks: Check[] = [];
    const writes: Write[] = [];
    for (const observation of lot) {
      const text = texts.get(observation.row.id) ?? null;
      const change = toChange(observation, text, firstSeen + 1);
      if (change === null) continue;
      changes.push(change);
      checks.push({ is: 'equal', key: this.keys.sightings, field: change.sighting.id, value: text });
      writes.push(...this.writes(change));
      if (change.before === null) firstSeen += 1;
    }
    if (changes.length === 0) return [];
    if (firstSeen > Number(mark ?? 0)) {
      checks.push({ is: 'equal', key: this.keys.sightingMark, value: mark });
      writes.push(['set', this.keys.sightingMark, String(firstSeen)]);
    }
    return (await this.kv.commit(checks, writes)).ok ? changes : null;
  }

  private async takeInEach(
    lot: readonly Observation[],
    texts: ReadonlyMap<string, string | null>,
  ): Promise<readonly SightingChange[]> {
    const changes: SightingChange[] = [];
    for (const observation of lot) {
      const change = await this.takeIn(observation, texts.get(observation.row.id) ?? null);
      if (change) changes.push(change);
    }
    return changes;
  }

  /** Null: the observation told nothing new. */
  private async takeIn(observation: Observation, firstText: string | null): Promise<SightingChange | null> {
    let text = firstText;
    for (let tries = 0; tries < TRIES; tries++) {
      const mark = await this.kv.get(this.keys.sightingMark);
      const change = toChange(observation, text, Number(mark ?? 0) + 1);
      if (change === null) return null;
      const checks: Check[] = [{ is: 'equal', key: this.keys.sightings, field: change.sighting.id, value: text }];
      const writes = this.writes(change);
      if (change.before === null) {
        checks.push({ is: 'equal', key: this.keys.sightingMark, value: mark });
        writes.push(['set', this.keys.sightingMark, String(change.sighting.firstSeen)]);
      }
      if ((await this.kv.commit(checks, writes)).ok) return change;
      text = (await this.texts([observation.row.id])).get(observation.row.id) ?? null;
    }
    return null;
  }

  private writes({ sighting, before }: SightingChange): Write[] {
    const { keys } = this;
    const { id, definitionId, title, firstSeen, print } = sighting;
    const row: Write[] = [
      ['hset', keys.sightings, id, JSON.stringify(sighting)],
      ['zadd', keys.sightingsByChange, sighting.lastModified ?? sighting.startDate ?? sighting.seenAt, id],
    ];
    if (print !== null && print !== before?.print)
      row.push(['zadd', keys.sightingsWished(print.requestKey), firstSeen, id]);
    if (before !== null) return row;
    return [
      ...row,
      ['zadd', keys.sightingsOf(definitionId), firstSeen, id],
      ['zadd', keys.sightingsTitled(titleHash(definitionId, title)), firstSeen, id],
    ];
  }

  private async replace(id: string, change: (known: Sighting) => Sighting | null): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const text = (await this.texts([id])).get(id) ?? null;
      const next = text === null ? null : change(JSON.parse(text) as Sighting);
      if (next === null) return;
      const check: Check = { is: 'equal', key: this.keys.sightings, field: id, value: text };
      if ((await this.kv.commit([check], [['hset', this.keys.sightings, id, JSON.stringify(next)]])).ok) return;
    }
  }
}

/** An unchanged row is not written again: what a sweep did not show changed is fresh by the sweep itself. */
function toChange(observation: Observation, text: string | null, firstSeen: number): SightingChange | null {
  const before = text === null ? null : (JSON.parse(text) as Sighting);
  const sighting = withObservation(before, observation, firstSeen);
  if (sighting === null) return null;
  const isKnown =
    sighting.changedAt === before?.changedAt &&
    sighting.zoneOffsetMs === before.zoneOffsetMs &&
    JSON.stringify(sighting.print) === JSON.stringify(before.print);
  return isKnown ? null : { sighting, before };
}

function titleHash(definitionId: string, title: string | null): string {
  return hash('sha256', `${definitionId}\n${title ?? ''}`, 'base64url').slice(0, 16);
}
