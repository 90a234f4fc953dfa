import { connectStore, isRefusal } from '../../adapters/redis/connect.ts';
import type { RedisConnection } from '../../adapters/redis/connect.ts';
import { createKeys } from '../../adapters/redis/keys.ts';
import type { Config } from '../../config/schema.ts';
import { clockFinding } from '../../core/doctor-gates.ts';
import { findingsOf } from '../../core/doctor-finding.ts';
import type { Finding } from '../../core/doctor-finding.ts';
import { redisFindings, storeFindings } from '../../core/doctor-redis.ts';
import { FEED } from '../../core/feed.ts';
import type { Feed } from '../../core/feed.ts';
import { OLD_ROW } from '../../core/old-row.ts';
import type { OldRowKnowledge } from '../../core/old-row.ts';
import type { Dependency } from '../../core/dependency.ts';
import { LONGEST_RESTART } from '../../remediation/parts.ts';
import { serverName } from '../create-command.ts';
import { LAYOUT } from '../fitness.ts';
import { openStore } from '../open-store.ts';
import type { OpenStore } from '../open-store.ts';
import { gatherRedisFacts } from '../redis-facts.ts';
import { redisOptions } from '../run-daemon.ts';

/** What the store has taught that other checks ask for. */
export interface Learned {
  readonly longestRestartMs: number;
  readonly oldRow: OldRowKnowledge | null;
  readonly dependencies: readonly Dependency[];
  /** Saved dialect by product version; null: none. */
  readonly loadDialect: (productVersion: string) => Promise<string | null>;
}

export interface RedisLook {
  readonly findings: readonly Finding[];
  readonly learned: Learned;
  /** After the last use of `learned`. */
  close(): void;
}

const NOTHING: Learned = {
  longestRestartMs: 0,
  oldRow: null,
  dependencies: [],
  loadDialect: async () => Promise.resolve(null),
};

/** A person waits: Redis must answer within this time. */
const ANSWER_LIMIT_MS = 3000;

const redis = findingsOf('Redis');

const AWAY_FIX = 'start it, and set redis.url (REDIS_URL), redis.sentinel and redis.tls to reach it from this machine';
const LOGIN_FIX =
  'set user and password in redis.url (REDIS_URL), as in redis://user:password@host:6379, to what Redis expects';

/** Looks at Redis and at our keys in it; writes nothing. */
export async function lookAtRedis(config: Config): Promise<RedisLook> {
  const nothing = { learned: NOTHING, close: () => undefined };
  if (config.redis.embedded) return { ...nothing, findings: [embeddedFinding(config)] };
  let opened: OpenStore | null = null;
  let connection: RedisConnection | null = null;
  try {
    opened = await openStore(config);
    connection = connectStore(redisOptions(config), ANSWER_LIMIT_MS);
    const findings = [
      ...redisFindings(await gatherRedisFacts(connection, config)),
      clockFinding('the clock of Redis', await clockOffsetMs(connection)),
      ...(await storeFindingsOf(opened, config)),
    ];
    const store = opened;
    return { findings, learned: await gatherLearned(store), close: () => store.close() };
  } catch (error) {
    opened?.close();
    if (error instanceof TypeError) throw error; // a bug of ours, not a finding
    const text = error instanceof Error ? error.message : String(error);
    const isRefused = error instanceof Error && isRefusal(error.cause);
    return { ...nothing, findings: [redis.fail(text, { fix: isRefused ? LOGIN_FIX : AWAY_FIX })] };
  } finally {
    connection?.disconnect();
  }
}

function embeddedFinding({ mode }: Config): Finding {
  const text = 'redis.embedded is true: a private Redis starts with the daemon, so there is nothing to look at now';
  const fix = 'have redis-server or valkey-server on the PATH of the daemon; the stand-in is refused in active mode';
  return mode === 'active' ? redis.warn(text, { fix }) : redis.info(text, { fix: `before mode: active, ${fix}` });
}

async function clockOffsetMs(connection: RedisConnection): Promise<number> {
  const begun = Date.now();
  const [seconds, micros] = (await connection.time()).map(Number);
  return Math.round((seconds ?? 0) * 1000 + (micros ?? 0) / 1000 - (begun + Date.now()) / 2);
}

async function storeFindingsOf({ kv, ledger }: OpenStore, config: Config): Promise<readonly Finding[]> {
  const { prefix } = config.redis;
  const [epoch, layout, server, replicas, feed, pause, brake] = await Promise.all([
    kv.get(createKeys(prefix).epoch),
    ledger.read<{ readonly version: number }>('layout'),
    ledger.read<{ readonly server: string }>('server'),
    ledger.replicas(),
    ledger.read<Feed>(FEED),
    ledger.paused(),
    ledger.braked(),
  ]);
  return storeFindings({
    prefix,
    epoch,
    layout: layout?.version ?? null,
    knownLayout: LAYOUT,
    server: server?.server ?? null,
    configured: serverName(config),
    replicas,
    lookedAt: feed?.lookedAt ?? null,
    now: kv.now(),
    pollIntervalMs: config.poll.interval,
    isFeedTrusted: feed?.isTrusted ?? null,
    paused: pause === null ? null : `${pause.reason} (${pause.by})`,
    brake,
  });
}

async function gatherLearned({ ledger, gates, memory }: OpenStore): Promise<Learned> {
  const names = await gates.names();
  const [longest, oldRow, views] = await Promise.all([
    ledger.read<{ readonly ms: number }>(LONGEST_RESTART),
    ledger.read<OldRowKnowledge>(OLD_ROW),
    gates.view(names.map((name) => ({ name, kind: 'ca' }))), // only gates that exist: others would be created
  ]);
  return {
    longestRestartMs: longest?.ms ?? 0,
    oldRow,
    dependencies: views.map(({ dependency }) => dependency),
    loadDialect: async (productVersion) => memory.load(productVersion),
  };
}
