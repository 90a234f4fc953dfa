import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';

export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** How long a private server may take until it answers. */
const START_LIMIT_MS = 10_000;

/**
 * A Redis for one test file: the server that TEST_REDIS_URL names (work under a prefix of your own, never FLUSH it), else
 * a private one on loopback. Null: there is none here, so skip the suite.
 */
export async function startTestRedis(): Promise<TestRedis | null> {
  const given = process.env['TEST_REDIS_URL'];
  if (given) return { url: given, stop: async () => undefined };
  const port = await freePort();
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  const ended = Promise.withResolvers<void>();
  child.once('exit', () => ended.resolve());
  const { promise: missing, resolve: isMissing } = Promise.withResolvers<'missing'>();
  child.once('error', () => isMissing('missing'));
  const url = `redis://127.0.0.1:${port}`;
  if ((await Promise.race([missing, untilReady(url)])) === 'missing') return null;
  return {
    url,
    stop: async () => {
      child.kill('SIGKILL');
      await ended.promise;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilReady(url: string): Promise<'ready'> {
  const until = Date.now() + START_LIMIT_MS;
  while (Date.now() < until) {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      await redis.ping();
      return 'ready';
    } catch {
      await pause(25);
    } finally {
      redis.disconnect();
    }
  }
  throw new Error('the private Redis did not answer in time');
}
