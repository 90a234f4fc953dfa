import { createHmac, randomBytes } from 'node:crypto';
import type { RedisConnection } from '../adapters/redis/connect.ts';
import { createDialectMemory } from '../adapters/redis/dialect-memory.ts';
import { RedisGateStore } from '../adapters/redis/gate-store.ts';
import { RedisJournal } from '../adapters/redis/journal.ts';
import { createKeys } from '../adapters/redis/keys.ts';
import { RedisLedger } from '../adapters/redis/ledger.ts';
import { RedisKv } from '../adapters/redis/redis-kv.ts';
import { RedisRemediationStore } from '../adapters/redis/remediation-store.ts';
import { RedisRequestBudget } from '../adapters/redis/request-budget.ts';
import { RedisSightings } from '../adapters/redis/sightings.ts';
import type { KeyedHash } from '../core/fingerprint.ts';
import type { Ledger } from '../ports.ts';

export type StoreParts = ReturnType<typeof createStoreParts>;

/** Everything that lives in Redis, over one connection. */
export function createStoreParts(
  redis: RedisConnection,
  options: { prefix: string; replica: string; requestsPerSecond: number },
) {
  const keys = createKeys(options.prefix);
  const kv = new RedisKv(redis, keys);
  const ledger = new RedisLedger(kv, keys);
  return {
    kv,
    ledger,
    store: new RedisRemediationStore(kv, keys),
    journal: new RedisJournal(kv, keys, options.replica),
    gates: new RedisGateStore(kv, keys),
    sightings: new RedisSightings(kv, keys),
    budget: new RedisRequestBudget(kv, keys, options.requestsPerSecond),
    memory: createDialectMemory(ledger),
  };
}

/** Bytes of a generated fingerprint key. */
const KEY_BYTES = 32;

/** The keyed hash of fingerprints: with the operator's key, else with one that replicas share through Redis. */
export async function createFingerprintHash(given: string | undefined, ledger: Ledger): Promise<KeyedHash> {
  const key = given ?? (await sharedKey(ledger));
  return (text) => createHmac('sha256', key).update(text).digest('base64url').slice(0, 32);
}

async function sharedKey(ledger: Ledger): Promise<string> {
  const fresh = randomBytes(KEY_BYTES).toString('base64url');
  const kept = await ledger.update<{ readonly key: string }>('fingerprint-key', (known) =>
    known === null ? { key: fresh } : null,
  );
  return kept?.key ?? fresh;
}
