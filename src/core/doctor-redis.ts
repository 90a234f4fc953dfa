import { findingsOf, shortDuration } from './doctor-finding.ts';
import type { Finding } from './doctor-finding.ts';
import { durabilityFindings } from './durability.ts';
import type { DurabilityFacts } from './durability.ts';
import type { Time } from './instance.ts';

/** What Redis says about itself; null: it does not say (a managed one may forbid CONFIG). */
export interface RedisFacts extends DurabilityFacts {
  /** Where it is, for people. */
  readonly place: string;
  readonly version: string | null;
  /** `redis`, `valkey` or the name of a stand-in, for people. */
  readonly product: string;
  readonly isStandIn: boolean;
  readonly isCluster: boolean;
  readonly role: string | null;
  readonly evictionPolicy: string | null;
  readonly maxMemory: number | null;
  readonly usedMemory: number | null;
  readonly isActive: boolean;
}

/** What our keys in it say. */
export interface StoreFacts {
  readonly prefix: string;
  readonly epoch: string | null;
  /** Null: none recorded yet. */
  readonly layout: number | null;
  readonly knownLayout: number;
  readonly server: string | null;
  /** As configured. */
  readonly configured: string;
  readonly replicas: number;
  readonly lookedAt: Time | null;
  readonly now: Time;
  readonly pollIntervalMs: number;
  /** False: it has passed over a change; null: no sweep yet. */
  readonly isFeedTrusted: boolean | null;
  readonly paused: string | null;
  readonly brake: string | null;
}

const redis = findingsOf('Redis');
const store = findingsOf('store');

/** The oldest Redis that is worked with. */
const LEAST_VERSION: readonly [number, number] = [6, 2];

/** Above this share of maxmemory a burst of failures may not fit. */
const FULL_SHARE = 0.8;

export function redisFindings(facts: RedisFacts): readonly Finding[] {
  return [
    redis.ok(`${facts.place} answers (${facts.product} ${facts.version ?? 'of unknown version'})`),
    ...standInFindings(facts),
    ...(facts.isStandIn ? [] : serverFindings(facts)),
  ];
}

function standInFindings({ isStandIn, isActive }: RedisFacts): readonly Finding[] {
  if (!isStandIn) return [];
  const text = 'this is the in-memory stand-in of Redis: its data is lost at exit, and with it what was sent';
  const fix = 'run a Redis or Valkey server and set redis.url (REDIS_URL)';
  return [isActive ? redis.fail(text, { fix }) : redis.warn(text, { fix: `${fix} before mode: active` })];
}

function serverFindings(facts: RedisFacts): readonly Finding[] {
  return [
    ...versionFindings(facts),
    ...roleFindings(facts),
    evictionFinding(facts),
    ...memoryFindings(facts),
    ...durabilityFindings(facts),
  ];
}

function versionFindings({ version }: RedisFacts): readonly Finding[] {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  if (version === null) return [redis.warn('its version is not known; 6.2 or newer is needed')];
  if (major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1])) return [];
  return [redis.fail(`version ${version} is too old`, { fix: 'run Redis 6.2 or newer, or Valkey' })];
}

function roleFindings({ role, isCluster }: RedisFacts): readonly Finding[] {
  const found: Finding[] = [];
  if (isCluster)
    found.push(
      redis.fail('it runs in cluster mode: one step of ours writes keys of several slots', {
        fix: 'use a single primary (with Sentinel for failover)',
      }),
    );
  if (role !== null && role !== 'master')
    found.push(
      redis.fail('it is a replica: nothing can be written to it', {
        evidence: `role:${role}`,
        fix: 'point redis.url at the primary, or name the sentinels in redis.sentinel.nodes',
      }),
    );
  return found;
}

