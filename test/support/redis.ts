import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface TestRedis {
  readonly url: string;
  /** Kills the server as a crash would, and starts it again on the same data and port. Own servers only. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** Keep every write on disk, so that a restart loses nothing. Default: no. */
  readonly isDurable?: boolean;
}

/**
 * A Redis for tests: the one that TEST_REDIS_URL names (used under random prefixes, never emptied), else a private one on
 * loopback; null where there is none. Suites are then skipped and counted as such.
 */
export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis | null> {
  const given = process.env['TEST_REDIS_URL'];
  if (given && !options.isDurable) {
    return {
      url: given,
      stop: async () => undefined,
      restart: async () => Promise.reject(new Error('not our server')),
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
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(port: number, folder: string, { isDurable }: TestRedisOptions): Promise<ChildProcess | null> {
  const durable = isDurable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...durable];
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

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
