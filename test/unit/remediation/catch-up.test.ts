import type { Intent } from '../../../src/core/intent.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { advanceWaiting } from '../../../src/remediation/advance-waiting.ts';
import { atTheDoor } from '../../support/at-the-door.ts';
import { anIntent, guid } from '../../support/builders.ts';

const ID = guid(1);

/** One step of a waiting record whose own restart stands in the journal like this; Command would not answer a read. */
async function stepOf(changes: Partial<Intent>, record: Partial<Remediation> = {}) {
  const world = await atTheDoor({
    readInstance: async () => Promise.reject(new Error('asks Command')),
    remediation: record,
  });
  const { journal, parts, store } = world;
  const load = journal.load.bind(journal);
  parts.journal.load = async (id) => (id === ID ? anIntent({ instanceId: ID, ...changes }) : load(id));
  const before = await store.load(ID);
  if (before === null) throw new Error('no record');
  const isMore = await advanceWaiting(before, parts);
  return { isMore, sent: world.sent, after: await store.load(ID) };
}

test.each<readonly [string, Partial<Intent>, Partial<Remediation>]>([
  ['was taken', { state: 'accepted' }, { phase: 'resolving', attemptsMade: 1 }],
  ['may have happened', { state: 'unknown' }, { phase: 'resolving', attemptsMade: 1 }],
  ['is under way', { state: 'open', endedAt: null }, { phase: 'restarting', attemptsMade: 1 }],
  ["is another record's", { state: 'accepted', rootInstanceId: guid(7) }, { phase: 'held' }],
])('a waiting one whose restart %s goes on from there, whatever it waits for', async (_title, intent, expected) => {
  // Behind its own new run, which waits for it.
  const behind = { wait: 'behind', reason: `behind ${guid(2)}, a later run of the same request` } as const;
  const { after, sent } = await stepOf(intent, behind);

  expect(after).toMatchObject(expected);
  expect(sent).toEqual([]);
});

test('one whose restart is proved not to have happened is worked as any', async () => {
  const { after } = await stepOf({ state: 'not-sent' }).catch((error: unknown) => ({ after: String(error) }));

  expect(after).toContain('asks Command');
});
