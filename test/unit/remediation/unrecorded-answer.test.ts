import { StoreLostError, TransientError } from '../../../src/core/errors.ts';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import { advanceRestarting } from '../../../src/remediation/advance-restarting.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { performRestart } from '../../../src/remediation/perform-restart.ts';
import { NOON, aPolicy, aRemediation, aSighting, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const ID = guid(1);
const ACCEPTED: RestartAnswer = { type: 'accepted', status: 204, serverTime: NOON };

/** One replica with one failed instance, up to the door. */
async function atTheDoor(changes: Partial<RemediationParts> = {}) {
  const stores = memoryStores();
  const sent: string[] = [];
  const line = {
    send: async ({ instanceId }: { instanceId: string }) => {
      sent.push(instanceId);
      return ACCEPTED;
    },
    close: () => undefined,
  };
  const parts = {
    ...stores,
    policy: aPolicy(),
    emit: () => undefined,
    wallMs: () => NOON,
    monotonicMs: () => 0,
    random: () => 0.5,
    sleep: async () => undefined,
    replica: 'replica-1',
    sending: new Map(),
    stopping: new AbortController().signal,
    command: { openRestartLine: async () => line },
    ...changes,
  } as unknown as RemediationParts;
  const before = aRemediation();
  await stores.store.create(before);
  const gathered = {
    type: 'facts',
    remediation: before,
    facts: { row: aSighting({ id: ID }) },
    gates: { doors: [], names: [], caSlots: 8 },
    feed: null,
  } as unknown as Parameters<typeof performRestart>[1];
  return { ...stores, parts, sent, restart: async () => performRestart(before, gathered, null, parts) };
}

/** From now on the store does not take how a restart ended. */
function refuseAnswers({ journal }: RemediationParts, error: Error): () => void {
  const close = journal.close.bind(journal);
  journal.close = async () => Promise.reject(error);
  return () => void (journal.close = close);
}

test('an answer that could not be recorded is recorded later, never taken for not sent (P1)', async () => {
  const { parts, restart, store, journal } = await atTheDoor();
  const allow = refuseAnswers(parts, new TransientError('Redis did not answer'));
  await expect(restart()).rejects.toThrow('Redis did not answer');
  allow();

  const record = await store.load(ID);
  if (record === null) throw new Error('no record');
  expect(await advanceRestarting(record, parts)).toBe(true);

  expect(await journal.load(ID)).toMatchObject({ state: 'accepted' });
  expect(parts.sending.size).toBe(0);
});

test('what was sent stays sent where telling about it failed (P1)', async () => {
  const emit = (name: string): void => {
    if (name === 'restart.answered') throw new Error('the log is full');
  };
  const { parts, restart, store, journal } = await atTheDoor({ emit });
  await expect(restart()).rejects.toThrow('the log is full');

  const record = await store.load(ID);
  if (record === null) throw new Error('no record');
  await advanceRestarting(record, parts);

  expect(await journal.load(ID)).toMatchObject({ state: 'accepted' });
});

test('the heartbeat writes an open intent again that the store has lost', async () => {
  const lost = await atTheDoor();
  const { parts, restart, sent } = await atTheDoor();
  parts.journal.close = async () => {
    await lost.journal.beat([...parts.sending.values()]);
    throw new Error('the process ends here');
  };
  await expect(restart()).rejects.toThrow('the process ends here');

  await lost.restart();

  expect(sent).toEqual([ID]);
  expect(lost.sent).toEqual([]);
  expect(await lost.journal.load(ID)).toMatchObject({ state: 'open', mark: 0, isMarkComplete: false });
  expect(await lost.store.load(ID)).toMatchObject({ phase: 'restarting', attemptsMade: 1 });
});

test('an answer goes to a store that has lost the intent', async () => {
  const { parts, restart, journal, kv, keys } = await atTheDoor();
  const close = parts.journal.close.bind(parts.journal);
  let tries = 0;
  parts.journal.close = async (intent) => {
    tries += 1;
    if (tries > 1) return close(intent);
    await kv.commit([], [['hdel', keys.intentStates, ID]]);
    throw new StoreLostError('the store went back');
  };

  await restart();

  expect(await journal.load(ID)).toMatchObject({ state: 'accepted' });
});

test.each([
  ['the yes of the door never reached us: nothing was sent', 0, 'not-sent'],
  ['the store went back since, and the closing with it: it may have been sent (P1)', 60_000, 'unknown'],
])('an open intent of ours that is not under way; %s', async (_name, setBackAfterMs, state) => {
  const { parts, restart, store, journal, pass, kv, keys } = await atTheDoor();
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
