import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisArchive } from '../../../src/adapters/redis/archive.ts';
import { RedisJournal } from '../../../src/adapters/redis/journal.ts';
import { createKeys } from '../../../src/adapters/redis/keys.ts';
import type { Kv } from '../../../src/adapters/redis/kv.ts';
import { RedisKv } from '../../../src/adapters/redis/redis-kv.ts';
import { RedisRemediationStore } from '../../../src/adapters/redis/remediation-store.ts';
import { RedisSightings } from '../../../src/adapters/redis/sightings.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { allRecords } from '../../../src/daemon/all-records.ts';
import type { RecordPosition } from '../../../src/core/list-position.ts';
import { NOON, aRecord, aRemediation, aSighting, anIntent, guid } from '../../support/builders.ts';
import { MemoryKv } from '../../support/memory-kv.ts';
import { startTestRedis } from '../../support/redis.ts';

const server = await startTestRedis();
const clients: Redis[] = [];

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server?.stop();
});

async function onRedis(prefix: string): Promise<Kv> {
  const redis = new Redis(server?.url ?? '');
  clients.push(redis);
  const kv = new RedisKv(redis, createKeys(prefix));
  await kv.attach();
  return kv;
}

const KINDS: readonly (readonly [string, (prefix: string) => Promise<Kv>])[] = [
  ['the twin in memory', async () => new MemoryKv(() => Date.now())],
  ...(server ? [['Redis', onRedis] as const] : []),
];

function anEnded(number: number, changes: Partial<Remediation> = {}): Remediation {
  const ids = { rootInstanceId: guid(number), referenceId: number, currentReferenceId: number };
  return aRemediation({
    ...ids,
    phase: 'ended',
    wait: null,
    nextAt: null,
    outcome: 'recovered',
    endedAt: NOON,
    ...changes,
  });
}

const two = {
  currentInstanceId: guid(2),
  currentReferenceId: 2,
  lineage: [aRecord({ oldReferenceId: 1, newReferenceId: 2 })],
};

