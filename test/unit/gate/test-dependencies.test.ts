import { askGate, toWaiter } from '../../../src/core/ramp.ts';
import { FEED } from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import { TransientError } from '../../../src/core/errors.ts';
import { isTestDue } from '../../../src/gate/call-waiters.ts';
import type { GateParts } from '../../../src/gate/parts.ts';
import { testDependencies } from '../../../src/gate/test-dependencies.ts';
import { aPolicy, aRemediation } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const CA = 'ca01\\Issuing CA';

/** One waits at a CA, and Command does not list its CAs; a sweep was made so long ago. */
async function aWorld(sweptMsAgo: number) {
  const stores = memoryStores();
  await stores.ledger.update<Pick<Feed, 'lookedAt'>>(FEED, () => ({ lookedAt: stores.now() - sweptMsAgo }));
  await stores.gates.update(CA, 'ca', (dependency) => dependency);
  await stores.store.create(aRemediation({ parkedOn: CA, wait: 'dependency' }));
  const lists: number[] = [];
  const command = {
    listCertificateAuthorities: async () => {
      lists.push(stores.now());
      throw new TransientError('Command answered 500');
    },
  };
  const policy = aPolicy();
  const parts = { ...stores, command, policy, emit: () => undefined } as unknown as GateParts;
  const view = async () => {
    const [found] = await stores.gates.view([{ name: CA, kind: 'ca' }]);
    if (found === undefined) throw new Error('no such gate');
    return found;
  };
  const ask = async () => askGate((await view()).dependency, toWaiter(aRemediation()), stores.now(), policy.health);
  return {
    ...stores,
    lists,
    ask,
    test: async () => testDependencies(parts),
    isDue: async () => isTestDue(await view(), parts),
  };
}

test('where Command answers but cannot list its CAs, one that was never tested opens to a canary: it is untestable', async () => {
  const { test: testAll, ask } = await aWorld(1000);
  expect((await ask()).isOpen).toBe(false);

  await testAll();

  expect((await ask()).isOpen).toBe(true);
});

test('while Command does not answer at all nothing is learned of its CAs', async () => {
  const { test: testAll, ask } = await aWorld(3_600_000);

  await testAll();

  expect((await ask()).isOpen).toBe(false);
});

test.each([1000, 3_600_000])(
  'a test that told nothing is tried again an interval later, not at once',
  async (swept) => {
    const { test: testAll, isDue, pass, lists } = await aWorld(swept);
    expect(await isDue()).toBe(true);
    await testAll();
    await testAll();

    expect(lists).toHaveLength(1);
    expect(await isDue()).toBe(false);
    pass(aPolicy().health.interval);
    expect(await isDue()).toBe(true);
  },
);
