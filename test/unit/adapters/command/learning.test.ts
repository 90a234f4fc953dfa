import { TransientError } from '../../../../src/core/errors.ts';
import {
  mergeFacts,
  noFacts,
  readFacts,
  sortFieldFor,
  writeFacts,
} from '../../../../src/adapters/command/dialect-facts.ts';
import { DialectState } from '../../../../src/adapters/command/dialect-state.ts';
import { learnDateLiterals, learnUndated } from '../../../../src/adapters/command/learn-date-literals.ts';
import { learnParameters } from '../../../../src/adapters/command/learn-parameters.ts';
import { learnStatus } from '../../../../src/adapters/command/learn-status.ts';
import { createZoneWatch, offsetBetween, offsetOf } from '../../../../src/adapters/command/learn-zone.ts';
import type { StatusMap } from '../../../../src/adapters/command/options.ts';
import type { Probe } from '../../../../src/adapters/command/probe.ts';
import { guid } from '../../../support/builders.ts';
import { parseStatus } from '../../../../src/adapters/command/wire-status.ts';

const auto = { dialect: 'auto', statusMap: 'auto' } as const;
const MIN = 60_000;
const HOUR = 60 * MIN;

describe('status integers', () => {
  const rows = [3, 3, 3, 4, 4, 2];
  const names: Record<string, number> = { Complete: 3, Failed: 4, Suspended: 2 };

  /** A server of six rows; `select` says which of them a condition lists, null: refused. */
  async function learnFrom(select: (condition: string) => readonly (number | string)[] | null, statusMap?: StatusMap) {
    const state = new DialectState({ dialect: 'auto', statusMap: statusMap ?? 'auto' });
    const asked: string[] = [];
    const probe: Probe = async (query) => {
      asked.push(query ?? '');
      const listed = query === null ? rows : select(query);
      state.noteRows((listed ?? []).map((Status) => ({ Id: guid(1), Status })));
      const statuses = (listed ?? []).map((value) => parseStatus(value, {}));
      return { isRefused: listed === null, statuses, undated: 0, total: null };
    };
    state.noteRows(rows.map((Status) => ({ Id: guid(1), Status })));
    await learnStatus(state, probe);
    return { dialect: state.view(), asked };
  }

  /** Understands `-eq`, `-ne` and AND, by name where `understands` says so. */
  const server =
    (understands: (value: string) => number | null | undefined) =>
    (condition: string): readonly number[] | null => {
      const parts = condition.split(' AND ').map((part) => /Status (-eq|-ne) "(.*)"/.exec(part) ?? []);
      const values = parts.map(([, , value = '']) => understands(value));
      if (values.includes(null)) return null;
      return rows.filter((row) =>
        parts.every(([, operator], index) => (row === values[index]) === (operator === '-eq')),
      );
    };

  test('an honest server names every integer that it shows, Failed first', async () => {
    const { dialect, asked } = await learnFrom(server((value) => names[value]));

    expect(dialect).toMatchObject({ isFailedKnown: true, statusMap: { Failed: 4, Complete: 3, Suspended: 2 } });
    expect(asked.slice(0, 3)).toEqual([
      'Status -eq "NoSuchStatusExists"',
      'Status -eq "Failed"',
      'Status -ne "Failed"',
    ]);
    expect(asked).not.toContain('Status -eq "CanceledForRestart"');
    expect(dialect.evidence.join('\n')).toContain('Status -eq "Failed" listed 2 row(s), all with 4');
  });

  test('a server that refuses a made-up name is as good', async () => {
    const { dialect } = await learnFrom(server((value) => names[value] ?? null));

    expect(dialect.statusMap.Failed).toBe(4);
  });

  test.each<readonly [string, (condition: string) => readonly (number | string)[] | null]>([
    ['ignores the filter', () => rows],
    ['ignores the filter and shows failed rows only', () => [4, 4]],
    ['refuses every name', () => null],
    ['lists nothing by name', () => []],
    ['lists different integers under one name', (query) => (query.includes('NoSuch') ? [] : [4, 3])],
    ['lists the same rows under -eq and -ne', (query) => (query.includes('NoSuch') ? [] : [4, 4])],
    ['refuses -ne', (query) => (query.includes('-ne') ? null : query.includes('"Failed"') ? [4] : [])],
  ])('a server that %s teaches nothing', async (_title, select) => {
    const { dialect } = await learnFrom(select);

    expect(dialect.isFailedKnown).toBe(false);
    expect(dialect.statusMap).toEqual({});
  });

  test('a server that takes integers only can be used with a given map', async () => {
    const { dialect } = await learnFrom(
      server((value) => (/^\d+$/.test(value) ? Number(value) : null)),
      { Failed: 4 },
    );

    expect(dialect).toMatchObject({ isFailedKnown: true, statusMap: { Failed: 4 } });
    expect(dialect.evidence.join('\n')).toContain('names list nothing or are refused');
  });

  test('the map of the config is not overruled', async () => {
    const { dialect } = await learnFrom(
      server((value) => names[value]),
      { Failed: 4, Complete: 2 },
    );

    expect(dialect).toMatchObject({ isFailedKnown: true, statusMap: { Failed: 4, Complete: 2 } });
    expect(dialect.statusMap.Suspended).toBeUndefined();
  });

  test.each([
    ['another integer', { Failed: 3 }, { Complete: 3, Suspended: 2 }],
    ['two names exchanged', { Failed: 3, Complete: 4 }, { Complete: 4, Suspended: 2 }],
  ])('a config that Command contradicts on Failed leaves it unknown: %s', async (_title, given, statusMap) => {
    const { dialect } = await learnFrom(
      server((value) => names[value]),
      given,
    );

    expect(dialect).toMatchObject({ isFailedKnown: false, contraryFailed: { name: 'Failed', integer: 4 }, statusMap });
    expect(dialect.statusMap.Failed).toBeUndefined();
  });
});