describe.each(KINDS)('the archive on %s', (_kind, create) => {
  const aStore = async () => {
    const prefix = `test-${randomUUID()}`;
    const keys = createKeys(prefix);
    const kv = await create(prefix);
    const stores = {
      kv,
      keys,
      store: new RedisRemediationStore(kv, keys),
      archive: new RedisArchive(kv, keys),
      sightings: new RedisSightings(kv, keys),
      journal: new RedisJournal(kv, keys, 'replica-1'),
    };
    /** Everything under the keys that tell something about a lineage. */
    const traces = async () => {
      const hashes = [keys.instances, keys.references, keys.intents, keys.intentStates, keys.archive, keys.alertKeys];
      const fields = await Promise.all(hashes.map(async (key) => Object.keys(await kv.hgetall(key))));
      return [...fields.flat(), ...(await kv.zrange(keys.archived, { limit: 9 })).map(({ member }) => member)];
    };
    return { ...stores, traces };
  };

  test('takes an ended one out of every index of the list, and keeps whom its ids belong to', async () => {
    const { store, archive } = await aStore();
    const ended = anEnded(1, { ...two, outcome: 'exhausted', alertKey: 'exhausted:x' });
    await store.create(ended);

    expect(await archive.add(ended)).toBe(true);

    expect(await store.list({ search: 'web01' }, 9)).toEqual([]);
    expect(await store.counts()).toMatchObject({ phases: { ended: 0 }, outcomes: { exhausted: 0 } });
    expect((await store.alertGroups()).size).toBe(0);
    for (const id of [guid(1), guid(2), '1', '2']) expect(await store.find(id)).toBeNull();
    expect(await store.rootsOf([guid(1), guid(2)])).toEqual(new Map([1, 2].map((id) => [guid(id), guid(1)])));
    expect(await archive.list(9)).toEqual([{ ...ended, timeline: [] }]);
    for (const id of [guid(1), guid(2).toUpperCase(), '1', '2'])
      expect(await archive.find(id)).toEqual({ ...ended, timeline: [] });
    expect(await archive.find(guid(3))).toBeNull();
  });

  test('leaves what has changed meanwhile, and what Command may still list', async () => {
    const { store, archive, sightings } = await aStore();
    const [changed, seen] = [anEnded(1), anEnded(2)];
    for (const record of [changed, seen]) await store.create(record);
    await store.save(changed, changed);
    await sightings.observe([{ row: aSighting({ id: guid(2) }), requestedAt: NOON }]);

    expect(await archive.add(changed)).toBe(false);
    expect(await archive.add(seen)).toBe(false);
    expect(await store.list({}, 9)).toHaveLength(2);
    expect(await archive.list(9)).toEqual([]);
  });

  test('lets nobody admit or link an instance of an archived lineage', async () => {
    const { store, archive } = await aStore();
    const [ended, other] = [anEnded(1, two), aRemediation({ rootInstanceId: guid(9) })];
    for (const record of [ended, other]) await store.create(record);
    await archive.add(ended);

    expect(await store.create(aRemediation({ rootInstanceId: guid(2) }))).toBeNull();
    expect(await store.save(other, { ...other, instanceIds: [guid(9), guid(2)] })).toBeNull();
  });

  test('brings one back once, due at once, past whoever loaded it before', async () => {
    const { store, archive } = await aStore();
    const ended = anEnded(1, two);
    await store.create(ended);
    await archive.add(ended);

    await Promise.all([archive.bringBack([guid(1), guid(5)]), archive.bringBack([guid(1)])]);

    expect(await store.takeDue(9, 1000)).toEqual([guid(1)]);
    expect(await store.counts()).toMatchObject({ phases: { ended: 1 }, outcomes: { recovered: 1 } });
    expect(await store.load(guid(1))).toMatchObject({ endedAt: NOON, lineage: two.lineage, version: 2 });
    expect(await store.find('2')).toBe(guid(1));
    expect(await archive.find('2')).toBeNull();
    expect(await archive.list(9)).toEqual([]);
    expect(await store.save(ended, ended)).toBeNull();
  });

  test('forgets everything about one, but not while one of its rows is in memory', async () => {
    const { store, archive, journal, sightings, traces } = await aStore();
    const ended = anEnded(1, two);
    await store.create(ended);
    const limits = { concurrency: 8, perMinute: 6000, perCaPerMinute: 6000 };
    const door = { before: ended, after: ended, caSlots: 8, gates: [], limits, canaryWindowMs: 1 };
    const opened = await journal.open({ ...door, intent: anIntent() });
    if (opened.type !== 'opened') throw new Error(opened.because);
    await journal.close({ ...opened.intent, state: 'accepted', endedAt: NOON });
    const record = { ...ended, version: 2 };
    expect(await archive.add(record)).toBe(false); // its search is not over
    await journal.settle(guid(1));
    expect(await archive.add(record)).toBe(true);

    await sightings.observe([{ row: aSighting({ id: guid(2) }), requestedAt: NOON }]);
    expect(await archive.forget(record)).toBe(false);
    expect(await journal.load(guid(1))).toMatchObject({ state: 'accepted' });
    await sightings.prune(NOON + 1, 9);

    expect(await archive.forget(record)).toBe(true);
    expect(await archive.forget(record)).toBe(false);
    expect(await traces()).toEqual([]);
  });

  test('pages through list and archive, however many ended at once', async () => {
    const { store, archive } = await aStore();
    const ended = Array.from({ length: 450 }, (_none, index) =>
      anEnded(index + 1, { endedAt: NOON + Math.floor(index / 430) }),
    );
    for (const record of ended) await store.create(record);
    for (const record of ended.slice(10)) await archive.add(record);

    const roots: string[] = [];
    let after: RecordPosition | undefined;
    do {
      const page = await allRecords(60, after, { store, archive });
      roots.push(...page.map(({ remediation }) => remediation.rootInstanceId));
      after = page.at(-1)?.position;
    } while (after !== undefined);

    expect(roots).toEqual(ended.map(({ rootInstanceId }) => rootInstanceId));
    expect(await archive.endedBefore(NOON + 1, 500)).toHaveLength(420);
    expect(await archive.endedBefore(NOON, 500)).toEqual([]);
  });
});
