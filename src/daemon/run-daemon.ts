import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { within } from '../adapters/bullmq/within.ts';
import { redisLabel } from '../adapters/redis/connect.ts';
import type { RedisOptions } from '../adapters/redis/connect.ts';
import { startEmbeddedRedis } from '../adapters/redis/embedded-redis.ts';
import type { EmbeddedRedis } from '../adapters/redis/embedded-redis.ts';
import type { Config } from '../config/schema.ts';
import { logEvents } from '../telemetry/log-events.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createHttp } from './serve-http.ts';
import { startDaemon } from './start-daemon.ts';

export interface RunOptions {
  readonly config: Config;
  readonly role: 'all' | 'poller' | 'worker';
}

const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs one replica until a signal ends it; answers with the exit code. */
export async function runDaemon({ config, role }: RunOptions): Promise<number> {
  const replica = crypto.randomUUID().slice(0, 8);
  const log = createLogger({ ...config.log, replica });
  const signals = watchSignals();
  const embedded = await startEmbedded(config);
  const redis: RedisOptions = embedded ? { url: embedded.url } : redisOptions(config);
  log.info(
    { redis: embedded?.label ?? redisLabel(redis.url), command: config.command.url, mode: config.mode, role },
    'starting',
  );
  const http = createHttp(config);
  const daemon = startDaemon({ config, role, redis, replica, listeners: [logEvents(log), http.listener] });
  const server = http.createServerFor(daemon);
  try {
    log.info({ url: await server.start() }, 'listening');
  } catch (error) {
    log.error(
      { err: error, http: `${config.http.host}:${config.http.port}` },
      'cannot listen; set http.host and http.port (0: any free one)',
    );
    await daemon.stop();
    await embedded?.stop();
    return 1;
  }
  const signal = await signals.first;
  log.info({ signal, graceMs: config.shutdown.grace }, 'stopping: no new restart, open ones may end');
  const stopped = daemon.stop().then(async () => server.stop());
  if (!(await within(stopped, config.shutdown.grace + CLOSING_MS)))
    log.warn('not everything closed in time; what is open is on record for the next replica');
  await embedded?.stop();
  log.info('stopped');
  return 0;
}

/** What may be needed beyond `shutdown.grace`, to close what stands; compose gives 10 s. */
const CLOSING_MS = 7000;

/** The first signal drains; a second one ends the process at once. */
function watchSignals(): { readonly first: Promise<'SIGINT' | 'SIGTERM'> } {
  const { promise, resolve: take } = Promise.withResolvers<'SIGINT' | 'SIGTERM'>();
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(EXIT_BY_SIGNAL[signal]);
      isStopping = true;
      take(signal);
    });
  }
  return { first: promise };
}

/** Where an embedded Redis keeps its data, below the working folder. */
const EMBEDDED_FOLDER = 'remediator-redis';

async function startEmbedded({ redis }: Config): Promise<EmbeddedRedis | null> {
  if (!redis.embedded) return null;
  const folder = resolve(EMBEDDED_FOLDER);
  mkdirSync(folder, { recursive: true });
  return startEmbeddedRedis(folder);
}

/** The configured Redis. */
export function redisOptions({ redis }: Config): RedisOptions {
  const { url, sentinel, tls } = redis;
  const { caFile, certificate, key, skipVerify } = tls;
  const isTls = url.startsWith('rediss:');
  return {
    url,
    sentinel,
    ...(isTls
      ? {
          tls: {
            ...pem('ca', caFile),
            ...pem('cert', certificate),
            ...pem('key', key),
            rejectUnauthorized: !skipVerify,
          },
        }
      : {}),
  };
}

function pem(name: 'ca' | 'cert' | 'key', value: string | undefined): Record<string, string> {
  if (value === undefined) return {};
  return { [name]: value.includes('-----BEGIN') ? value : readFileSync(value, 'utf8') };
}
