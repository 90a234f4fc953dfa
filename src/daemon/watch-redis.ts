import type { RedisConnection } from '../adapters/redis/connect.ts';
import type { RedisAlert } from '../alerts/alert-directly.ts';
import type { Emit } from '../telemetry/events.ts';

export interface RedisWatch {
  readonly isAway: () => boolean;
}

/** Tells when Redis goes and when it is back, once each, in the log and by the direct alert. */
export function watchRedis(redis: RedisConnection, alert: RedisAlert, emit: Emit): RedisWatch {
  let isAway = false;
  let why = 'the connection was closed';
  redis.on('error', (error: Error) => {
    why = error.message;
    if (redis.status !== 'ready') leave();
  });
  redis.on('close', () => leave());
  redis.on('ready', () => {
    alert.back();
    if (isAway) emit('daemon.back', { what: 'redis' });
    isAway = false;
  });
  const leave = (): void => {
    if (redis.status === 'end') return; // we closed it
    alert.away(why);
    if (!isAway) emit('daemon.waiting', { what: 'redis', why });
    isAway = true;
  };
  return { isAway: () => isAway };
}
