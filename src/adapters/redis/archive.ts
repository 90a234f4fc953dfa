import type { Time } from '../../core/instance.ts';
import { positionOf } from '../../core/list-position.ts';
import type { RecordPosition } from '../../core/list-position.ts';
import type { Remediation } from '../../core/remediation.ts';
import { fromArchive, toArchived } from '../../core/retention.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';
import { membersFrom } from './members-from.ts';
import { removalOf, saveChecks, writesOf } from './record-writes.ts';

/**
 * The archive in Redis: one hash of records, and their order by end. `instances` goes on to tell whom an id belongs to, so
 * that no row of an archived lineage is admitted as a new one.
 */
export class RedisArchive implements Archive {
  private readonly kv: Kv;
  private readonly keys: Keys;

  constructor(kv: Kv, keys: Keys) {
    this.kv = kv;
    this.keys = keys;
  }

  async add(ended: Remediation): Promise<boolean> {
    const { kv, keys } = this;
    const { rootInstanceId: root, instanceIds } = ended;
    // A restart is opened in one step with its record, so the version tells of one that is opened after this look.
    const unsettled = await Promise.all(instanceIds.map(async (id) => kv.zscore(keys.unsettled, id)));
    if (unsettled.some((openedAt) => openedAt !== null)) return false;
    const committed = await kv.commit(
      [...saveChecks(keys, ended), ...this.unseen(instanceIds)],
      [
        ...removalOf(keys, ended),
        ['del', keys.remediation(root)],
        ['hset', keys.archive, root, JSON.stringify(toArchived(ended))],
        ['zadd', keys.archived, positionOf(ended).at, root],
      ],
    );
    return committed.ok;
  }

  async find(id: string): Promise<Remediation | null> {
    const { kv, keys } = this;
    const root = (await kv.hget(keys.instances, id.toLowerCase())) ?? (await kv.hget(keys.references, id));
    const [found = null] = root === null ? [] : await this.load([root]);
    return found;
  }

  async bringBack(rootInstanceIds: readonly string[]): Promise<void> {
    const { kv, keys } = this;
    const texts = await kv.hmget(keys.archive, rootInstanceIds);
    const now = kv.now();
    for (const [index, root] of rootInstanceIds.entries()) {
      const text = texts[index] ?? null;
      if (text === null) continue;
      const record = fromArchive(JSON.parse(text) as Remediation, now);
      await kv.commit(
        [{ is: 'equal', key: keys.archive, field: root, value: text }],
        [...this.removal(root), ...writesOf(keys, null, record, now), ['zadd', keys.due, now, root]],
      );
    }
  }

  async list(limit: number, after?: Pick<RecordPosition, 'at' | 'root'>): Promise<readonly Remediation[]> {
    const found: Remediation[] = [];
    for await (const roots of membersFrom(this.kv, this.keys.archived, after ?? null)) {
      found.push(...(await this.load(roots)));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  async endedBefore(time: Time, limit: number): Promise<readonly Remediation[]> {
    const old = await this.kv.zrange(this.keys.archived, { max: `(${time}`, limit });
    return this.load(old.map(({ member }) => member));
  }

  async forget({ rootInstanceId: root, ...archived }: Remediation): Promise<boolean> {
    const { kv, keys } = this;
    const checks: Check[] = [{ is: 'member', key: keys.archived, member: root }, ...this.unseen(archived.instanceIds)];
    const ofIds = [keys.instances, keys.intents, keys.intentStates, keys.replaced];
    const writes: Write[] = [
      ...this.removal(root),
      ...archived.instanceIds.flatMap((id) => ofIds.map((key): Write => ['hdel', key, id])),
      ...(await this.referencesTo(root, archived)).map((reference): Write => ['hdel', keys.references, reference]),
    ];
    return (await kv.commit(checks, writes)).ok;
  }

  private async load(roots: readonly string[]): Promise<readonly Remediation[]> {
    const texts = await this.kv.hmget(this.keys.archive, roots);
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Remediation]));
  }

  /** None of these rows is in the feed's memory: no list has shown one since it left the look-back. */
  private unseen(instanceIds: readonly string[]): Check[] {
    return instanceIds.map((id) => ({ is: 'equal', key: this.keys.sightings, field: id, value: null }));
  }

  private removal(root: string): Write[] {
    return [
      ['hdel', this.keys.archive, root],
      ['zrem', this.keys.archived, root],
    ];
  }

  private async referencesTo(
    root: string,
    { referenceId, currentReferenceId, lineage }: Pick<Remediation, 'referenceId' | 'currentReferenceId' | 'lineage'>,
  ): Promise<readonly string[]> {
    const ofLineage = lineage.flatMap(({ oldReferenceId, newReferenceId }) => [oldReferenceId, newReferenceId]);
    const known = [referenceId, currentReferenceId, ...ofLineage].filter((reference) => reference !== null);
    const references = [...new Set(known)].map(String);
    const roots = await this.kv.hmget(this.keys.references, references);
    return references.filter((_reference, index) => roots[index] === root);
  }
}
