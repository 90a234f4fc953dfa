import { withCondition, withoutCondition, withoutOver } from '../../../src/core/condition.ts';
import type { Conditions, RaisedCondition } from '../../../src/core/condition.ts';

const RAISED: RaisedCondition = {
  cause: 'not-recognised',
  per: ['Definition 1'],
  since: 100,
  summary: 'new runs are not recognised; compare two of them',
  severity: 'warning',
};
const { per: _per, ...CONDITION } = RAISED;
const KEY = 'not-recognised:definition-1';
const KNOWN: Conditions = { [KEY]: CONDITION };

test.each<readonly [string, Conditions | null, Partial<RaisedCondition>, Conditions | null]>([
  ['a new one stands under its alert key', null, {}, KNOWN],
  ['others stay', { redis: CONDITION }, {}, { redis: CONDITION, ...KNOWN }],
  ['one that stands already changes nothing', KNOWN, { since: 200 }, null],
  [
    'new words keep the old beginning',
    KNOWN,
    { since: 200, summary: 'worse' },
    { [KEY]: { ...CONDITION, summary: 'worse' } },
  ],
  ['one about others is another one', KNOWN, { roots: ['a'] }, { [KEY]: { ...CONDITION, roots: ['a'] } }],
])('raising: %s', (_title, known, changes, expected) => {
  expect(withCondition(known, { ...RAISED, ...changes })).toEqual(expected);
});

test.each<readonly [string, Conditions | null, string, Conditions | null]>([
  ['takes it away', { ...KNOWN, redis: CONDITION }, KEY, { redis: CONDITION }],
  ['changes nothing where it does not stand', KNOWN, 'redis', null],
  ['changes nothing where none stands', null, KEY, null],
])('clearing %s', (_title, known, key, expected) => {
  expect(withoutCondition(known, key)).toEqual(expected);
});

const ABOUT: Conditions = { [KEY]: { ...CONDITION, roots: ['a', 'b'] } };

test.each<readonly [string, Conditions, Parameters<typeof withoutOver>[2], Conditions | null]>([
  ['ends with the last of them', ABOUT, { roots: ['a', 'b'], records: [{ phase: 'ended' }, { phase: 'held' }] }, {}],
  ['ends where none is left', ABOUT, { roots: ['a', 'b'], records: [] }, {}],
  ['stays while one waits', ABOUT, { roots: ['a', 'b'], records: [{ phase: 'ended' }, { phase: 'waiting' }] }, null],
  ['stays while one is sent', ABOUT, { roots: ['a', 'b'], records: [{ phase: 'restarting' }] }, null],
  ['stays where it is about others by now', ABOUT, { roots: ['a'], records: [] }, null],
])('a condition about remediations %s', (_title, known, facts, expected) => {
  expect(withoutOver(known, KEY, facts)).toEqual(expected);
});
