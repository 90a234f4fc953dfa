import { createAnswerWatch } from '../../../src/gate/watch-answers.ts';
import { memoryStores } from '../../support/memory-stores.ts';

/** Replicas that share a store; `note` takes `b` for a bad and `g` for a good answer. */
function aWorld() {
  const stores = memoryStores();
  const told: boolean[] = [];
  const emit = (_name: string, event: { isShut?: boolean }): void => void told.push(event.isShut === true);
  const create = () => {
    const watch = createAnswerWatch({ ...stores, emit: emit as never });
    const note = async (answers: string) => {
      for (const answer of answers) watch.note(answer === 'b' ? 'badly' : 'well', '503');
      await watch.idle();
    };
    return { ...watch, note };
  };
  return { ...stores, told, create };
}

const NINE = 'b'.repeat(9);

test.each([
  ['ten bad answers in a row shut the gate', `${NINE}b`, true],
  ['nine do not', NINE, false],
  ['a good one in between begins anew', `${NINE}g${NINE}`, false],
  ['ten after a good one do', `${NINE}g${NINE}b`, true],
])("Command's own gate: %s", async (_title, answers, isShut) => {
  const { create, ledger, told } = aWorld();

  await create().note(answers);

  expect(await ledger.commandShut()).toEqual(
    isShut ? { why: expect.stringContaining('503') as unknown, since: expect.any(Number) as unknown } : null,
  );
  expect(told).toEqual(isShut ? [true] : []);
});

test('the row goes on over all replicas, and over a replica that dies', async () => {
  const { create, ledger } = aWorld();

  await create().note('bbbbb');
  const other = create();
  await other.note('bbbbb');

  expect(await ledger.commandShut()).not.toBeNull();
});

test('a good answer to another replica ends the row', async () => {
  const { create, ledger } = aWorld();
  const [one, other] = [create(), create()];
  await other.note('g');

  await one.note(NINE);
  await other.look();
  await other.note('g');
  await one.note('b');

  expect(await ledger.commandShut()).toBeNull();
});

test('only a look that began after it was shut opens it', async () => {
  const { create, ledger, now, pass } = aWorld();
  const before = now() - 1;
  await create().note(`${NINE}b`);

  expect(await ledger.openCommand(before)).toBe(false);
  pass(1000);
  expect(await ledger.openCommand(now())).toBe(true);
  expect(await ledger.commandShut()).toBeNull();
});
