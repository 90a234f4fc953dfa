import { createCronClock } from '../../../src/config/cron.ts';
import { closedHours, openUntil } from '../../../src/core/window.ts';
import type { Window } from '../../../src/core/window.ts';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);
const window = (cron: string, hours: number, timeZone = 'UTC'): Window => ({
  nextStart: createCronClock(cron, timeZone),
  durationMs: hours * HOUR,
});
const saturdayNight = window('0 22 * * 6', 4);
const berlinNight = window('30 2 * * *', 1, 'Europe/Berlin');
const officeHours = window('0 6 * * 1-5', 12, 'Europe/Berlin');

test.each<readonly [string, Window, string, string | null]>([
  ['is shut before it opens', saturdayNight, '2026-03-07T21:59:59.999Z', null],
  ['opens at its first moment', saturdayNight, '2026-03-07T22:00:00.000Z', '2026-03-08T02:00:00.000Z'],
  ['is open across midnight', saturdayNight, '2026-03-08T01:59:59.999Z', '2026-03-08T02:00:00.000Z'],
  ['is shut at its end', saturdayNight, '2026-03-08T02:00:00.000Z', null],
  ['is read by the clock of its zone in winter', officeHours, '2026-01-05T05:00:00.000Z', '2026-01-05T17:00:00.000Z'],
  ['is read by the clock of its zone in summer', officeHours, '2026-07-06T04:00:00.000Z', '2026-07-06T16:00:00.000Z'],
  ['is shut an hour before that in winter', officeHours, '2026-01-05T04:59:59.999Z', null],
  // 02:30 is skipped on 2026-03-29 in Berlin: the clocks go from 02:00 to 03:00 at 01:00 UTC.
  ['opens in the hour after a gap of the clocks', berlinNight, '2026-03-29T01:30:00.000Z', '2026-03-29T02:30:00.000Z'],
  ['is shut before that', berlinNight, '2026-03-29T01:29:59.999Z', null],
  // 02:30 comes twice on 2026-10-25 in Berlin, at 00:30 and at 01:30 UTC.
  [
    'opens the first time that a moment comes twice',
    berlinNight,
    '2026-10-25T00:30:00.000Z',
    '2026-10-25T01:30:00.000Z',
  ],
  ['does not open the second time', berlinNight, '2026-10-25T01:30:00.000Z', null],
  ['opens the day after as ever', berlinNight, '2026-10-26T01:30:00.000Z', '2026-10-26T02:30:00.000Z'],
  [
    'lasts as long as it says across a change of the clocks',
    window('0 1 * * *', 3, 'Europe/Berlin'),
    '2026-03-29T02:59:59.999Z',
    '2026-03-29T03:00:00.000Z',
  ],
])('a window %s', (_title, open, now, until) => {
  expect(openUntil([open], at(now))).toBe(until === null ? null : at(until));
});

test('a clock that was asked before answers other moments anew', () => {
  const next = createCronClock('0 22 * * 6', 'UTC');

  const answers = ['2026-03-14T00:00:00Z', '2026-03-01T00:00:00Z', '2026-03-08T00:00:00Z', '2026-03-14T22:00:00Z'];

  expect(answers.map((moment) => new Date(next(at(moment)) ?? 0).toISOString().slice(0, 10))).toEqual([
    '2026-03-14',
    '2026-03-07',
    '2026-03-14',
    '2026-03-21',
  ]);
});

const NOW = at('2026-03-10T12:00:00Z'); // a Tuesday, 13:00 in Berlin
const noon = window('0 12 * * *', 1);

test.each<
  readonly [string, readonly Window[], readonly Window[] | null, { reason: string; until: number | null } | null]
>([
  ['nothing is shut without windows', [], null, null],
  [
    'maintenance shuts until its end',
    [noon, saturdayNight],
    null,
    { reason: 'maintenance until 2026-03-10T13:00:00.000Z', until: NOW + HOUR },
  ],
  [
    'maintenance goes before what a rule allows',
    [noon],
    [noon],
    { reason: 'maintenance until 2026-03-10T13:00:00.000Z', until: NOW + HOUR },
  ],
  ['maintenance at other times shuts nothing', [saturdayNight], null, null],
  ['a rule may go during its times', [], [saturdayNight, officeHours], null],
  [
    'a rule waits for the first of its times',
    [],
    [saturdayNight, berlinNight],
    { reason: 'its rule restarts only from 2026-03-11T01:30:00.000Z on', until: at('2026-03-11T01:30:00Z') },
  ],
  [
    'a rule without times waits',
    [],
    [],
    { reason: 'its rule restarts only during times that never come', until: null },
  ],
])('%s', (_title, maintenance, onlyDuring, expected) => {
  expect(closedHours(maintenance, onlyDuring, NOW)).toEqual(expected);
});
