import { fateOf, isLearning, withEvidence } from '../../../src/core/old-row.ts';
import type { OldRowKnowledge } from '../../../src/core/old-row.ts';

const LEAVES: OldRowKnowledge = { fate: 'leaves', evidence: 'row 1 turned', withoutVerdict: 0 };
const UNKNOWN: OldRowKnowledge = { fate: 'unknown', evidence: 'nothing seen yet', withoutVerdict: 2 };

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
  expect(withEvidence(null, 'stays', 'row 2 stayed')).toEqual({
    fate: 'stays',
    evidence: 'row 2 stayed',
    withoutVerdict: 0,
  });
  expect(withEvidence(UNKNOWN, 'leaves', 'row 2 turned')).toMatchObject({ fate: 'leaves', evidence: 'row 2 turned' });
});

test('more of the same says nothing new', () => {
  expect(withEvidence(LEAVES, 'leaves', 'row 2 turned')).toBeNull();
});

test('contrary evidence makes it unknown, for good, and without learning one at a time', () => {
  const contrary = withEvidence(LEAVES, 'stays', 'row 2 stayed');

  expect(contrary).toMatchObject({ fate: 'unknown' });
  expect(contrary?.evidence).toContain('row 1 turned');
  expect(contrary?.evidence).toContain('row 2 stayed');
  expect(isLearning(contrary)).toBe(false);
  expect(withEvidence(contrary, 'leaves', 'row 3 turned')).toBeNull();
  expect(withEvidence(contrary, 'stays', 'row 3 stayed')).toBeNull();
});

const CONTRARY = withEvidence(LEAVES, 'stays', 'row 2 stayed');

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
