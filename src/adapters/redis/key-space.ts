import type { RedisConnection } from './connect.ts';

/** Keys that one SCAN step asks for. */
const SCAN_COUNT = 500;

/** All keys under a prefix, found step by step so that a shared server is never blocked. */
export async function keysUnder(redis: RedisConnection, prefix: string): Promise<readonly string[]> {
  const keys = new Set<string>();
  let cursor = '0';
  do {
    const [next, page] = await redis.scan(cursor, 'MATCH', `${escapeGlob(prefix)}:*`, 'COUNT', SCAN_COUNT);
    for (const key of page) if (key.startsWith(`${prefix}:`)) keys.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...keys];
}

/** Removes what is under a prefix and nothing else, key by key. Answers how many keys that were. */
export async function removeKeysUnder(redis: RedisConnection, prefix: string): Promise<number> {
  const keys = await keysUnder(redis, prefix);
  for (const key of keys) await redis.del(key);
  return keys.length;
}

/** Everything a key holds, as one text; empty where it is gone. */
export async function textOf(redis: RedisConnection, key: string): Promise<string> {
  const type = await redis.type(key);
  const read = READERS[type];
  return read === undefined ? '' : JSON.stringify(await read(redis, key));
}

const READERS: Readonly<Record<string, (redis: RedisConnection, key: string) => Promise<unknown>>> = {
  string: async (redis, key) => redis.get(key),
  hash: async (redis, key) => redis.hgetall(key),
  list: async (redis, key) => redis.lrange(key, 0, -1),
  set: async (redis, key) => redis.smembers(key),
  zset: async (redis, key) => redis.zrange(key, 0, '-1'),
  stream: async (redis, key) => redis.xrange(key, '-', '+'),
};

function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, String.raw`\$&`);
}
