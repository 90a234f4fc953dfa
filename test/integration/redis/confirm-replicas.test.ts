import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createKeys } from '../../../src/adapters/redis/keys.ts';
import { RedisKv } from '../../../src/adapters/redis/redis-kv.ts';
import { startTestRedis } from '../../support/redis.ts';
import { until } from '../../support/world.ts';

const primary = await startTestRedis({ isDurable: true });
const replica = primary && (await startTestRedis({ replicaOf: primary.url }));
const clients: Redis[] = [];

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await replica?.stop();
  await primary?.stop();
});

function aClient(): Redis {
  const client = new Redis(primary?.url ?? '');
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

/** A store whose commits that ask for it are confirmed by this many replicas. */
async function aKv(replicas: number) {
  const client = aClient();
  const confirming = aClient();
  const kv = new RedisKv(client, createKeys('test'), { redis: confirming, replicas });
  await kv.attach();
  const commit = async (isConfirmed = true) => kv.commit([], [['set', 'test:x', '1']], isConfirmed);
  return { client, confirming, commit };
}

const untilConnected = async (client: Redis, count: number): Promise<unknown> =>
  until(
    async () => client.info('replication'),
    (info) => info.includes(`connected_slaves:${count}`) && !info.includes('state=wait'),
  );

(replica ? describe : describe.skip)('a commit that replicas must confirm', () => {
  test('is confirmed while they follow, not while they are away, and again when they are back', async () => {
    const { client, commit } = await aKv(1);
    await untilConnected(client, 1);

    expect(await commit()).toEqual({ ok: true });
    await replica?.kill();
    expect(await commit()).toEqual({ ok: true, unconfirmed: expect.stringContaining('0 of 1 replicas') as unknown });
    expect(await commit(false)).toEqual({ ok: true });
    await replica?.start();
    await untilConnected(client, 1);
    expect(await commit()).toEqual({ ok: true });
  });

  test('waits a bounded time for more than there are', async () => {
    const { commit } = await aKv(2);
    // That it ends at all tells that the time is bounded; Redis is told how long.
    expect(await commit()).toMatchObject({ unconfirmed: expect.stringContaining('1 of 2 replicas') as unknown });
  });

  test('is not taken for confirmed by what a new connection says', async () => {
    const { client, confirming, commit } = await aKv(1);
    const id = await confirming.client('ID');
    const wait = confirming.wait.bind(confirming);
    const counts: number[] = [];
    confirming.wait = async (replicas: number | string, ms: number | string) => {
      const closed = once(confirming, 'close');
      await client.call('CLIENT', 'KILL', 'ID', String(id));
      await closed;
      const count = await wait(replicas, ms);
      counts.push(count);
      return count;
    };

    expect(await commit()).toMatchObject({
      unconfirmed: expect.stringContaining('connection to Redis was lost') as unknown,
    });
    expect(counts).toEqual([1]);
  });
});
