import { TransientError } from '../../../src/core/errors.ts';
import { withLostSender } from '../../../src/core/intent.ts';
import { applyAction, searching } from '../../../src/core/transition.ts';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import { advanceFollowed } from '../../../src/remediation/advance-followed.ts';
import { atTheDoor } from '../../support/at-the-door.ts';
import { NOON, aSighting, guid } from '../../support/builders.ts';

const ID = guid(1);

/** A sender that sleeps at the door until others have taken it for lost and hold its restart; then this is its answer. */
async function wokenSender(answer: RestartAnswer) {
  const world = await atTheDoor({
    readInstance: async () => Promise.reject(new TransientError('Command does not answer')),
  });
  const { parts, store, journal, sightings, restart } = world;
  await sightings.observe([{ row: aSighting({ id: ID }), requestedAt: NOON }]);
  const send = async (): Promise<RestartAnswer> => {
    const [intent, sent] = [await journal.load(ID), await store.load(ID)];
    if (intent === null || sent === null) throw new Error('nothing passed the door');
    const lost = withLostSender(intent, NOON);
    await journal.close(lost, 'open');
    const reason = 'the restart may have happened';
    const hold = { type: 'hold', cause: 'restart may have happened', reason } as const;
    await store.save(sent, applyAction(searching(sent, lost, NOON), hold, NOON));
    return answer;
  };
  parts.command.openRestartLine = async () => ({ send, close: () => undefined });
  await restart();
  return {
    ...world,
    step: async () => {
      const held = await store.load(ID);
      return held !== null && advanceFollowed(held, parts);
    },
  };
}

test('what is held for a sender that wakes and has sent nothing waits again, without a word of a person', async () => {
  const { store, step } = await wokenSender({ type: 'not-sent', why: 'it came too late', needsBody: false });

  const due = await store.takeDue(10, 5000);
  await step();

  expect(due).toEqual([ID]);
  expect(await store.load(ID)).toMatchObject({
    phase: 'waiting',
    wait: 'back-off',
    holdCause: null,
    alertKey: null,
    search: null,
    attemptsMade: 0,
    lineage: [],
  });
});

test('what is held for a sender that wakes and does not know stays held (P1)', async () => {
  const { store, step } = await wokenSender({ type: 'unknown', why: 'no answer' });

  await step();

  expect(await store.load(ID)).toMatchObject({ phase: 'held', attemptsMade: 1 });
});
