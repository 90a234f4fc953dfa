import type { InstanceRow } from '../../../src/core/instance.ts';
import type { PollerParts } from '../../../src/poller/parts.ts';
import { sweep } from '../../../src/poller/sweep.ts';
import { aPolicy, aSighting } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const SECOND = 1000;

/** A world whose rows are dated by a clock that is that much ahead of the Date header (behind: negative). */
async function aWorld(aheadMs: number) {
  const stores = memoryStores();
  let rows: readonly InstanceRow[] = [];
  const page = { received: 1, isFiltered: true, isOrdered: true, isLast: true, total: 1 };
  const command = {
    learnDialect: async () => stores.pass(5 * SECOND),
    dialect: () => ({ dateLiterals: 'day' }),
    listInstances: async () => ({ ...page, rows, requestedAt: stores.now(), serverTime: stores.now() }),
  };
  const policy = aPolicy({ oldRow: 'stays' });
  const fate = async () => 'stays';
  const parts = { ...stores, policy, command, fate, emit: () => undefined } as unknown as PollerParts;
  return {
    pass: stores.pass,
    show: (agoMs: number) => {
      rows = [aSighting({ lastModified: stores.now() + aheadMs - agoMs })];
    },
    sweep: async () => sweep(parts),
    found: async () => (await stores.store.loadMany([aSighting().id]))[0],
  };
}

test.each([
  ['the same', 0],
  ['three minutes behind', -180 * SECOND],
  ['three minutes ahead', 180 * SECOND],
])('what fails after the first sweep was watched, where the clock of the rows is %s', async (_title, aheadMs) => {
  const world = await aWorld(aheadMs);
  await world.sweep();

  world.pass(30 * SECOND);
  world.show(SECOND);
  await world.sweep();

  expect(await world.found()).toMatchObject({ phase: 'waiting', past: 'no' });
});

test('what the first sweep shows is the past, however its clock goes', async () => {
  const world = await aWorld(0);
  world.show(SECOND);

  await world.sweep();

  expect(await world.found()).toMatchObject({ phase: 'held', holdCause: 'history' });
});

test('what fails while the first sweep learns the dialect is not the past', async () => {
  const world = await aWorld(0);
  world.show(-3 * SECOND);

  await world.sweep();

  expect(await world.found()).toMatchObject({ phase: 'waiting', past: 'no' });
});