describe('the integer that the config gives to Failed', () => {
  const shown = { Id: guid(1), Status: 2 };
  const refused = { isRefused: true, statuses: [], undated: 0, total: null };
  const nothing = { ...refused, isRefused: false };
  const complete = { ...nothing, statuses: [parseStatus(3, {})] };

  /** A server whose rows show it. */
  function aState(): DialectState {
    const state = new DialectState({ dialect: 'auto', statusMap: { Failed: 2 } });
    state.noteRows([shown, { Id: guid(2), Status: 3 }]);
    return state;
  }

  test.each<readonly [string, Probe, number]>([
    ['names are refused', async () => refused, 1],
    ['names list nothing', async () => nothing, 1],
    ['other names list rows', async (query) => (query === 'Status -eq "Complete"' ? complete : nothing), 3],
    ['the question fails', async () => Promise.reject(new TransientError('504')), 3],
  ])('is believed once Command was asked, where %s', async (_title, probe, times) => {
    const state = aState();

    for (let count = 0; count < times; count++) {
      expect(state.view()).toMatchObject({ isFailedKnown: false });
      await learnStatus(state, probe).catch(() => undefined);
    }

    expect(state.view()).toMatchObject({ isFailedKnown: true, contraryFailed: null, statusMap: { Failed: 2 } });
  });

  test('is asked of each version by itself', async () => {
    const state = aState();
    const version = (name: string) => state.noteHeaders({ 'x-keyfactor-product-version': name });
    version('25.1');
    state.noteRows([shown]);

    await learnStatus(state, async () => {
      version('25.2');
      state.noteRows([shown]);
      return refused;
    });

    expect(state.view()).toMatchObject({ productVersion: '25.2', isFailedKnown: false });
    version('25.1');
    state.noteRows([shown]);
    expect(state.view()).toMatchObject({ isFailedKnown: true });
  });
});

