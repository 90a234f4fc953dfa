import { StoreLostError, TransientError } from '../../../src/core/errors.ts';
import { advanceRestarting } from '../../../src/remediation/advance-restarting.ts';
import { advanceWaiting } from '../../../src/remediation/advance-waiting.ts';
import { giveSignOfLife } from '../../../src/remediation/give-sign-of-life.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { atTheDoor } from '../../support/at-the-door.ts';
import { NOON, guid } from '../../support/builders.ts';

const ID = guid(1);

/** One replica at the door, and a Command that answers no read. */
async function atASilentDoor(parts: Partial<RemediationParts> = {}) {
  return atTheDoor({ parts, readInstance: async () => Promise.reject(new TransientError('Command does not answer')) });
}

/** From now on the store does not take how a restart ended. */
function refuseAnswers({ journal }: RemediationParts, error: Error): () => void {
  const close = journal.close.bind(journal);
  journal.close = async () => Promise.reject(error);
  return () => void (journal.close = close);
}

test('an answer that could not be recorded is recorded later, never taken for not sent (P1)', async () => {
  const { parts, restart, store, journal } = await atASilentDoor();
  const allow = refuseAnswers(parts, new TransientError('Redis did not answer'));
  await expect(restart()).rejects.toThrow('Redis did not answer');
  allow();

  const record = await store.load(ID);
  if (record === null) throw new Error('no record');
  expect(await advanceRestarting(record, parts)).toBe(true);

  expect(await journal.load(ID)).toMatchObject({ state: 'accepted' });
  expect(parts.sending.size).toBe(0);
});

test('a step that read the intent as open does not take it for not sent once its sender has recorded an answer (P1)', async () => {
  const send = async () => ({ type: 'unknown', why: 'the answer was lost' }) as const;
  const { parts, restart, store, journal } = await atASilentDoor();
  const line = { send, close: () => undefined };
  parts.command.openRestartLine = async () => line;
  const load = journal.load.bind(journal);
  let read: Awaited<ReturnType<typeof load>> = null;
  let record: Awaited<ReturnType<typeof store.load>> = null;
  line.send = async () => {
    [read, record] = [await load(ID), await store.load(ID)];
    return send();
  };
  await restart();
  if (record === null) throw new Error('no record');
  parts.journal.load = async () => read;

  await advanceRestarting(record, parts);

  expect(await load(ID)).toMatchObject({ state: 'unknown', why: 'the answer was lost' });
});

test('what was sent stays sent where telling about it failed (P1)', async () => {
  const emit = (name: string): void => {
    if (name === 'restart.answered') throw new Error('the log is full');
  };
  const { parts, restart, store, journal } = await atASilentDoor({ emit });
  await expect(restart()).rejects.toThrow('the log is full');

  const record = await store.load(ID);
  if (record === null) throw new Error('no record');
  await advanceRestarting(record, parts);

  expect(await journal.load(ID)).toMatchObject({ state: 'accepted' });
});

test('the heartbeat writes an open intent again that the store has lost', async () => {
  const lost = await atASilentDoor();
  const { parts, restart, sent } = await atASilentDoor();
  parts.journal.close = async () => {
    await lost.journal.beat([...parts.sending.values()]);
    throw new Error('the process ends here');
  };
  await expect(restart()).rejects.toThrow('the process ends here');

  await lost.restart();
  const record = await lost.store.load(ID);
  if (record === null) throw new Error('no record');
  await advanceWaiting(record, lost.parts);

  expect(sent).toEqual([ID]);
  expect(lost.sent).toEqual([]);
  expect(await lost.journal.load(ID)).toMatchObject({ state: 'open', mark: 0, isMarkComplete: false });
  // Others see that it is under way, whose it is, and that its sender lives.
  expect((await lost.journal.unsettled()).map(({ instanceId }) => instanceId)).toEqual([ID]);
  const { requestKey } = (await lost.journal.load(ID)) ?? { requestKey: '' };
  expect(await lost.journal.claimOf(requestKey)).toBe(ID);
  expect(await lost.journal.lastBeatAt(ID)).not.toBeNull();
  expect(await lost.store.load(ID)).toMatchObject({ phase: 'restarting', attemptsMade: 1 });
});

test('an answer goes to a store that has lost the intent', async () => {
  const { parts, restart, journal, kv, keys } = await atASilentDoor();
  const close = parts.journal.close.bind(parts.journal);
  let tries = 0;
  parts.journal.close = async (intent) => {
    tries += 1;
    if (tries > 1) return close(intent);
    await kv.commit([], [['hdel', keys.intentStates, ID]]);
    throw new StoreLostError('the store went back', 'epoch 1');
  };

  await expect(restart()).rejects.toThrow('the store went back');
  await giveSignOfLife(parts);

  expect(await journal.load(ID)).toMatchObject({ state: 'accepted' });
  expect(parts.sending.size).toBe(0);
});

test.each([
  ['the yes of the door never reached us: nothing was sent', 0, 'not-sent'],
  ['the store went back since, and the closing with it: it may have been sent (P1)', 60_000, 'unknown'],
])('an open intent of ours that is not under way; %s', async (_name, setBackAfterMs, state) => {
  const { parts, restart, store, journal, pass, kv, keys } = await atASilentDoor();
  await restart();
  const intent = await journal.load(ID);
  await kv.commit(
    [],
    [
      ['hset', keys.intents, ID, JSON.stringify({ ...intent, state: 'open', endedAt: null })],
      ['hset', keys.intentStates, ID, '1:open'],
    ],
  );
  const record = await store.load(ID);
  if (record === null) throw new Error('no record');
  pass(setBackAfterMs);

  await advanceRestarting({ ...record, phase: 'restarting' }, { ...parts, storeSince: () => NOON + setBackAfterMs });

  expect(await journal.load(ID)).toMatchObject({ state });
});

test('who slept between its look and the door sends nothing, and looks again (P6)', async () => {
  const { restart, sent, pass, journal } = await atASilentDoor();
  pass(11_000);

  expect(await restart()).toBe(true);

  expect(sent).toEqual([]);
  expect(await journal.load(ID)).toBeNull();
});
