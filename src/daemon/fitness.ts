import type { RedisConnection } from '../adapters/redis/connect.ts';
import type { Ledger } from '../ports/ledger.ts';

/** Why nothing may be sent, and what a person can do about it. */
export interface Unfit {
  readonly why: string;
  readonly fix: string;
}

/** The layout of our keys; a store with a newer one is not touched. */
export const LAYOUT = 1;

export interface FitnessQuestion {
  readonly redis: RedisConnection;
  readonly ledger: Ledger;
  /** Command's URL and API path, as one text. */
  readonly server: string;
  /** False in active mode: what restarts were sent must not be forgotten at exit. */
  readonly mayUseStandIn: boolean;
}

/** Null: this store may be worked with. Records layout and server in a store that has none. */
export async function checkFitness(question: FitnessQuestion): Promise<Unfit | null> {
  const { ledger, server } = question;
  const unfit = await findUnfit(question); // a store that is not ours to work with is not touched
  if (unfit !== null) return unfit;
  const layout = await ledger.update<Layout>('layout', (known) => (known === null ? { version: LAYOUT } : null));
  const owner = await ledger.update<Owner>('server', (known) => (known === null ? { server } : null));
  return checkLayout(layout) ?? checkOwner(owner, server);
}

/** The same without a change: also for a store whose identity this process has not taken on. */
export async function findUnfit(question: FitnessQuestion): Promise<Unfit | null> {
  const { ledger, server } = question;
  return (
    (await checkRedis(question)) ??
    checkLayout(await ledger.read<Layout>('layout')) ??
    checkOwner(await ledger.read<Owner>('server'), server)
  );
}

interface Layout {
  readonly version: number;
}

interface Owner {
  readonly server: string;
}

async function checkRedis({ redis, mayUseStandIn }: FitnessQuestion): Promise<Unfit | null> {
  if (!mayUseStandIn && (await isStandIn(redis))) {
    return {
      why: 'the in-memory stand-in of Redis loses everything at exit',
      fix: 'run a Redis or Valkey server and set redis.url (REDIS_URL), or use mode: observe',
    };
  }
  const policy = await evictionPolicy(redis);
  if (policy === null || policy === 'noeviction') return null;
  return {
    why: `Redis evicts keys (maxmemory-policy ${policy}): records of restarts could vanish`,
    fix: 'redis-cli config set maxmemory-policy noeviction, and the same in redis.conf',
  };
}

function checkLayout(found: Layout | null): Unfit | null {
  if (found === null || found.version <= LAYOUT) return null;
  return {
    why: `the store has layout ${found.version}, this program knows layout ${LAYOUT}`,
    fix: 'run the newer version of remediator, or give this one a redis.prefix of its own',
  };
}

function checkOwner(found: Owner | null, server: string): Unfit | null {
  if (found === null || found.server === server) return null;
  return {
    why: `the store belongs to ${found.server}, the configuration names ${server}`,
    fix: 'if it is the same Command under a new name: remediator state adopt-server; else give it a redis.prefix of its own',
  };
}

/** Null: not known (a managed Redis may forbid CONFIG). */
export async function evictionPolicy(redis: RedisConnection): Promise<string | null> {
  try {
    const reply = await redis.config('GET', 'maxmemory-policy');
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : null;
  } catch {
    return /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory').catch(() => ''))?.[1] ?? null;
  }
}

export async function isStandIn(redis: RedisConnection): Promise<boolean> {
  const text = await redis.info('server').catch(() => '');
  return /^os:mocked/m.test(text); // how js-redis-server names itself
}