describe('dates in conditions', () => {
  const ROW = parseStatus(4, {});
  const REFUSED = { isRefused: true, statuses: [], undated: 0, total: null };

  async function learnFrom(
    learn: typeof learnDateLiterals,
    answer: (condition: string) => { readonly rows: number; readonly undated?: number } | null,
  ) {
    const state = new DialectState(auto);
    await learn(state, async (query) => {
      const given = answer(query ?? '');
      if (given === null) return REFUSED;
      return { ...REFUSED, isRefused: false, statuses: Array(given.rows).fill(ROW), undated: given.undated ?? 0 };
    });
    return state.queryDialect;
  }

  test.each<readonly [string, (condition: string) => { readonly rows: number } | null, boolean]>([
    ['taken with a time', () => ({ rows: 1 }), true],
    ['taken as days', (text) => (text.includes('T00') ? null : { rows: 1 }), true],
    ['taken of LastModified only', (text) => (text.startsWith('LastModified') ? { rows: 1 } : null), true],
    ['refused in every form', () => null, false],
  ])('%s', async (_title, answer, takesDates) => {
    expect(await learnFrom(learnDateLiterals, answer)).toMatchObject({ takesDates });
  });

  test.each([
    ['there are rows without a date', { rows: 1, undated: 1 }, true],
    ['there are none', { rows: 0 }, false],
    ['the server ignores the question', { rows: 1, undated: 0 }, false],
    ['the server refuses it', null, false],
  ])('%s', async (_title, answer, hasUndated) => {
    expect(await learnFrom(learnUndated, () => answer)).toMatchObject({ hasUndated });
  });
});

describe('parameter names', () => {
  const learnFrom = async (answers: Record<string, number>, total: number | null) => {
    const state = new DialectState(auto);
    let calls = 0;
    await learnParameters(state, async (_query, limit, names) => {
      calls += 1;
      const rows = Math.min(answers[names ?? ''] ?? 0, names === '11' && answers.heeds11 ? limit : 50);
      return { isRefused: false, statuses: Array.from({ length: rows }, () => parseStatus(1, {})), undated: 0, total };
    });
    return [state.view().parameters, calls];
  };

  test.each<readonly [string, Record<string, number>, number | null, readonly [string, number]]>([
    ['11, counted', { 11: 9, heeds11: 1 }, 9, ['11', 1]],
    ['11, not counted', { 11: 9, 10: 9, heeds11: 1 }, null, ['11', 2]],
    ['both, not counted', { 11: 9, 10: 1, heeds11: 1 }, null, ['11', 3]],
    ['10', { 11: 9, 10: 1 }, 9, ['10', 2]],
    ['one row only', { 11: 1, 10: 1 }, 1, ['unknown', 3]],
    ['no row', {}, 0, ['unknown', 1]],
    ['neither is heeded', { 11: 9, 10: 9 }, 9, ['unknown', 2]],
  ])('%s', async (_title, answers, total, expected) => {
    expect(await learnFrom(answers, total)).toEqual(expected);
  });
});

describe('the zone of zone-less dates', () => {
  const noon = Date.parse('2026-01-02T12:00:00Z');
  const list = (serverTime: number, changes: Record<string, number>, isWhole = false) => ({
    shape: 's',
    serverTime,
    isWhole,
    changes: new Map(Object.entries(changes)),
  });

  test.each<readonly [string, number, readonly [number, number], number | null]>([
    ['UTC', noon + 5_000, [noon, noon + 30_000], 0],
    ['two hours ahead', noon + 2 * HOUR + 5_000, [noon, noon + 30_000], -2 * HOUR],
    ['five and a half hours behind', noon - 5.5 * HOUR, [noon, noon + 30_000], 5.5 * HOUR],
    ['a quarter of an hour', noon + 45 * MIN, [noon, noon + 30_000], -45 * MIN],
    ['lists too far apart', noon, [noon, noon + 30 * MIN], null],
    ['between two zones', noon + 7 * MIN, [noon, noon + 1_000], null],
    ['no zone of this earth', noon + 20 * HOUR, [noon, noon + 30_000], null],
  ])('%s', (_title, wire, [from, to], expected) => {
    expect(offsetOf(wire, from, to)).toBe(expected);
  });

  test.each<readonly [string, Record<string, number>, Record<string, number>, number | null]>([
    ['a known row changed', { a: noon - HOUR }, { a: noon + HOUR }, -HOUR],
    ['a new row came on top', { a: noon - HOUR }, { b: noon + HOUR, a: noon - HOUR }, -HOUR],
    ['nothing changed', { a: noon }, { a: noon }, null],
    ['an old row came into view', { a: noon }, { a: noon, b: noon - HOUR }, null],
    ['nothing was listed before', {}, { a: noon + HOUR }, null],
    ['two changes disagree', { a: 0, b: 0 }, { a: noon + HOUR, b: noon }, null],
    ['a known row changed in a list of any order', { a: 0, b: noon - 9 * HOUR }, { a: 0, b: noon + HOUR }, -HOUR],
    ['a new row came into such a list', { a: 0, b: noon - HOUR }, { a: 0, b: noon - HOUR, c: noon }, null],
  ])('%s', (_title, before, after, expected) => {
    expect(offsetBetween(list(noon, before), list(noon + 30_000, after))?.offsetMs ?? null).toBe(expected);
  });

  test.each<readonly [string, Record<string, number>, Record<string, number>, number | null]>([
    ['nothing', {}, { a: noon + HOUR }, -HOUR],
    ['all rows, in any order', { a: 0, b: noon - HOUR }, { a: 0, b: noon - HOUR, c: noon }, 0],
    ['all rows, and nothing changed', { a: 0 }, { a: 0 }, null],
  ])('a whole list that held %s', (_title, before, after, expected) => {
    expect(offsetBetween(list(noon, before, true), list(noon + 30_000, after))?.offsetMs ?? null).toBe(expected);
  });

  test('only lists of one shape are compared', () => {
    const watch = createZoneWatch();

    expect(watch.add(list(noon, { a: noon - HOUR }))).toBeNull();
    expect(watch.add({ ...list(noon + 1_000, { a: noon }), shape: 'other' })).toBeNull();
    expect(watch.add(list(noon + 30_000, { a: noon + 10_000 }))).toEqual({ offsetMs: 0, rows: 1 });
  });
});

