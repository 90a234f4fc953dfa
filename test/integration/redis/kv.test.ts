import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createKeys } from '../../../src/adapters/redis/keys.ts';
import type { Check, Kv, Write } from '../../../src/adapters/redis/kv.ts';
import { RedisKv } from '../../../src/adapters/redis/redis-kv.ts';
import { StoreLostError } from '../../../src/core/errors.ts';
import { MemoryKv } from '../../support/memory-kv.ts';
import { startTestRedis } from '../../support/redis.ts';

const server = await startTestRedis();
const clients: Redis[] = [];

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server?.stop();
});

async function createRedisKv(prefix = `test-${randomUUID()}`): Promise<RedisKv> {
  const redis = new Redis(server?.url ?? '');
  clients.push(redis);
  const kv = new RedisKv(redis, createKeys(prefix));
  await kv.attach();
  return kv;
}

const KINDS: readonly (readonly [string, () => Promise<Kv>])[] = [
  ['the twin in memory', async () => new MemoryKv(() => Date.now())],
  ...(server ? [['Redis', async () => createRedisKv()] as const] : []),
];

const name = (): string => `key-${randomUUID()}`;

describe.each(KINDS)('a commit on %s', (_kind, create) => {
  test('does all its writes, or none where a check fails, and tells which', async () => {
    const kv = await create();
    const key = name();
    const writes: Write[] = [
      ['hset', key, 'a', '1', 'b', '2'],
      ['hincrby', key, 'n', 3],
    ];

    const first = await kv.commit([{ is: 'equal', key, field: 'a', value: null }], writes);
    const checks: Check[] = [
      { is: 'equal', key, field: 'b', value: '2' },
      { is: 'equal', key, field: 'a', value: null },
    ];
    const second = await kv.commit(checks, [['hset', key, 'a', 'changed']]);

    expect(first).toEqual({ ok: true });
    expect(second).toEqual({ ok: false, failed: 1, waitMs: 0 });
    expect(await kv.hgetall(key)).toEqual({ a: '1', b: '2', n: '3' });
  });

  test('counts room by the entries whose time has not passed, and lets a counted member in', async () => {
    const kv = await create();
    const key = name();
    const soon = kv.now() + 60_000;
    await kv.commit(
      [],
      [
        ['zadd', key, soon, 'one'],
        ['zadd', key, soon, 'two'],
        ['zadd', key, kv.now() - 60_000, 'past'],
      ],
    );

    expect(await kv.commit([{ is: 'room', key, below: 3 }], [])).toEqual({ ok: true });
    expect(await kv.commit([{ is: 'room', key, below: 2 }], [])).toMatchObject({ ok: false });
    expect(await kv.commit([{ is: 'room', key, below: 2, member: 'one' }], [])).toEqual({ ok: true });
    expect(await kv.commit([{ is: 'room', key, below: 2, member: 'past' }], [])).toMatchObject({ ok: false });
    expect(await kv.commit([{ is: 'member', key, member: 'past' }], [])).toEqual({ ok: true });
    expect(await kv.commit([{ is: 'member', key, member: 'nobody' }], [])).toMatchObject({ ok: false });
  });

  test('gives turns their distance and tells how long the next one is away', async () => {
    const kv = await create();
    const key = name();
    const turn: Check = { is: 'turn', key, slackMs: 0 };

    const first = await kv.commit([turn], [['pace', key, 60_000]]);
    const second = await kv.commit([turn], [['pace', key, 60_000]]);
    const withSlack = await kv.commit([{ is: 'turn', key, slackMs: 61_000 }], []);

    expect(first).toEqual({ ok: true });
    expect(second).toMatchObject({ ok: false, failed: 0 });
    expect((second as { waitMs: number }).waitMs).toBeGreaterThan(55_000);
    expect(withSlack).toEqual({ ok: true });
  });

  test('reads sorted sets by score from either end', async () => {
    const kv = await create();
    const key = name();
    await kv.commit(
      [],
      ['a', 'b', 'c', 'd'].map((member, index) => ['zadd', key, index, member] as const),
    );

    expect((await kv.zrange(key, { min: 1, limit: 2 })).map(({ member }) => member)).toEqual(['b', 'c']);
    expect((await kv.zrange(key, { min: '(1', limit: 9 })).map(({ member }) => member)).toEqual(['c', 'd']);
    expect((await kv.zrange(key, { rev: true, limit: 2 })).map(({ member }) => member)).toEqual(['d', 'c']);
    expect(await kv.zcount(key, '(0', 2)).toBe(2);
  });

  test('reads what a hash has for a range in its order, also where it has nothing for a member', async () => {
    const kv = await create();
    const [key, hash] = [name(), name()];
    await kv.commit(
      [],
      [
        ...['a', 'b', 'c', 'd'].map((member, index) => ['zadd', key, index, member] as const),
        ['hset', hash, 'b', 'text of b', 'd', 'text of d'],
      ],
    );

    expect(await kv.hgetRange(hash, key, { min: '(0', rev: true, limit: 9 })).toEqual(['text of d', null, 'text of b']);
    expect(await kv.hgetRange(hash, key, { max: 1, limit: 9 })).toEqual([null, 'text of b']);
    expect(await kv.hgetRange(hash, name(), { limit: 9 })).toEqual([]);
  });

  test('reserves turns in a row', async () => {
    const kv = await create();
    const key = name();

    const first = await kv.reserve(key, 1000, 3);
    const second = await kv.reserve(key, 1000, 1);

    expect(first.waitMs).toBe(0);
    expect(second.waitMs).toBeGreaterThan(2500);
  });
});