function evictionFinding({ evictionPolicy }: RedisFacts): Finding {
  if (evictionPolicy === 'noeviction')
    return redis.ok('it never evicts keys', { evidence: 'maxmemory-policy noeviction' });
  if (evictionPolicy === null)
    return redis.warn('whether it evicts keys cannot be seen', {
      fix: 'make sure that maxmemory-policy is noeviction',
    });
  return redis.fail(`it evicts keys: records of restarts could vanish, so nothing would be sent`, {
    evidence: `maxmemory-policy ${evictionPolicy}`,
    fix: 'redis-cli config set maxmemory-policy noeviction, and the same in redis.conf',
  });
}

function memoryFindings({ maxMemory, usedMemory }: RedisFacts): readonly Finding[] {
  if (!maxMemory || usedMemory === null || usedMemory < FULL_SHARE * maxMemory) return [];
  const mb = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`;
  return [
    redis.warn('its memory is nearly full: when it is, nothing can be recorded and nothing is sent', {
      evidence: `${mb(usedMemory)} of ${mb(maxMemory)}`,
      fix: 'raise maxmemory',
    }),
  ];
}

export function storeFindings(facts: StoreFacts): readonly Finding[] {
  return [
    epochFinding(facts),
    ...layoutFindings(facts),
    serverFinding(facts),
    ...lifeFindings(facts),
    ...feedFindings(facts),
    ...stopFindings(facts),
  ];
}

function epochFinding({ epoch, prefix }: StoreFacts): Finding {
  if (epoch !== null) return store.ok(`the store is there (prefix ${prefix})`, { evidence: `epoch ${epoch}` });
  return store.info(`the store is empty (prefix ${prefix}): the first start parks what failed before it as history`, {
    fix: 'after a loss, "remediator state import FILE" first; else "remediator adopt --since 24h" takes history into work',
  });
}

function layoutFindings({ layout, knownLayout }: StoreFacts): readonly Finding[] {
  if (layout === null || layout <= knownLayout) return [];
  return [
    store.fail(`the store has layout ${layout}, this program knows layout ${knownLayout}`, {
      fix: 'run the newer version of remediator, or give this one a redis.prefix of its own',
    }),
  ];
}

function serverFinding({ server, configured }: StoreFacts): Finding {
  if (server === null) return store.info(`no Command is recorded yet; the first start records ${configured}`);
  if (server === configured) return store.ok(`it belongs to ${server}`);
  return store.fail(`it belongs to ${server}, the configuration names ${configured}: nothing would be sent`, {
    fix: 'if it is the same Command under a new name: remediator state adopt-server; else give it a redis.prefix of its own',
  });
}

function lifeFindings({ replicas, lookedAt, now, pollIntervalMs, epoch }: StoreFacts): readonly Finding[] {
  if (epoch === null) return [];
  const last = lookedAt === null ? 'no sweep yet' : `last sweep ${shortDuration(Math.max(0, now - lookedAt))} ago`;
  if (replicas === 0) return [store.info('no replica is running', { evidence: last })];
  const isLate = lookedAt === null || now - lookedAt > 3 * pollIntervalMs + 60_000;
  const text = `${replicas} ${replicas === 1 ? 'replica is' : 'replicas are'} running`;
  return [
    isLate
      ? store.warn(`${text}, but none has swept lately`, { evidence: last, fix: 'read the log of the daemon' })
      : store.ok(text, { evidence: last }),
  ];
}

function feedFindings({ isFeedTrusted }: StoreFacts): readonly Finding[] {
  if (isFeedTrusted !== false) return [];
  const text =
    'a full scan found a change that the sweeps had passed over: rows are read one by one until two scans agree';
  return [
    store.warn(text, { fix: 'nothing, if it was once; else set poll.settle to how late Command shows its changes' }),
  ];
}

function stopFindings({ paused, brake }: StoreFacts): readonly Finding[] {
  const fix = 'remediator resume';
  return [
    ...(paused === null ? [] : [store.info('it is paused: nothing is sent', { evidence: paused, fix })]),
    ...(brake === null ? [] : [store.warn('the brake is on: nothing is sent', { evidence: brake, fix })]),
  ];
}
