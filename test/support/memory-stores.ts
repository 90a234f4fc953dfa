import { RedisArchive } from '../../src/adapters/redis/archive.ts';
import { RedisGateStore } from '../../src/adapters/redis/gate-store.ts';
import { RedisJournal } from '../../src/adapters/redis/journal.ts';
import { createKeys } from '../../src/adapters/redis/keys.ts';
import { RedisLedger } from '../../src/adapters/redis/ledger.ts';
import { RedisRemediationStore } from '../../src/adapters/redis/remediation-store.ts';
import { RedisSightings } from '../../src/adapters/redis/sightings.ts';
import { NOON } from './builders.ts';
import { MemoryKv } from './memory-kv.ts';

/** All stores over one memory, on a clock that stands at noon until `pass` moves it. */
export function memoryStores() {
  let at = NOON;
  const keys = createKeys('test');
  const kv = new MemoryKv(() => at);
  return {
    kv,
    keys,
    store: new RedisRemediationStore(kv, keys),
    archive: new RedisArchive(kv, keys),
    journal: new RedisJournal(kv, keys, 'replica-1'),
    gates: new RedisGateStore(kv, keys),
    sightings: new RedisSightings(kv, keys),
    ledger: new RedisLedger(kv, keys),
    now: () => at,
    pass: (ms: number) => void (at += ms),
  };
}
