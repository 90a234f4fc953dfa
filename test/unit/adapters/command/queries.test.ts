import { isInOrder, toWireQuery } from '../../../../src/adapters/command/instance-query.ts';
import { toListParameters } from '../../../../src/adapters/command/list-parameters.ts';
import { createPageCap } from '../../../../src/adapters/command/page-cap.ts';
import { addressOf, toTarget } from '../../../../src/adapters/command/target.ts';
import { toInstanceRow } from '../../../../src/adapters/command/wire-instance.ts';
import type { InstanceRow } from '../../../../src/core/instance.ts';
import type { InstanceQuery } from '../../../../src/ports/command.ts';

const ID = '0f3b7a52-1111-4222-8333-444455556666';
const dates = { zoneOffsetMs: 0, isZoneOpen: false, takesDates: true, hasUndated: false };
const byName = { statusQuery: 'name', statusMap: { Failed: 4 }, ...dates } as const;
const since = Date.parse('2026-01-10T15:00:00Z');

function aRow(wire: object = {}): InstanceRow {
  const row = toInstanceRow({ Id: ID, ...wire }, { statusMap: { Failed: 4, Complete: 3 }, zoneOffsetMs: 0 });
  if (!row) throw new Error('no row');
  return row;
}

const query = (conditions: Partial<InstanceQuery>): InstanceQuery => ({
  order: 'lastModified',
  page: 1,
  ...conditions,
});

