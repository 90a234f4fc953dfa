import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { connectStore, redisLabel } from '../adapters/redis/connect.ts';
import type { RedisConnection } from '../adapters/redis/connect.ts';
import { startEmbeddedRedis } from '../adapters/redis/embedded-redis.ts';
import { keysUnder, removeKeysUnder, textOf } from '../adapters/redis/key-space.ts';
import type { Config } from '../config/schema.ts';
import type { Listener } from '../telemetry/events.ts';
import { logEvents } from '../telemetry/log-events.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createReader } from './reader.ts';
import type { Reader } from './reader.ts';
import type { Daemon } from './start-daemon.ts';
import { toPolicy } from './to-policy.ts';

export type { EventMap, EventName, Listener } from '../telemetry/events.ts';

/** A Redis for one demonstration, under a prefix of its own. */
export interface DemoStore {
  readonly url: string;
  readonly prefix: string;
  /** For people: which Redis was taken. */
  readonly label: string;
  /** Every key under the prefix, and everything it holds. */
  readAll(): Promise<readonly { readonly key: string; readonly text: string }[]>;
  /** Leaves nothing behind: removes the keys from a given server, or the private one with its data. */
  stop(): Promise<void>;
}

/** Redis answers a person's demonstration within this time or not at all. */
const COMMAND_LIMIT_MS = 5000;

/** Takes the given server, else starts a private one. @throws where it does not answer */
export async function openDemoStore(givenUrl: string | undefined): Promise<DemoStore> {
  const prefix = `remediator-demo-${randomBytes(6).toString('hex')}`;
  return givenUrl ? openGiven(givenUrl, prefix) : openPrivate(prefix);
}

async function openGiven(url: string, prefix: string): Promise<DemoStore> {
  const redis = connectStore({ url }, COMMAND_LIMIT_MS);
  try {
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw new Error(`Redis at ${redisLabel(url)} (REDIS_URL) does not answer; start it, or unset REDIS_URL`, {
      cause: error,
    });
  }
  return {
    url,
    prefix,
    label: `REDIS_URL (${redisLabel(url)}), only under the prefix ${prefix}, which is removed at the end`,
    readAll: async () => readAll(redis, prefix),
    stop: async () => {
      await removeKeysUnder(redis, prefix);
      redis.disconnect();
    },
  };
}

async function openPrivate(prefix: string): Promise<DemoStore> {
  const folder = mkdtempSync(join(tmpdir(), 'remediator-demo-'));
  const forget = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', forget);
  const server = await startEmbeddedRedis(folder).catch((error: unknown) => {
    forget();
    throw error;
  });
  const redis = connectStore({ url: server.url }, COMMAND_LIMIT_MS);
  return {
    url: server.url,
    prefix,
    label: server.isStandIn ? server.label : `private ${server.label} in a folder that is deleted at the end`,
    readAll: async () => readAll(redis, prefix),
    stop: async () => {
      redis.disconnect();
      await server.stop();
      forget();
      process.off('exit', forget);
    },
  };
}

async function readAll(redis: RedisConnection, prefix: string) {
  const keys = await keysUnder(redis, prefix);
  return Promise.all(keys.map(async (key) => ({ key, text: await textOf(redis, key) })));
}

/** The whole log of a replica, each line as it is written. */
export function logLines(replica: string, write: (line: string) => void): Listener {
  return logEvents(createLogger({ level: 'debug', pretty: false, replica, write }));
}

/** What a replica's store shows. */
export function readerOf({ stores }: Daemon, config: Config): Reader {
  return createReader({ ...stores, policy: toPolicy(config), now: () => stores.kv.now() });
}
