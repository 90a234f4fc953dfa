import { fateOf, isLearning, isOpenFate, oldRowDoubt, withEvidence } from '../../../src/core/old-row.ts';
import type { OldRowEvidence, OldRowKnowledge } from '../../../src/core/old-row.ts';

const LEAVES: OldRowKnowledge = { fate: 'leaves', evidence: 'row 1 turned', withoutVerdict: 0 };
const UNKNOWN: OldRowKnowledge = { fate: 'unknown', evidence: 'nothing seen yet', withoutVerdict: 2 };

function shows(what: OldRowEvidence['shows'], text: string): OldRowEvidence {
  return { shows: what, instanceId: text, text };
}

test.each<readonly [string, OldRowKnowledge | null, boolean]>([
  ['nothing is known', null, true],
  ['two ended without a verdict', UNKNOWN, true],
  ['three ended without a verdict', { ...UNKNOWN, withoutVerdict: 3 }, false],
  ['rows leave', LEAVES, false],
  ['rows stay', { ...LEAVES, fate: 'stays' }, false],
])('restarts go one at a time while %s: %#', (_title, known, expected) => {
  expect(isLearning(known)).toBe(expected);
});

test('the first evidence decides', () => {
  expect(withEvidence(null, shows('stays', 'row 2 stayed'))).toEqual({
    fate: 'stays',
    evidence: 'row 2 stayed',
    withoutVerdict: 0,
  });
  expect(withEvidence(UNKNOWN, shows('leaves', 'row 2 turned'))).toMatchObject({
    fate: 'leaves',
    evidence: 'row 2 turned',
  });
});

test('more of the same says nothing new', () => {
  expect(withEvidence(LEAVES, shows('leaves', 'row 2 turned'))).toBeNull();
});

test('that restarted rows stay in the lists is learned later too, once', () => {
  const kept = { ...shows('leaves', 'row 2 turned'), isKept: true } as const;

  expect(withEvidence(null, kept)).toMatchObject({ fate: 'leaves', isKept: true });
  expect(withEvidence(LEAVES, kept)).toEqual({ ...LEAVES, isKept: true });
  expect(withEvidence({ ...LEAVES, isKept: true }, kept)).toBeNull();
});

test('contrary evidence makes it unknown, for good, and without learning one at a time', () => {
  const contrary = withEvidence(LEAVES, shows('stays', 'row 2 stayed'));

  expect(contrary).toMatchObject({ fate: 'unknown' });
  expect(contrary?.evidence).toContain('row 1 turned');
  expect(contrary?.evidence).toContain('row 2 stayed');
  expect(isLearning(contrary)).toBe(false);
  expect(withEvidence(contrary, shows('leaves', 'row 3 turned'))).toBeNull();
  expect(withEvidence(contrary, shows('stays', 'row 3 stayed'))).toBeNull();
});

const CONTRARY = withEvidence(LEAVES, shows('stays', 'row 2 stayed'));

test.each<readonly [string, Parameters<typeof fateOf>[0], OldRowKnowledge | null, string]>([
  ['nothing is known', 'auto', null, 'unknown'],
  ['it was learned', 'auto', LEAVES, 'leaves'],
  ['the operator says so', 'stays', null, 'stays'],
  ['the operator says so and nothing was seen yet', 'stays', UNKNOWN, 'stays'],
  ['the operator says so and evidence agrees', 'leaves', LEAVES, 'leaves'],
  ['the operator says so and evidence says otherwise', 'stays', LEAVES, 'unknown'],
  ['the operator says so and evidence contradicts itself', 'leaves', CONTRARY, 'unknown'],
  ['the operator says that nobody knows', 'unknown', null, 'unknown'],
  ['the operator says that nobody knows, whatever was seen', 'unknown', LEAVES, 'unknown'],
])('the fate of old rows where %s: %#', (_title, configured, known, expected) => {
  expect(fateOf(configured, known)).toBe(expected);
});

test('a row that was gone late proves nothing; three different ones do', () => {
  const first = withEvidence(null, shows('gone', 'row 1'));
  const second = withEvidence(first, shows('gone', 'row 2'));

  expect(first).toMatchObject({ fate: 'unknown', gone: ['row 1'] });
  expect(withEvidence(first, shows('gone', 'row 1'))).toBeNull();
  expect(second).toMatchObject({ fate: 'unknown' });
  expect(withEvidence(second, shows('gone', 'row 3'))).toMatchObject({ fate: 'leaves' });
});

test('a row that was gone within seconds may be a person’s as well; two different ones are not', () => {
  const atOnce = (id: string): OldRowEvidence => ({ ...shows('gone', id), isAtOnce: true });
  const first = withEvidence(null, atOnce('row 1'));
  const late = withEvidence(null, shows('gone', 'row 1'));

  expect(first).toMatchObject({ fate: 'unknown', goneAtOnce: ['row 1'] });
  expect(withEvidence(first, atOnce('row 1'))).toBeNull();
  expect(withEvidence(first, shows('gone', 'row 2'))).toMatchObject({ fate: 'unknown' });
  expect(withEvidence(late, atOnce('row 1'))).toMatchObject({ gone: ['row 1'], goneAtOnce: ['row 1'] });
  expect(withEvidence(first, atOnce('row 2'))).toMatchObject({
    fate: 'leaves',
    evidence: 'rows row 1, row 2 were gone right after their restarts',
  });
});

test('a row that a person deleted does not speak against rows that stay', () => {
  const stays = withEvidence(withEvidence(null, shows('gone', 'row 1')), shows('stays', 'row 2 stayed'));

  expect(stays).toMatchObject({ fate: 'stays' });
  expect(withEvidence(stays, shows('gone', 'row 3'))).toBeNull();
});

test.each<readonly [string, OldRowKnowledge | null, boolean]>([
  ['nothing is known', null, true],
  ['three ended without a verdict', { ...UNKNOWN, withoutVerdict: 3 }, true],
  ['rows leave', LEAVES, false],
  ['evidence contradicts itself', CONTRARY, false],
])('a look at an old row can tell something new while %s: %#', (_title, known, expected) => {
  expect(isOpenFate(known)).toBe(expected);
});

test.each<readonly [string, Parameters<typeof oldRowDoubt>[0], OldRowKnowledge | null, string | null]>([
  ['nothing is known yet', 'auto', null, null],
  ['two ended without a verdict', 'auto', UNKNOWN, null],
  ['three ended without a verdict', 'auto', { ...UNKNOWN, withoutVerdict: 3 }, '3 restarts ended without showing it'],
  ['it is known', 'auto', LEAVES, null],
  ['the operator is right', 'leaves', LEAVES, null],
  ['the operator is wrong', 'stays', LEAVES, 'command.oldRow says stays, but row 1 turned'],
  ['the operator says that nobody knows', 'unknown', { ...UNKNOWN, withoutVerdict: 3 }, null],
  ['evidence contradicts itself', 'auto', CONTRARY, 'contrary: row 1 turned; row 2 stayed'],
  [
    'evidence contradicts itself, whatever the operator says',
    'leaves',
    CONTRARY,
    'contrary: row 1 turned; row 2 stayed',
  ],
])('the doubt that people are told of where %s: %#', (_title, configured, known, expected) => {
  expect(oldRowDoubt(configured, known)).toBe(expected);
});
