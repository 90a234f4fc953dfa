import { CONDITIONS } from '../../../src/core/condition.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { clearSecondDaemon, noteForeignRestart } from '../../../src/remediation/second-daemon.ts';
import { anIntent, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const HOUR = 3_600_000;

function aWorld(isOurs: () => Promise<boolean>) {
  const stores = memoryStores();
  let asked = 0;
  const isInitiatedByUs = async () => {
    asked += 1;
    return isOurs();
  };
  const parts = { ...stores, command: { isInitiatedByUs } } as unknown as RemediationParts;
  return {
    ...stores,
    asked: () => asked,
    note: async () => noteForeignRestart(guid(1), guid(2), parts),
    clear: async () => clearSecondDaemon(parts),
    told: async () => Object.keys((await stores.ledger.read<object>(CONDITIONS)) ?? {}),
  };
}

const yes = async () => true;

test('a restart under our own account that the journal does not know is told until an hour without another', async () => {
  const { note, clear, told, pass } = aWorld(yes);

  await note();
  expect(await told()).toEqual(['second-daemon']);
  pass(HOUR - 1);
  await clear();
  expect(await told()).toEqual(['second-daemon']);
  pass(1);
  await clear();
  expect(await told()).toEqual([]);
});

test.each<readonly [string, () => Promise<boolean>]>([
  ['of other accounts', async () => false],
  ['of whom Command does not tell now', async () => Promise.reject(new Error('503'))],
])('a restart %s is not told', async (_title, isOurs) => {
  const { note, told } = aWorld(isOurs);

  await note();

  expect(await told()).toEqual([]);
});

test('what the journal knows is ours', async () => {
  const { note, told, kv, keys, asked } = aWorld(yes);
  await kv.commit(
    [],
    [['hset', keys.intents, guid(1), JSON.stringify(anIntent({ instanceId: guid(1), state: 'unknown' }))]],
  );

  await note();

  expect(await told()).toEqual([]);
  expect(asked()).toBe(0);
});

test('many restarts by others are asked about once a minute', async () => {
  const { note, asked, pass } = aWorld(async () => false);

  for (let count = 0; count < 10; count++) await note();
  expect(asked()).toBe(1);
  pass(60_000);
  await note();
  expect(asked()).toBe(2);
});
