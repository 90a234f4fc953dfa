import { compileQuery, type Field } from '../../../src/simulator/query/compile-query.ts';
import { DEFAULT_KNOBS, type Knobs } from '../../../src/simulator/scenario/knobs.ts';

interface Item {
  readonly name: string | null;
  readonly size: number;
  readonly at: number;
  readonly status: string;
}

const FIELDS: readonly Field<Item>[] = [
  { name: 'Name', kind: 'text', get: ({ name }) => name },
  { name: 'Size', kind: 'integer', get: ({ size }) => size },
  { name: 'LastModified', kind: 'date', get: ({ at }) => at },
  { name: 'Status', kind: 'status', get: ({ status }) => status },
];

const NOW = Date.parse('2026-03-10T15:00:00Z');
const ITEM: Item = {
  name: 'KEYEXAMPLE\\jsmith enrols "x"',
  size: 7,
  at: Date.parse('2026-03-09T10:20:30.400Z'),
  status: 'Failed',
};

function matches(query: string, knobs: Partial<Knobs> = {}, item: Item = ITEM): boolean {
  const context = { knobs: { ...DEFAULT_KNOBS, ...knobs }, now: NOW, userName: 'KEYEXAMPLE\\jsmith enrols "x"' };
  return compileQuery(query, FIELDS, context)(item);
}

test.each([
  ['', true],
  ['Size -eq "7"', true],
  ['size -EQ 7', true],
  ['Size -ne "7"', false],
  ['Size -lt "8" and Size -gt "6"', true],
  ['Size -le "7" AND Size -ge "7"', true],
  ['Name -contains "JSMITH"', true],
  ['Name -notcontains "jsmith"', false],
  ['Name -startswith "KEYEXAMPLE\\\\js"', true],
  ['Name -startswith "KEYEXAMPLE\\js"', true],
  ['Name -endswith "\\"x\\""', true],
  ['Name -eq "%ME%"', true],
  ['Name -eq NULL', false],
  ['Name -ne NULL', true],
  ['Size -eq "1" OR Size -eq "7" AND Name -contains "nobody"', false],
  ['(Size -eq "7" OR Size -eq "1") AND Name -contains "jsmith"', true],
  ['((Size -eq "7"))', true],
  ['LastModified -ge "%TODAY-1%"', true],
  ['LastModified -ge "%TODAY%"', false],
  ['LastModified -lt "%today%"', true],
  ['LastModified -eq "2026-03-09"', true],
  ['LastModified -gt "2026-03-09T10:20:30Z"', true],
  ['LastModified -ge "2026-03-09T10:20:31"', false],
  ['LastModified -le "2026-03-09T12:20:30.4000000+02:00"', true],
  ['LastModified -ge "3/9/2026"', true],
  ['Status -eq "4"', true],
  ['Status -eq "Failed"', true],
  ['Status -ne "failed"', false],
  ['Status -eq "Complete"', false],
])('%s is %s', (query, expected) => {
  expect(matches(query)).toBe(expected);
});

test.each([
  ['Colour -eq "red"', 'Invalid query field: Colour'],
  ['Size -like "7"', 'Invalid query operator: -like'],
  ['Size -contains "7"', 'cannot be used with field Size'],
  ['Name -gt "a"', 'cannot be used with field Name'],
  ['Size -gt NULL', 'cannot be used with NULL'],
  ['Size -eq "seven"', 'Invalid value for field Size'],
  ['LastModified -ge "yesterday"', 'Invalid value for field LastModified'],
  ['LastModified -ge "2026-13-40"', 'Invalid value for field LastModified'],
  ['Size -eq', 'needs a value'],
  ['Size "7"', 'needs an operator'],
  ['-eq "7"', 'needs a field name'],
  ['(Size -eq "7"', 'not closed'],
  ['Size -eq "7', 'not closed'],
  ['Size -eq "7" Size -eq "7"', 'goes on after its end'],
  ['Size -eq "7" AND', 'needs a field name'],
  ['Size = 7', 'unexpected character'],
  ['Status -eq "Nonsense"', 'Invalid value for field Status'],
])('%s is refused', (query, message) => {
  expect(() => matches(query)).toThrow(message);
});

test.each([
  ['Status -eq "Failed"', { statusQuery: 'int' }, 'refused'],
  ['Status -eq "4"', { statusQuery: 'name' }, 'refused'],
  ['Status -ne "Failed"', { statusQuery: 'int', statusQueryRefusal: 'empty' }, false],
  ['Status -eq "Nonsense"', { statusQueryRefusal: 'empty' }, false],
  ['Status -eq "4"', { statusQuery: 'int' }, true],
  ['Status -eq "Failed"', { statusQuery: 'name' }, true],
  ['LastModified -ge "2026-03-09T01:00:00"', { dateLiterals: 'day' }, 'refused'],
  ['LastModified -ge "2026-03-09"', { dateLiterals: 'day' }, true],
  ['LastModified -ge "2026-03-09T12:00:00"', { dates: 'nozone', dateOffsetMinutes: 120 }, true],
  ['LastModified -ge "2026-03-09T12:00:00Z"', { dates: 'nozone', dateOffsetMinutes: 120 }, false],
] as const)('%s with %j is %s', (query, knobs, expected) => {
  if (expected === 'refused') expect(() => matches(query, knobs)).toThrow('Invalid');
  else expect(matches(query, knobs)).toBe(expected);
});
