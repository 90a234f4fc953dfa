import type { Remediation } from '../../../src/core/remediation.ts';
import { settleForgotten } from '../../../src/poller/settle-forgotten.ts';
import { NOON, aRemediation, aSearch, anIntent } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

/** A refused restart, and what its record says. */
async function refused(record: Partial<Remediation>) {
  const stores = memoryStores();
  const intent = anIntent({ state: 'refused' });
  await stores.store.create(aRemediation({ phase: 'ended', outcome: 'refused', endedAt: NOON, ...record }));
  await stores.kv.commit(
    [],
    [
      ['hset', stores.keys.intents, intent.instanceId, JSON.stringify(intent)],
      ['zadd', stores.keys.unsettled, NOON, intent.instanceId],
    ],
  );
  await settleForgotten(stores);
  return stores.journal.unsettled();
}

test('a refused restart is watched until the end of its window: a new run that shows meanwhile is ours', async () => {
  expect(await refused({ search: aSearch(), nextAt: NOON + 60_000 })).toHaveLength(1);
});

test('after that it is settled, also where a process died between the record and its journal', async () => {
  expect(await refused({ search: null, nextAt: null })).toEqual([]);
});
