import { Redis, ReplyError } from 'ioredis';

/** An open connection, as the composition root passes it on. */
export type RedisConnection = Redis;

export interface RedisOptions {
  readonly url: string;
  readonly sentinel?: {
    readonly master: string;
    readonly nodes: readonly string[];
    readonly password?: string | undefined;
  };
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

/** How long a new try to connect waits at most. */
const RETRY_LIMIT_MS = 2000;

/**
 * A line that died without a word (a partition, a failover that takes the address along) is given up after so long without
 * an answer; the system alone would take a quarter of an hour. BullMQ's own calls wait up to 10 s.
 */
const STORE_SILENT_MS = 10_000;
const QUEUE_SILENT_MS = 30_000;

const retryStrategy = (times: number): number => Math.min(RETRY_LIMIT_MS, 50 * 2 ** Math.min(times, 6));

/** A connection for the store: commands fail soon while Redis is away, and are never sent twice on their own. */
export function connectStore(options: RedisOptions, commandTimeoutMs: number): Redis {
  return connect(options, {
    commandTimeout: commandTimeoutMs,
    socketTimeout: STORE_SILENT_MS,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: true,
  });
}

/** A connection for BullMQ: commands wait until Redis is back. */
export function connectQueue(options: RedisOptions): Redis {
  return connect(options, { socketTimeout: QUEUE_SILENT_MS, maxRetriesPerRequest: null });
}

interface Behaviour {
  readonly commandTimeout?: number;
  readonly socketTimeout: number;
  readonly maxRetriesPerRequest: number | null;
  readonly autoResendUnfulfilledCommands?: boolean;
  readonly enableAutoPipelining?: boolean;
}

function connect({ url, sentinel, tls }: RedisOptions, behaviour: Behaviour): Redis {
  const common = { ...behaviour, retryStrategy, ...(tls ? { tls } : {}) };
  const redis =
    sentinel && sentinel.nodes.length > 0
      ? new Redis({ ...common, ...sentinelOf(sentinel), ...credentialsOf(url) })
      : new Redis(url, common);
  redis.on('error', () => undefined); // told by the watch on Redis; without a listener ioredis prints it
  return redis;
}

function sentinelOf({ master, nodes, password }: NonNullable<RedisOptions['sentinel']>): object {
  const sentinels = nodes.map((node) => {
    const at = node.lastIndexOf(':');
    return { host: node.slice(0, at), port: Number(node.slice(at + 1)) };
  });
  return { name: master, sentinels, ...(password === undefined ? {} : { sentinelPassword: password }) };
}

function credentialsOf(url: string): object {
  const { username, password, pathname } = new URL(url);
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(pathname.length > 1 ? { db: Number(pathname.slice(1)) } : {}),
  };
}

/** Host and port, for people; never credentials. */
export function redisLabel(url: string): string {
  try {
    const { hostname, port } = new URL(url);
    return `${hostname}:${port || '6379'}`;
  } catch {
    return 'redis.url';
  }
}

/** How Redis begins what it says of a missing or wrong password, or of a right that we lack. */
const REFUSALS = /^(?:NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR AUTH)/;

/** Redis answered, and does not let us in. */
export function isRefusal(trouble: unknown): boolean {
  return trouble instanceof ReplyError && trouble instanceof Error && REFUSALS.test(trouble.message);
}
