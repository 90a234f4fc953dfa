import { setImmediate } from 'node:timers/promises';
import { createStopKeeper } from '../../../src/daemon/keep-stops.ts';
import type { Pause, Stops } from '../../../src/ports/ledger.ts';
import { resumeWork } from '../../../src/remediation/wake-waiting.ts';
import type { Emit } from '../../../src/telemetry/events.ts';
import { NOON } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const HOUR = 3_600_000;
const PAUSE: Pause = { reason: 'a change at the CA', by: 'eva@desk', since: NOON, until: null };
const BRAKE = 'Command accepted two restarts of one instance';

const emit = (): void => undefined;

/** A replica that keeps what stops all work, and its store. */
function aReplica() {
  const stores = memoryStores();
  const { kv, ledger } = stores;
  const keeper = createStopKeeper({ ledger, replica: 'replica-1', step: async (work) => work(), emit });
  /** FLUSHALL; this replica notices with its next beat, and takes the empty store on. */
  const loseAll = async (meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> => {
    kv.flush();
    kv.isLost = true;
    await expect(keeper.beat()).rejects.toThrow('the store went back');
    keeper.noteLoss();
    kv.isLost = false;
    stores.pass(1000);
    await meanwhile();
    await keeper.beat();
  };
  return { ...stores, keeper, loseAll };
}

test('a pause and a brake that a replica has seen hold over the loss of the store', async () => {
  const { ledger, keeper, loseAll } = aReplica();
  await ledger.pause(PAUSE);
  await ledger.brake(BRAKE);
  await keeper.beat();

  await loseAll();

  expect([await ledger.paused(), await ledger.braked()]).toEqual([PAUSE, BRAKE]);
});

test('they hold as well where no heartbeat came between them and the loss', async () => {
  const { ledger, keeper, loseAll } = aReplica();
  await keeper.beat();
  await ledger.pause(PAUSE);
  await keeper.look();
  await ledger.brake(BRAKE);
  await keeper.look();

  await loseAll();

  expect([await ledger.paused(), await ledger.braked()]).toEqual([PAUSE, BRAKE]);
});

test('a heartbeat that read before the pause and ends after a look does not forget it', async () => {
  const { kv, ledger } = memoryStores();
  const { promise: first, resolve: endFirst } = Promise.withResolvers<void>();
  const waits = [first];
  const slow = {
    stops: async () => ledger.stops(),
    read: async <T>(name: string) => ledger.read<T>(name),
    restoreStops: async (stops: Stops) => ledger.restoreStops(stops),
    beat: async (replica: string) => {
      await waits.pop();
      return ledger.beat(replica);
    },
  };
  const keeper = createStopKeeper({ ledger: slow, replica: 'replica-1', step: async (work) => work(), emit });
  const begun = keeper.beat();
  await setImmediate();
  await ledger.pause(PAUSE);
  const looked = keeper.look();
  await setImmediate();
  endFirst();
  await Promise.all([begun, looked]);

  kv.flush();
  keeper.noteLoss();
  await keeper.beat();

  expect(await ledger.paused()).toEqual(PAUSE);
});

test('a look writes nothing while nothing is news', async () => {
  const { ledger, keeper, pass } = aReplica();
  await ledger.pause(PAUSE);
  await keeper.look();
  expect(await ledger.replicas()).toBe(1);
  pass(60_000); // whoever wrote nothing for so long counts as gone

  await keeper.look();
  await ledger.resume();
  await keeper.look();

  expect(await ledger.replicas()).toBe(0);
});

test('they hold over the next loss as well', async () => {
  const { ledger, keeper, loseAll } = aReplica();
  await ledger.pause(PAUSE);
  await keeper.beat();

  await loseAll();
  await loseAll();

  expect(await ledger.paused()).toEqual(PAUSE);
});

test.each<readonly [string, (world: ReturnType<typeof aReplica>) => Promise<unknown>, Pause | null]>([
  ['one that is over by then', async ({ pass }) => pass(2 * HOUR), null],
  [
    'one that a person ended before another replica noticed',
    async ({ ledger, pass }) => {
      await ledger.resume();
      pass(1000);
    },
    null,
  ],
  [
    'one that gave way to a longer one',
    async ({ ledger }) => ledger.pause({ ...PAUSE, by: 'tom@desk' }),
    { ...PAUSE, by: 'tom@desk' },
  ],
])('a pause of an hour is not written again: %s', async (_title, meanwhile, expected) => {
  const world = aReplica();
  await world.ledger.pause({ ...PAUSE, until: NOON + HOUR });
  await world.keeper.beat();

  await world.loseAll(async () => meanwhile(world));

  expect(await world.ledger.paused()).toEqual(expected);
});

test('what a person ended before the loss stays ended', async () => {
  const { ledger, keeper, loseAll, pass } = aReplica();
  await ledger.pause(PAUSE);
  await ledger.brake(BRAKE);
  await keeper.beat();
  pass(1000);
  await ledger.resume();
  await keeper.beat();

  await loseAll();

  expect([await ledger.paused(), await ledger.braked()]).toEqual([null, null]);
});

test('what could not be written again at once is owed until the store takes it', async () => {
  const { kv, ledger, keeper } = aReplica();
  await ledger.pause(PAUSE);
  await keeper.beat();
  kv.flush();
  keeper.noteLoss();
  kv.isLost = true;

  await expect(keeper.beat()).rejects.toThrow('the store went back');
  kv.isLost = false;
  await keeper.beat();

  expect(await ledger.paused()).toEqual(PAUSE);
});

test('tells once who paused, why and until when, and who resumed; a pause that runs out has nobody', async () => {
  const stores = memoryStores();
  const { ledger } = stores;
  const told: unknown[] = [];
  const note: Emit = (_name, event) => void told.push(event);
  const keeper = createStopKeeper({ ledger, replica: 'replica-1', step: async (work) => work(), emit: note });
  const none = { paused: null, until: null, brake: null };

  await keeper.beat();
  await ledger.pause(PAUSE);
  await keeper.look();
  await keeper.beat();
  stores.pass(1000);
  await resumeWork('ann@desk', stores);
  await keeper.beat();
  await ledger.pause({ ...PAUSE, until: NOON + HOUR });
  await keeper.beat();
  stores.pass(HOUR);
  await keeper.beat();

  const paused = { paused: PAUSE.reason, brake: null, by: PAUSE.by };
  expect(told).toEqual([
    { ...paused, until: null },
    { ...none, by: 'ann@desk' },
    { ...paused, until: NOON + HOUR },
    { ...none, by: null },
  ]);
});