(server ? describe : describe.skip)('a store that goes back', () => {
  test('refuses every write of a process that knew it before it was emptied', async () => {
    const prefix = `test-${randomUUID()}`;
    const kv = await createRedisKv(prefix);
    const key = `${prefix}:x`;
    await kv.commit([], [['set', key, '1']]);
    const [client = new Redis()] = clients.slice(-1);
    await client.del(`${prefix}:epoch`, `${prefix}:sequence`);

    await expect(kv.commit([], [['set', key, '2']])).rejects.toThrow(StoreLostError);

    expect(await kv.get(key)).toBe('1');
  });

  /** A process that has written five times, and a client that does what happens to Redis. */
  const afterFive = async () => {
    const prefix = `test-${randomUUID()}`;
    const kv = await createRedisKv(prefix);
    for (let count = 0; count < 5; count++) await kv.commit([], [['set', `${prefix}:x`, String(count)]]);
    const [client = new Redis()] = clients.slice(-1);
    const epoch = await client.get(`${prefix}:epoch`);
    return { prefix, kv, client, epoch, late: async () => kv.commit([], [['set', `${prefix}:x`, 'late']]) };
  };

  test('refuses every write of a process that saw a later sequence, and takes it back under a new epoch', async () => {
    const { prefix, kv, client, epoch, late } = await afterFive();
    await client.set(`${prefix}:sequence`, '2');

    await expect(late()).rejects.toThrow(StoreLostError);
    const attached = await kv.attach();

    expect(attached.epoch).not.toBe(epoch);
    expect(await kv.commit([], [['set', `${prefix}:x`, 'new']])).toEqual({ ok: true });
  });

  test('who finds out that it went back begins the new epoch in the same step, for all, and should it die right then', async () => {
    const { prefix, client, epoch, late } = await afterFive();
    await client.hset(`${prefix}:ledger:feed`, 'doc', '{}');
    await client.set(`${prefix}:sequence`, '2');
    const other = await createRedisKv(prefix);

    await expect(late()).rejects.toThrow(StoreLostError);

    expect(await client.get(`${prefix}:epoch`)).not.toBe(epoch);
    expect(await client.exists(`${prefix}:ledger:feed`)).toBe(0);
    await expect(other.commit([], [['set', `${prefix}:x`, 'other']])).rejects.toThrow(StoreLostError);
  });

  test('an older epoch, back from a backup, is left for a new one', async () => {
    const { prefix, client, late, kv } = await afterFive();
    await client.set(`${prefix}:epoch`, 't5-older');

    await expect(late()).rejects.toThrow(StoreLostError);

    const renewed = await client.get(`${prefix}:epoch`);
    expect(renewed).not.toBe('t5-older');
    expect((await kv.attach()).epoch).toBe(renewed);
  });

  test('the epoch that another process has begun is kept', async () => {
    const { prefix, client, late } = await afterFive();
    await client.set(`${prefix}:epoch`, 't99999999999999-newer');

    await expect(late()).rejects.toThrow(StoreLostError);

    expect(await client.get(`${prefix}:epoch`)).toBe('t99999999999999-newer');
  });

  test('a step that began before the loss saves nothing after it', async () => {
    const { prefix, kv, client, late } = await afterFive();
    const write = async (text: string) => kv.commit([], [['set', `${prefix}:x`, text]]);
    let lost: unknown;

    await kv.step(async () => {
      await client.set(`${prefix}:sequence`, '2');
      await expect(late()).rejects.toThrow(StoreLostError);
      await kv.attach();
      lost = await write('of before').catch((error: unknown) => error);
    });

    expect(lost).toBeInstanceOf(StoreLostError);
    expect(kv.isNews(lost as StoreLostError)).toBe(false);
    expect(await kv.step(async () => write('new'))).toEqual({ ok: true });
  });
});
