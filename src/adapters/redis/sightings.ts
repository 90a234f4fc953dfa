import { createHash } from 'node:crypto';
import type { Time } from '../../core/instance.ts';
import { withObservation } from '../../core/sighting.ts';
import type { Observation, Sighting } from '../../core/sighting.ts';
import type { SightingChange, Sightings } from '../../ports.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';

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
    const byId = new Map(observations.map((observation) => [observation.row.id, observation]));
    const texts = await this.texts([...byId.keys()]);
    const changes: SightingChange[] = [];
    for (const [id, observation] of byId) {
      const change = await this.takeIn(observation, texts.get(id) ?? null);
      if (change) changes.push(change);
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

  async setPrint(instanceId: string, print: NonNullable<Sighting['print']>): Promise<void> {
    const isKnown = await this.replace(instanceId, (known) => ({ ...known, print }));
    if (!isKnown) return;
    const { firstSeen = 0 } = (await this.get([instanceId])).get(instanceId) ?? {};
    await this.kv.commit([], [['zadd', this.keys.sightingsWished(print.requestKey), firstSeen, instanceId]]);
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
    const ids = (await this.kv.zrange(key, { min, rev: true, limit })).map(({ member }) => member);
    const found = await this.get(ids);
    return ids.flatMap((id) => found.get(id) ?? []);
  }

  /** Null: the observation told nothing new. */
  private async takeIn(observation: Observation, firstText: string | null): Promise<SightingChange | null> {
    let text = firstText;
    for (let tries = 0; tries < TRIES; tries++) {
      const before = text === null ? null : (JSON.parse(text) as Sighting);
      const mark = before === null ? await this.kv.get(this.keys.sightingMark) : null;
      const sighting = withObservation(before, observation, Number(mark ?? 0) + 1);
      if (sighting === null) return null;
      const isNews = before === null || sighting.changedAt !== before.changedAt;
      // An unchanged row is not written again: what a sweep did not show changed is fresh by the sweep itself.
      if (!isNews) return null;
      if (await this.write(sighting, text, before === null ? { mark } : null)) return { sighting, before };
      text = (await this.texts([observation.row.id])).get(observation.row.id) ?? null;
    }
    return null;
  }

  private async write(
    sighting: Sighting,
    text: string | null,
    isNew: { mark: string | null } | null,
  ): Promise<boolean> {
    const { keys } = this;
    const checks: Check[] = [{ is: 'equal', key: keys.sightings, field: sighting.id, value: text }];
    const writes: Write[] = [
      ['hset', keys.sightings, sighting.id, JSON.stringify(sighting)],
      ['zadd', keys.sightingsByChange, sighting.lastModified ?? sighting.startDate ?? sighting.seenAt, sighting.id],
    ];
    if (isNew) {
      checks.push({ is: 'equal', key: keys.sightingMark, value: isNew.mark });
      writes.push(
        ['set', keys.sightingMark, String(sighting.firstSeen)],
        ['zadd', keys.sightingsOf(sighting.definitionId), sighting.firstSeen, sighting.id],
        [
          'zadd',
          keys.sightingsTitled(titleHash(sighting.definitionId, sighting.title)),
          sighting.firstSeen,
          sighting.id,
        ],
      );
    }
    return (await this.kv.commit(checks, writes)).ok;
  }

  private async replace(id: string, change: (known: Sighting) => Sighting | null): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries++) {
      const text = (await this.texts([id])).get(id) ?? null;
      if (text === null) return false;
      const next = change(JSON.parse(text) as Sighting);
      if (next === null) return true;
      const check: Check = { is: 'equal', key: this.keys.sightings, field: id, value: text };
      if ((await this.kv.commit([check], [['hset', this.keys.sightings, id, JSON.stringify(next)]])).ok) return true;
    }
    return false;
  }
}

function titleHash(definitionId: string, title: string | null): string {
  return createHash('sha256')
    .update(`${definitionId}\n${title ?? ''}`)
    .digest('base64url')
    .slice(0, 16);
}
