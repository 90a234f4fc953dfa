import { Redis } from 'ioredis';
import { keysUnder, removeKeysUnder, textOf } from '../../../src/adapters/redis/key-space.ts';
import { startTestRedis } from '../../support/redis.ts';

const server = await startTestRedis();
const suite = server ? describe : describe.skip;
const redis = server ? new Redis(server.url, { lazyConnect: false }) : null;

afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

const here = (): Redis => {
  if (redis === null) throw new Error('no Redis');
  return redis;
};

suite('the keys under a prefix', () => {
  test('are found, read and removed, and no other key is touched', async () => {
    const prefix = `keys-${crypto.randomUUID()}[1]*`;
    const other = `${prefix.slice(0, -4)}1x:mine`; // what the prefix would match as a pattern
    await here().set(`${prefix}:text`, 'one');
    await here().hset(`${prefix}:hash`, 'field', 'two');
    await here().zadd(`${prefix}:sorted`, 1, 'three');
    await here().rpush(`${prefix}:list`, 'four');
    await here().sadd(`${prefix}:set`, 'five');
    await here().xadd(`${prefix}:stream`, '*', 'field', 'six');
    await here().set(other, 'not yours');

    const keys = await keysUnder(here(), prefix);
    const texts = await Promise.all(keys.map(async (key) => textOf(here(), key)));
    const removed = await removeKeysUnder(here(), prefix);

    expect(removed).toBe(6);
    for (const word of ['one', 'two', 'three', 'four', 'five', 'six']) expect(texts.join()).toContain(word);
    expect(await keysUnder(here(), prefix)).toEqual([]);
    expect(await here().get(other)).toBe('not yours');
    await here().del(other);
  });

  test('are all found where there are many', async () => {
    const prefix = `many-${crypto.randomUUID()}`;
    await Promise.all(Array.from({ length: 1500 }, async (_, index) => here().set(`${prefix}:${index}`, 'x')));

    expect(await removeKeysUnder(here(), prefix)).toBe(1500);
  });
});
