import { ACCESS } from '../../../src/core/access.ts';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import { atTheDoor } from '../../support/at-the-door.ts';
import { NOON, guid } from '../../support/builders.ts';

const ID = guid(1);

async function answeredWith(answer: RestartAnswer) {
  const world = await atTheDoor({
    readInstance: async () => ({ detail: null }),
    parts: {
      command: { openRestartLine: async () => ({ send: async () => answer, close: () => undefined }) },
    } as never,
  });
  await world.restart();
  return world;
}

test('a token that grew old costs one intent, no attempt and no access trouble: due at once', async () => {
  const denied = { type: 'denied', status: 401, message: 'who are you', isWorthNewToken: true } as const;

  const { store, journal, ledger } = await answeredWith(denied);

  expect(await journal.load(ID)).toMatchObject({ state: 'not-sent', fence: 1 });
  expect(await store.load(ID)).toMatchObject({ phase: 'waiting', attemptsMade: 0, nextAt: NOON, backoff: null });
  expect(await ledger.read(ACCESS)).toBeNull();
});

test.each([
  [401, ['*']],
  [403, ['00000000-0000-4000-8000-000000000def']],
] as const)('a %s that no new token mends is access trouble', async (status, of) => {
  const { store, ledger } = await answeredWith({ type: 'denied', status, message: 'no' });

  expect(Object.keys((await ledger.read<object>(ACCESS)) ?? {})).toEqual(of);
  expect(await store.load(ID)).toMatchObject({ phase: 'waiting', attemptsMade: 0 });
});
