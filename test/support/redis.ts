import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface TestRedis {
  readonly url: string;
  /** Kills the server as a crash would, and starts it again on the same data and port. Own servers only. */
  restart(): Promise<void>;
  /** The two halves of a restart. Own servers only. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Copies the data as they are on disk now; `putBack`, on a killed server, lays that copy in their place. Own servers only. */
  copyData(): { readonly putBack: () => void };
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** Keep every write on disk, so that a restart loses nothing. Default: no. */
  readonly isDurable?: boolean;
  /** How hard a durable one tries. Default: always. */
  readonly fsync?: 'always' | 'everysec';
  /** A private one that follows this one, by its URL. */
  readonly replicaOf?: string;
}

/**
 * A Redis for tests: the one that TEST_REDIS_URL names (used under random prefixes, never emptied), else a private one on
 * loopback; null where there is none. Suites are then skipped and counted as such.
 */
export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis | null> {
  const given = process.env['TEST_REDIS_URL'];
  if (given && !options.isDurable && options.replicaOf === undefined) {
    const refuse = async (): Promise<void> => Promise.reject(new Error('not our server'));
    return {
      url: given,
      stop: async () => undefined,
      restart: refuse,
      kill: refuse,
      start: refuse,
      copyData: () => {
        throw new Error('not our server');
      },
    };
  }
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'remediator-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  let child = await start(port, folder, options);
  if (child === null) {
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
  return {
    url,
    restart: async () => {
      await end(child);
      child = await start(port, folder, options);
    },
    kill: async () => end(child),
    start: async () => {
      child = await start(port, folder, options);
    },
    copyData: () => {
      const copy = mkdtempSync(join(folder, 'copy-'));
      cpSync(join(folder, DATA), join(copy, DATA), { recursive: true });
      return {
        putBack: () => {
          rmSync(join(folder, DATA), { recursive: true, force: true });
          cpSync(join(copy, DATA), join(folder, DATA), { recursive: true });
        },
      };
    },
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where a durable server keeps everything (Redis 7). */
const DATA = 'appendonlydir';

async function start(
  port: number,
  folder: string,
  { isDurable, fsync = 'always', replicaOf }: TestRedisOptions,
): Promise<ChildProcess | null> {
  const durable = isDurable ? ['--appendonly', 'yes', '--appendfsync', fsync] : ['--appendonly', 'no'];
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...durable];
  if (replicaOf !== undefined) args.push('--replicaof', '127.0.0.1', new URL(replicaOf).port);
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const isThere = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('spawn', () => resolve(true));
  });
  if (!isThere) return null;
  await untilReady(`redis://127.0.0.1:${port}`);
  return child;
}

async function untilReady(url: string): Promise<void> {
  const redis = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  await redis.ping();
  redis.disconnect();
}

async function end(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** Below the ports that systems give out by themselves (32768 on, as a rule). */
const PORTS = { first: 20_000, count: 12_000 };
const PORT_TRIES = 50;

/**
 * A port that was free a moment ago, and that nobody is given who asks for any: a server that is killed and started again
 * finds it free.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${PORTS.first} on`);
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
