import { CONDITIONS } from '../../../src/core/condition.ts';
import type { Conditions } from '../../../src/core/condition.ts';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import type { Phase } from '../../../src/core/remediation.ts';
import { openConditions } from '../../../src/alerts/open-conditions.ts';
import { noteSending } from '../../../src/remediation/not-sent.ts';
import { atTheDoor } from '../../support/at-the-door.ts';
import { NOON, aPolicy, aRemediation, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const ANSWERS: Readonly<Record<string, RestartAnswer>> = {
  n: { type: 'not-sent', why: 'it came too late', needsBody: false },
  b: { type: 'not-sent', why: 'Command wants a body (411)', needsBody: true },
  u: { type: 'unknown', why: 'no answer' },
};

test.each([
  ['two restarts in a row that were not sent', 'nn', false],
  ['three', 'nnn', true],
  ['three with one that may have happened between', 'nnun', false],
  ['three that Command wants a body for', 'bbb', false],
  ['three and one that is sent', 'nnnu', false],
])('%s: a person is told, %s: %s', async (_title, answers, isTold) => {
  const { ledger, now } = memoryStores();

  for (const key of answers) await noteSending(guid(1), ANSWERS[key] ?? { type: 'unknown', why: '' }, { ledger, now });

  const raised = Object.entries((await ledger.read<Conditions>(CONDITIONS)) ?? {});
  expect(raised.map(([key]) => key)).toEqual(isTold ? ['command-away:not-sent'] : []);
  if (isTold) expect(raised[0]?.[1].summary).toContain('it came too late');
});

/** Restarts one after the other, each on a clock that sleeps two seconds between the intent and the first byte. */
async function notSentAtTheDoor(maintenanceAt: number | null): Promise<number> {
  let wall = NOON;
  const nextStart = (after: number) => (maintenanceAt !== null && after < maintenanceAt ? maintenanceAt : null);
  const { parts, restart, ledger } = await atTheDoor({
    parts: {
      wallMs: () => (wall += 2000),
      policy: aPolicy({ maintenance: [{ nextStart, durationMs: 60_000 }] }),
    },
    facts: { ruling: { onlyDuring: null } },
    readInstance: async () => ({ detail: null }),
  });
  await restart();
  expect(parts.sending.size).toBe(0);
  return (await ledger.read<{ count: number }>('not-sent'))?.count ?? 0;
}

test('a restart that slept at the door counts, one that came to the end of its hours does not', async () => {
  expect(await notSentAtTheDoor(null)).toBe(1);
  expect(await notSentAtTheDoor(NOON)).toBe(0);
});

test.each<readonly [string, Phase, Phase, boolean]>([
  ['one of them waits for its restart', 'ended', 'waiting', true],
  ['the restart of one is under way', 'held', 'restarting', true],
  ['people have taken one in hand and others the other', 'held', 'ended', false],
  ['others have restarted both', 'resolving', 'verifying', false],
])('people are told for as long as restarts are waited for: %s', async (_title, first, second, isTold) => {
  const { ledger, store, now } = memoryStores();
  for (const [number, phase] of [first, second].entries())
    await store.create(aRemediation({ rootInstanceId: guid(number), currentInstanceId: guid(number), phase }));
  const answer = { type: 'not-sent', why: 'it came too late', needsBody: false } as const;
  for (const number of [0, 1, 1]) await noteSending(guid(number), answer, { ledger, now });

  const open = await openConditions({ ledger, store });

  expect(Object.keys(open)).toEqual(isTold ? ['command-away:not-sent'] : []);
  expect((await ledger.read<Conditions>(CONDITIONS)) ?? {}).toEqual(open);
});
