import { createHmac, randomBytes } from 'node:crypto';
import { RedisArchive } from '../adapters/redis/archive.ts';
import type { RedisConnection } from '../adapters/redis/connect.ts';
import { createDialectMemory } from '../adapters/redis/dialect-memory.ts';
import { RedisGateStore } from '../adapters/redis/gate-store.ts';
import { RedisJournal } from '../adapters/redis/journal.ts';
import { createKeys } from '../adapters/redis/keys.ts';
import { RedisLedger } from '../adapters/redis/ledger.ts';
import type { Confirming } from '../adapters/redis/redis-kv.ts';
import { RedisKv } from '../adapters/redis/redis-kv.ts';
import { RedisRemediationStore } from '../adapters/redis/remediation-store.ts';
import { RedisRequestBudget } from '../adapters/redis/request-budget.ts';
import { RedisSightings } from '../adapters/redis/sightings.ts';
import type { KeyedHash } from '../core/fingerprint.ts';
import type { Ledger } from '../ports/ledger.ts';

export type StoreParts = ReturnType<typeof createStoreParts>;

interface StoreOptions {
  readonly prefix: string;
  readonly replica: string;
  readonly requestsPerSecond: number;
  /** How intents are confirmed by replicas of Redis; left out: they are not. */
  readonly confirming?: Confirming | null;
}

/** Everything that lives in Redis, over one connection; a second one is for intents that replicas must confirm. */
export function createStoreParts(redis: RedisConnection, options: StoreOptions) {
  const keys = createKeys(options.prefix);
  const kv = new RedisKv(redis, keys, options.confirming);
  const ledger = new RedisLedger(kv, keys);
  return {
    kv,
    ledger,
    store: new RedisRemediationStore(kv, keys),
    archive: new RedisArchive(kv, keys),
    journal: new RedisJournal(kv, keys, options.replica),
    gates: new RedisGateStore(kv, keys),
    sightings: new RedisSightings(kv, keys),
    budget: new RedisRequestBudget(kv, keys, options.requestsPerSecond),
    memory: createDialectMemory(ledger),
  };
}

/** Bytes of a generated fingerprint key. */
const KEY_BYTES = 32;

/** The key of fingerprints: the operator's, else one that replicas share through Redis. */
export class FingerprintKey {
  private readonly ledger: Ledger;
  private readonly given: string | undefined;
  private key: string;

  constructor(given: string | undefined, ledger: Ledger) {
    this.given = given;
    this.ledger = ledger;
    this.key = given ?? randomBytes(KEY_BYTES).toString('base64url');
  }

  /** Takes the key that the store has, or gives it ours where it has none: at the start, and after it lost it. */
  async share(): Promise<void> {
    if (this.given !== undefined) return;
    const { key } = this;
    const kept = await this.ledger.update<{ readonly key: string }>('fingerprint-key', (known) =>
      known === null ? { key } : null,
    );
    this.key = kept?.key ?? key;
  }

  readonly hash: KeyedHash = (text) => createHmac('sha256', this.key).update(text).digest('base64url').slice(0, 32);
}
