import { TransientError } from '../../../src/core/errors.ts';
import { FEED } from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import { withLostSender } from '../../../src/core/intent.ts';
import { applyAction, searching } from '../../../src/core/transition.ts';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import { advanceFollowed } from '../../../src/remediation/advance-followed.ts';
import { advanceResolving } from '../../../src/remediation/advance-resolving.ts';
import { atTheDoor } from '../../support/at-the-door.ts';
import { NOON, aRemediation, aSearch, aSighting, anIntent, guid } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';

const ID = guid(1);

const LOOKED: Feed = {
  startedAt: NOON - 3_600_000,
  watchedSince: NOON - 3_600_000,
  lookedAt: NOON + 60_000,
  sweepMs: 100,
  isTrusted: true,
  agreeingScans: 2,
  highWater: NOON,
  serverOffsetMs: 0,
  offsetSamples: [0],
  referenceMark: 900,
  backlogCount: 0,
  scannedAt: NOON,
};

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

test.each([
  ['woke up meanwhile and had sent nothing', 'not-sent', 'resolving'],
  ['stays lost', 'unknown', 'verifying'],
] as const)('a new run is found for a restart whose sender %s', async (_title, latest, phase) => {
  const { parts, sightings, store } = await atTheDoor({
    readInstance: async () => Promise.reject(new TransientError('Command does not answer')),
    remediation: {
      phase: 'resolving',
      attemptsMade: 1,
      search: aSearch({ took: 'maybe', mark: 0, endedAt: NOON - 60_000 }),
    },
  });
  const rows = [aSighting({ id: ID }), aSighting({ id: guid(2), startDate: NOON + 1, referenceId: 950 })];
  await sightings.observe(rows.map((row) => ({ row, requestedAt: NOON, print: aPrint() })));
  await parts.ledger.update<Feed>(FEED, () => LOOKED);
  let looks = 0;
  const load = async () => anIntent({ state: looks++ === 0 ? 'unknown' : latest });
  const journal = Object.assign(Object.create(parts.journal) as typeof parts.journal, { load });
  const before = await store.load(ID);

  await advanceResolving(before ?? aRemediation(), { ...parts, journal });

  expect(await store.load(ID)).toMatchObject({ phase });
});
