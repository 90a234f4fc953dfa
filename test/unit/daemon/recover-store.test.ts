import { StoreLostError } from '../../../src/core/errors.ts';
import type { Unfit } from '../../../src/daemon/fitness.ts';
import { createRecovery } from '../../../src/daemon/recover-store.ts';

const FOREIGN: Unfit = { why: 'the store belongs to another Command', fix: 'give it a prefix of its own' };

const EPOCH = 'the epoch that work belongs to';

/** A store that answers `look` with what is told; everything that happens is noted in its order. */
function aStore() {
  const seen: string[] = [];
  const stopping = new AbortController();
  const state: { unfit: Unfit | null; isAway: boolean; beginFailures: Error[] } = {
    unfit: null,
    isAway: false,
    beginFailures: [],
  };
  const note = (text: string) => async (): Promise<void> => void seen.push(text);
  const lost = createRecovery({
    look: async () => {
      if (state.isAway) throw new Error('Redis is away');
      return state.unfit;
    },
    kv: { isNews: ({ epoch }) => epoch === EPOCH, attach: note('attach') },
    stops: { noteLoss: () => void seen.push('remember stops'), beat: note('stops') },
    begin: async () => {
      seen.push('begin');
      const [failure] = state.beginFailures.splice(0, 1);
      if (failure !== undefined) throw failure;
    },
    onUnfit: (unfit) => void seen.push(unfit === null ? 'fit' : 'unfit'),
    emit: (name) => void seen.push(name),
    sleep: async () => void seen.push('sleep'),
    stopping: stopping.signal,
  });
  const notice = async (times = 1, epoch = EPOCH): Promise<void> => {
    for (let time = 0; time < times; time++) lost(new StoreLostError('it went back', epoch));
    await new Promise(setImmediate);
  };
  return { seen, state, notice, stop: () => stopping.abort() };
}

test('begins anew once, however many notice', async () => {
  const { seen, notice } = aStore();

  await notice(3);

  expect(seen).toEqual(['fit', 'store.lost', 'remember stops', 'attach', 'stops', 'begin']);
});

test('writes what the new store lacks until it stands there: nobody would notice the loss again', async () => {
  const { seen, state, notice } = aStore();
  state.beginFailures = [new Error('Redis is away'), new Error('Redis is away')];

  await notice();

  const again = ['sleep', 'stops', 'begin'];
  expect(seen).toEqual(['fit', 'store.lost', 'remember stops', 'attach', 'stops', 'begin', ...again, ...again]);
});

test('a store that goes back once more is begun anew by whoever notices', async () => {
  const { seen, state, notice } = aStore();
  state.beginFailures = [new StoreLostError('it went back', EPOCH)];

  await notice();
  await notice();

  const whole = ['fit', 'store.lost', 'remember stops', 'attach', 'stops', 'begin'];
  expect(seen).toEqual([...whole, ...whole]);
});

test('does not take on a store that is not ours, tells it once, and goes on when ours is back', async () => {
  const { seen, state, notice } = aStore();
  state.unfit = FOREIGN;

  await notice();
  await notice();
  state.unfit = null;
  await notice();

  expect(seen).toEqual([
    'unfit',
    'daemon.unfit',
    'unfit',
    'fit',
    'store.lost',
    'remember stops',
    'attach',
    'stops',
    'begin',
  ]);
});

test('tries again when it is noticed again after a failure', async () => {
  const { seen, state, notice } = aStore();
  state.isAway = true;

  await notice();
  state.isAway = false;
  await notice();

  expect(seen).toEqual(['fit', 'store.lost', 'remember stops', 'attach', 'stops', 'begin']);
});

test('leaves it at that where a step of long ago finds out late', async () => {
  const { seen, notice } = aStore();

  await notice(1, 'an older epoch');

  expect(seen).toEqual([]);
});
