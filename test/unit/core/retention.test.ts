import { fromArchive, isOutlived, mayBeForgotten, toArchived } from '../../../src/core/retention.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { NOON, aRecord, aRemediation } from '../../support/builders.ts';

const HOUR = 3_600_000;
const ended = aRemediation({ phase: 'ended', outcome: 'recovered', endedAt: NOON, nextAt: null });

test.each<readonly [string, Partial<Remediation>, number, boolean]>([
  ['one that ended before', {}, NOON + 1, true],
  ['one that ended just then', {}, NOON, false],
  ['one that ended later', {}, NOON - 1, false],
  ['an open one', { phase: 'held', endedAt: null }, NOON + 1, false],
  ['a refused one whose row is still watched', { outcome: 'refused', nextAt: NOON }, NOON + 1, false],
  ['one without an end on record', { endedAt: null }, NOON + 1, false],
])('%s: may leave the list is told by its end alone', (_title, changes, endedBefore, expected) => {
  expect(isOutlived({ ...ended, ...changes }, endedBefore)).toBe(expected);
});

test('the archive keeps the lineage without its story, and what comes back says so', () => {
  const record = { ...ended, lineage: [aRecord()], timeline: [{ at: NOON, text: 'failed', by: 'remediator' }] };

  const archived = toArchived(record);
  const back = fromArchive(archived, NOON + HOUR);

  expect(archived).toEqual({ ...record, input: null, timeline: [] });
  expect(back).toMatchObject({ attemptsMade: record.attemptsMade, lineage: record.lineage, version: 2 });
  expect(back.timeline).toMatchObject([{ at: NOON + HOUR, by: 'remediator' }]);
});

test('one that people were told of keeps its input: its new run is known by it', () => {
  const told = { ...ended, outcome: 'exhausted', alertKey: 'exhausted:x' } as const;

  expect(toArchived(told).input).toEqual(told.input);
});

test.each([
  ['nothing was forgotten', { startDate: 0, lastModified: 0 }, null, false],
  ['it began before', { startDate: NOON - HOUR, lastModified: NOON + 100 * HOUR }, NOON, true],
  ['it failed before', { startDate: null, lastModified: NOON - HOUR }, NOON, true],
  ['it began after, but clocks and zones may be off', { startDate: NOON + 23 * HOUR, lastModified: null }, NOON, true],
  ['it began after', { startDate: NOON + 25 * HOUR, lastModified: NOON + 26 * HOUR }, NOON, false],
  ['it has no date', { startDate: null, lastModified: null }, NOON, false],
])('whether a row may be forgotten: %s', (_title, row, endedBefore, expected) => {
  expect(mayBeForgotten(row, endedBefore === null ? null : { endedBefore })).toBe(expected);
});
