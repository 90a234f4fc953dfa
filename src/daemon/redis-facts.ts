import { redisLabel } from '../adapters/redis/connect.ts';
import type { RedisConnection } from '../adapters/redis/connect.ts';
import type { Config } from '../config/schema.ts';
import type { RedisFacts } from '../core/doctor-redis.ts';
import { evictionPolicy, isStandIn } from './fitness.ts';

/** What Redis says about itself, as far as it says it; changes nothing. */
export async function gatherRedisFacts(connection: RedisConnection, config: Config): Promise<RedisFacts> {
  const info = await connection.info().catch(() => '');
  const told = (name: string): string | null => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;
  const count = (name: string): number | null => (told(name) === null ? null : Number(told(name)));
  const valkey = told('valkey_version');
  const appendOnly =
    (await setting(connection, 'appendonly')) ?? { 0: 'no', 1: 'yes' }[told('aof_enabled') ?? ''] ?? null;
  return {
    place: redisLabel(config.redis.url),
    product: valkey === null ? 'Redis' : `Valkey ${valkey}, speaks Redis`,
    version: told('redis_version'),
    isStandIn: await isStandIn(connection),
    isCluster: told('redis_mode') === 'cluster',
    role: told('role'),
    evictionPolicy: await evictionPolicy(connection),
    maxMemory: count('maxmemory'),
    usedMemory: count('used_memory'),
    appendOnly: appendOnly === null ? null : appendOnly === 'yes',
    appendFsync: await setting(connection, 'appendfsync'),
    connectedReplicas: count('connected_slaves'),
    confirmReplicas: config.redis.confirmReplicas,
    isActive: config.mode === 'active',
  };
}

/** Null: not told (a managed Redis may forbid CONFIG). */
async function setting(connection: RedisConnection, name: string): Promise<string | null> {
  const reply = await connection.config('GET', name).catch(() => null);
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : null;
}
