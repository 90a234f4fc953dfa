import type { Intent } from '../../../src/core/intent.ts';
import { NOON, aRemediation, anIntent, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const { fence: _f, openedAt: _o, state: _s, why: _w, endedAt: _e, replica: _r, ...INTENT } = anIntent();
const BRAKE = `Command accepted two restarts of instance ${guid(1)}`;

/** A journal in which the id was sent once, and again after the first was written off by this hand. */
async function sentTwice(by?: 'person') {
  const stores = memoryStores();
  const { journal, store, pass } = stores;
  await store.create(aRemediation());
  const open = async (): Promise<Intent> => {
    const before = await store.load(guid(1));
    if (before === null) throw new Error('no record');
    const limits = { concurrency: 8, perMinute: 60, perCaPerMinute: 60 };
    const request = { intent: INTENT, before, after: before, caSlots: 8, gates: [], limits, canaryWindowMs: 1 };
    const door = await journal.open(request);
    if (door.type !== 'opened') throw new Error(door.because);
    return door.intent;
  };
  const first = await open();
  const lost: Intent = { ...first, state: 'unknown', why: 'its sender stopped', endedAt: NOON };
  await journal.close(lost);
  const known = await store.load(guid(1));
  if (known === null) throw new Error('no record');
  if (by === 'person') await journal.letGo(lost, 'sent again', known, known);
  else await journal.markNotDone(lost, 'the row is still Failed');
  pass(60_000);
  const second = await open();
  const accept = async (intent: Intent) =>
    journal.close({ ...intent, state: 'accepted', why: 'Command answered 204', endedAt: NOON });
  return { ...stores, first, second, accept };
}

test('two accepted restarts of one id put the brake on, whichever is told first (P1)', async () => {
  const early = await sentTwice();
  await early.accept(early.second);
  expect(await early.ledger.braked()).toBeNull();
  await early.accept(early.first);

  const late = await sentTwice();
  await late.accept(late.first);
  expect(await late.ledger.braked()).toBeNull();
  await late.accept(late.second);

  expect([await early.ledger.braked(), await late.ledger.braked()]).toEqual([BRAKE, BRAKE]);
});

test('the brake shuts the door until a person resumes', async () => {
  const { journal, store, ledger, accept, first, second, pass } = await sentTwice();
  await accept(second);
  await accept(first);
  const before = aRemediation({ rootInstanceId: guid(5), currentInstanceId: guid(5) });
  await store.create(before);
  const intent = { ...INTENT, instanceId: guid(5), rootInstanceId: guid(5), requestKey: 'request-5' };
  const limits = { concurrency: 8, perMinute: 1e6, perCaPerMinute: 1e6 };
  const request = { intent, before, after: before, caSlots: 8, gates: [], limits, canaryWindowMs: 1 };

  expect(await journal.open(request)).toMatchObject({ type: 'shut', because: 'brake' });
  await ledger.resume();
  pass(60_000);
  expect(await journal.open(request)).toMatchObject({ type: 'opened' });
});

test('what a person sent again is no second restart of ours', async () => {
  const { ledger, accept, first, second } = await sentTwice('person');

  await accept(first);
  await accept(second);

  expect(await ledger.braked()).toBeNull();
});

test('one accepted restart after one that was not is none too many', async () => {
  const { ledger, journal, accept, first, second } = await sentTwice();

  await journal.close({ ...first, state: 'unknown', why: 'no answer', endedAt: NOON });
  await accept(second);
  await accept(second);

  expect(await ledger.braked()).toBeNull();
});