describe('a query in words of Command', () => {
  test.each<readonly [string, Partial<InstanceQuery>, string | null]>([
    ['nothing', {}, null],
    ['one status', { statuses: ['Failed'] }, 'Status -eq "Failed"'],
    ['two statuses', { statuses: ['Failed', 'Running'] }, '(Status -eq "Failed" OR Status -eq "Running")'],
    ['a status that has no name', { statuses: ['Failed', 'Unknown'] }, null],
    ['no status at all', { statuses: [] }, null],
    ['a definition', { definitionId: ID.toUpperCase() }, `DefinitionId -eq "${ID}"`],
    ['a title', { title: "O'Brien (CN=a)" }, 'Title -eq "O\'Brien (CN=a)"'],
    ['a title with a quote', { title: 'CN="the long part" x' }, 'Title -contains "the long part"'],
    ['a title with a domain', { title: 'KEY\\jo is enrolling' }, 'Title -contains "jo is enrolling"'],
    ['a title with a token', { title: '%ME% asks for it' }, 'Title -contains "asks for it"'],
    ['a title of quotes', { title: '"a" "b"' }, null],
    ['a long title', { title: 'x'.repeat(2_000) }, `Title -contains "${'x'.repeat(600)}"`],
    ['a date, a zone early', { modifiedSince: since }, 'LastModified -ge "2026-01-10"'],
    ['a date in the morning', { startedSince: Date.parse('2026-01-10T03:00:00Z') }, 'StartDate -ge "2026-01-09"'],
    [
      'all together',
      { statuses: ['Failed'], title: 'a', modifiedSince: since },
      'Status -eq "Failed" AND Title -eq "a" AND LastModified -ge "2026-01-10"',
    ],
  ])('%s', (_title, conditions, text) => {
    expect(toWireQuery(query(conditions), byName).text).toBe(text);
  });

  test('a date that may be of any zone cannot be ruled out by the hour', () => {
    const { matches } = toWireQuery(query({ modifiedSince: since }), { ...byName, isZoneOpen: true });

    expect(matches(aRow({ LastModified: '2026-01-10T01:00:00' }))).toBe(true);
    expect(matches(aRow({ LastModified: '2026-01-10T00:59:59' }))).toBe(false);
  });

  test('a date is left out where it is refused, and lets rows without one through where there are such', () => {
    const wish = query({ modifiedSince: since, startedSince: since });

    expect(toWireQuery(wish, { ...byName, takesDates: false }).text).toBeNull();
    expect(toWireQuery(wish, { ...byName, takesDates: false }).matches(aRow({ LastModified: '2026-01-09' }))).toBe(
      false,
    );
    expect(toWireQuery(wish, { ...byName, hasUndated: true }).text).toBe(
      '(LastModified -ge "2026-01-10" OR LastModified -eq NULL) AND StartDate -ge "2026-01-10"',
    );
  });

  test('statuses as integers, or left out where they are not known', () => {
    const byInteger = { ...byName, statusQuery: 'int' } as const;

    expect(toWireQuery(query({ statuses: ['Failed'] }), byInteger).text).toBe('Status -eq "4"');
    expect(toWireQuery(query({ statuses: ['Running'] }), byInteger).text).toBeNull();
    expect(toWireQuery(query({ statuses: ['Failed'] }), { ...byName, statusQuery: null }).text).toBeNull();
  });

  test('a title never ends the value it stands in, and never grows beyond its share', () => {
    for (const title of [
      'a" OR Status -eq "x',
      '\\"',
      '"""',
      '\u0000\u0001',
      '\uD800'.repeat(400),
      'ü"ä'.repeat(900),
    ]) {
      const { text } = toWireQuery(query({ title }), byName);

      expect((text ?? '').match(/"/g)?.length ?? 0).toBe(text === null ? 0 : 2);
      expect(encodeURIComponent(text ?? '').length).toBeLessThan(700);
    }
  });
});

describe('a row against its query', () => {
  test.each<readonly [string, Partial<InstanceQuery>, object, readonly [boolean, boolean]]>([
    ['the status asked for', { statuses: ['Failed'] }, { Status: 4 }, [true, true]],
    ['another status', { statuses: ['Failed'] }, { Status: 3 }, [false, false]],
    ['a status without a name', { statuses: ['Failed'] }, { Status: 9 }, [false, true]],
    ['another definition', { definitionId: ID }, { Definition: { Id: ID.replace('0', '1') } }, [false, false]],
    ['a title in another case', { title: 'a' }, { Title: 'A ' }, [false, true]],
    ['another title', { title: 'a' }, { Title: 'b' }, [false, false]],
    ['a title with the same part', { title: 'K\\jo enrols' }, { Title: 'L\\jo enrols' }, [false, true]],
    ['changed since', { modifiedSince: since }, { LastModified: '2026-01-10T15:00:00Z' }, [true, true]],
    ['changed earlier that day', { modifiedSince: since }, { LastModified: '2026-01-10T14:59:59Z' }, [false, true]],
    [
      'changed a day earlier, in some zone',
      { modifiedSince: since },
      { LastModified: '2026-01-09T12:00:00Z' },
      [false, true],
    ],
    ['changed long before', { modifiedSince: since }, { LastModified: '2026-01-05T00:00:00Z' }, [false, false]],
    ['no date of change', { modifiedSince: since }, {}, [true, true]],
    ['started long before', { startedSince: since }, { StartDate: '2026-01-05T00:00:00Z' }, [false, false]],
  ])('%s', (_title, conditions, wire, [matches, isListable]) => {
    const wireQuery = toWireQuery(query(conditions), byName);

    expect(wireQuery.matches(aRow(wire))).toBe(matches);
    expect(wireQuery.isListable(aRow(wire))).toBe(isListable);
  });

  test('a condition that could not be written did not filter', () => {
    const unwritten = toWireQuery(query({ statuses: ['Failed'] }), { ...byName, statusQuery: null });

    expect(unwritten.isListable(aRow({ Status: 9 }))).toBe(false);
  });
});

test('the order that was asked for, rows without the date anywhere', () => {
  const at = (LastModified?: string) => aRow({ LastModified });
  const rising = [at('2026-01-01'), at(), at('2026-01-02'), at('2026-01-02')];

  expect(isInOrder(rising.toReversed(), query({}))).toBe(true);
  expect(isInOrder(rising, query({}))).toBe(false);
  expect(isInOrder(rising, query({ isOldestFirst: true }))).toBe(true);
  expect(isInOrder(rising.toReversed(), query({ isOldestFirst: true }))).toBe(false);
  expect(isInOrder(rising, query({ order: 'startDate' }))).toBe(true);
});

test('list parameters by generation', () => {
  const list = { query: 'Id -ne NULL', page: 2, limit: 50, sortField: 'Id' };
  const names = (parameters: readonly (readonly [string, string])[]) =>
    parameters.map(([name, value]) => `${name}=${value}`);

  expect(names(toListParameters(list, '11'))).toEqual([
    'QueryString=Id -ne NULL',
    'PageReturned=2',
    'ReturnLimit=50',
    'SortField=Id',
    'SortAscending=1',
  ]);
  expect(names(toListParameters({ page: 1, limit: 5, sortField: 'Id', isAscending: true }, '10'))).toEqual([
    'pq.pageReturned=1',
    'pq.returnLimit=5',
    'pq.sortField=Id',
    'pq.sortAscending=0',
  ]);
  expect(toListParameters({ page: 1, limit: 5 }, 'both')).toHaveLength(4);
});

describe('the last page', () => {
  const seen = (page: number, received: number, total: number | null, ids = `${page}`) => ({
    page,
    limit: 50,
    received,
    total,
    shape: 'all',
    ids,
  });

  test('a page that comes again is the last: the server heeds no page number', () => {
    const cap = createPageCap();

    expect(cap.isLast(seen(1, 50, null, 'a,b'))).toBe(false);
    expect(cap.isLast(seen(2, 50, null, 'a,b'))).toBe(true);
    expect(cap.isLast(seen(1, 50, null, 'a,b'))).toBe(false);
  });

  test.each<readonly [string, readonly (readonly [number, number, number | null, boolean])[]]>([
    ['an empty one', [[1, 0, null, true]]],
    ['a short one, counted', [[1, 30, 30, true]]],
    [
      'full ones, then a short one',
      [
        [1, 50, 80, false],
        [2, 30, 80, true],
      ],
    ],
    [
      'a full one that is all there is costs one more call',
      [
        [1, 50, 50, false],
        [2, 0, 50, true],
      ],
    ],
    [
      'capped ones, counted',
      [
        [1, 20, 50, false],
        [2, 20, 50, false],
        [3, 10, 50, true],
      ],
    ],
    [
      'a short one without a count may be capped, at any number',
      [
        [1, 7, null, false],
        [2, 7, null, false],
        [3, 5, null, true],
      ],
    ],
    [
      'one without a count that is shorter than others is the last',
      [
        [1, 23, null, false],
        [2, 0, null, true],
        [1, 22, null, true],
      ],
    ],
    [
      'full ones prove that there is no cap',
      [
        [1, 50, null, false],
        [2, 20, null, true],
      ],
    ],
  ])('%s', (_title, pages) => {
    const cap = createPageCap();

    for (const [page, received, total, isLast] of pages) expect(cap.isLast(seen(page, received, total))).toBe(isLast);
  });
});

test.each([
  ['command.example', 'KeyfactorAPI', 'https://command.example/KeyfactorAPI/x', 'command.example:443'],
  [
    'http://command.example:8080/',
    '/KeyfactorAPI/',
    'http://command.example:8080/KeyfactorAPI/x',
    'command.example:8080',
  ],
  ['https://proxy.example/pki', 'api/v', 'https://proxy.example/pki/api/v/x', 'proxy.example:443'],
  ['https://u:p@[::1]/?a=b', 'K', 'https://[::1]/K/x', '[::1]:443'],
])('the API of %s below %s', (baseUrl, apiPath, address, place) => {
  const target = toTarget(baseUrl, apiPath);

  expect(addressOf(target, '/x')).toBe(address);
  expect(target.place).toBe(place);
});

test('blanks and percent signs in a query', () => {
  expect(addressOf(toTarget('a', 'K'), '/x', [['QueryString', 'A -gt "%TODAY-1%" + b']])).toBe(
    'https://a/K/x?QueryString=A%20-gt%20%22%25TODAY-1%25%22%20%2B%20b',
  );
});
