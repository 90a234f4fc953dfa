import { atTheDoor } from '../../support/at-the-door.ts';
import { NOON, aPolicy, guid } from '../../support/builders.ts';

/** A restart whose first byte is due at this time by the store's clock. */
async function restartAt(at: number, changes: { maintenance?: number; onlyDuring?: number }) {
  const opensAt = (start: number) => [
    { nextStart: (after: number) => (after < start ? start : null), durationMs: 60_000 },
  ];
  const policy = aPolicy(changes.maintenance === undefined ? {} : { maintenance: opensAt(changes.maintenance) });
  const onlyDuring = changes.onlyDuring === undefined ? null : opensAt(changes.onlyDuring);
  const door = await atTheDoor({
    parts: { policy, now: () => at },
    facts: { ruling: { onlyDuring }, now: at },
    readInstance: async () => ({ detail: null, requestedAt: at, serverTime: null }),
  });
  await door.restart();
  const intent = await door.journal.load(guid(1));
  const record = await door.store.load(guid(1));
  return { sent: door.sent.length, intent: intent?.state, phase: record?.phase, attemptsMade: record?.attemptsMade };
}

const GONE = { sent: 1, intent: 'accepted', phase: 'resolving', attemptsMade: 1 };
const KEPT = { sent: 0, intent: 'not-sent', phase: 'waiting', attemptsMade: 0 };

test.each([
  ['goes just before a maintenance window', NOON - 1, { maintenance: NOON }, GONE],
  ['does not slip through as a maintenance window opens', NOON, { maintenance: NOON }, KEPT],
  ['goes during the times of its rule', NOON + 59_999, { onlyDuring: NOON }, GONE],
  ['does not slip through as the times of its rule end', NOON + 60_000, { onlyDuring: NOON }, KEPT],
] as const)('a restart that was decided %s', async (_title, at, changes, expected) => {
  expect(await restartAt(at, changes)).toEqual(expected);
});
