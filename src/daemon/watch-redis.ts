import { within } from '../adapters/bullmq/within.ts';
import type { RedisConnection } from '../adapters/redis/connect.ts';
import type { RedisAlert } from '../alerts/alert-directly.ts';
import type { Emit } from '../telemetry/events.ts';
import { startLoop } from './loop.ts';

export interface RedisWatch {
  readonly isAway: () => boolean;
  /** Asks now, and waits no longer than a second. False: no answer. */
  answers(): Promise<boolean>;
  stop(): Promise<void>;
}

/** How often Redis is asked for a sign of life while the connection stands. */
const PULSE_MS = 1000;

/** A server that hangs and a line that is dead close no connection: after so long without an answer Redis is away. */
const SILENT_MS = 2000;

/** How long somebody who asks whether Redis is there is kept waiting. */
const ASK_MS = 1000;

/** Tells when Redis goes and when it is back, once each, in the log and by the direct alert. */
export function watchRedis(redis: RedisConnection, alert: RedisAlert, emit: Emit): RedisWatch {
  let isAway = false;
  let why = 'the connection was closed';
  const leave = (reason: string): void => {
    if (redis.status === 'end') return; // we closed it
    alert.away(reason);
    if (!isAway) emit('daemon.waiting', { what: 'redis', why: reason });
    isAway = true;
  };
  const back = (): void => {
    alert.back();
    if (isAway) emit('daemon.back', { what: 'redis' });
    isAway = false;
  };
  redis.on('error', (error: Error) => {
    why = error.message;
    if (redis.status !== 'ready') leave(why);
  });
  redis.on('close', () => leave(why));
  redis.on('ready', back);
  const pulse = startLoop(
    async () => {
      if (redis.status !== 'ready') return; // its own events tell
      if (await answersWithin(redis, SILENT_MS)) back();
      else leave(`no answer within ${SILENT_MS / 1000} s`);
    },
    PULSE_MS,
    () => undefined,
  );
  return {
    isAway: () => isAway,
    answers: async () => redis.status === 'ready' && answersWithin(redis, ASK_MS),
    stop: async () => pulse.stop(),
  };
}

async function answersWithin(redis: RedisConnection, limitMs: number): Promise<boolean> {
  let isThere = false;
  const asked = redis.ping().then(() => (isThere = true));
  await within(asked, limitMs);
  return isThere;
}