describe('facts', () => {
  test('survive being written and read', () => {
    const facts = {
      ...noFacts(),
      parameters: '10' as const,
      statusMap: { Failed: 4 },
      zoneOffsetMs: -HOUR,
      refusedSorts: ['Id'],
    };

    expect(readFacts(writeFacts(facts))).toEqual(facts);
  });

  test.each([
    '',
    'x',
    '[]',
    '{"parameters":7,"statusMap":{"Failed":"x","Odd":1},"acceptedSorts":[1],"evidence":{"a":1}}',
  ])('that cannot be read are learned again: %s', (text) => {
    expect(readFacts(text)).toEqual(noFacts());
  });

  test('seen since go over saved ones', () => {
    const saved = { ...noFacts(), parameters: '10' as const, statusForm: 'int' as const, refusedSorts: ['Id'] };
    const seen = { ...noFacts(), statusForm: 'name' as const, refusedSorts: ['LastModified'] };

    expect(mergeFacts(saved, seen)).toMatchObject({
      parameters: '10',
      statusForm: 'name',
      refusedSorts: ['Id', 'LastModified'],
    });
  });

  test('sort fields in the order of preference', () => {
    expect(sortFieldFor('lastModified', noFacts())).toBe('LastModified');
    expect(sortFieldFor('startDate', { ...noFacts(), refusedSorts: ['StartDate'] })).toBe('ReferenceId');
    expect(sortFieldFor('startDate', { ...noFacts(), refusedSorts: ['StartDate', 'ReferenceId', 'Id'] })).toBeNull();
  });

  test('belong to one version; the first one named keeps what was seen before', () => {
    const state = new DialectState(auto);
    const version = (name: string) => ({ 'x-keyfactor-product-version': name });
    state.noteRows([{ Status: 9 }, { Id: guid(1), Status: 4 }]);

    state.noteHeaders(version('10.5.0'));
    expect(state.view()).toMatchObject({ productVersion: '10.5.0', statusForm: 'int' });
    expect(state.testForm).toBe('10');
    state.noteHeaders(version('25.1.1'));
    expect(state.view()).toMatchObject({ productVersion: '25.1.1', statusForm: 'unknown' });
    expect(state.testForm).toBe('25');
    expect(state.unnamed).toEqual([]);
    state.noteHeaders(version('10.5.0'));
    expect(state.view().statusForm).toBe('int');
  });

  test('what the config says is evidence too', () => {
    const state = new DialectState({ dialect: '10', statusMap: { Failed: 4 } });

    expect(state.view()).toMatchObject({ parameters: '10', isFailedKnown: true, statusMap: { Failed: 4 } });
    expect(state.view().evidence).toEqual([
      'parameters: command.dialect is 10',
      'status: command.statusMap is {"Failed":4}',
    ]);
  });
});
