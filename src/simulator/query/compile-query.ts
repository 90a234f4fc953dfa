import { badArgument } from '../http/api-error.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { STATUSES, type Status } from '../world/types.ts';
import { dateRange, type DateRange } from './date-literal.ts';
import { parseQuery, type Expression, type Operator } from './parse-query.ts';

export type FieldKind = 'text' | 'integer' | 'date' | 'boolean' | 'status';

/** One field that a query may name. Dates are milliseconds; a status is its name. */
export interface Field<T> {
  readonly name: string;
  readonly kind: FieldKind;
  readonly get: (item: T) => string | number | null;
}

export interface QueryContext {
  readonly knobs: Knobs;
  readonly now: number;
  readonly userName: string;
}

export type Predicate<T> = (item: T) => boolean;

type Condition = Extract<Expression, { type: 'condition' }>;

const TEXT_ONLY: readonly Operator[] = ['-contains', '-notcontains', '-startswith', '-endswith'];
const ORDER_ONLY: readonly Operator[] = ['-lt', '-le', '-gt', '-ge'];

/**
 * Turns a query into a test of one item.
 * @throws ApiError 400 for unknown fields, operators that the field does not take, and values that cannot be read
 */
export function compileQuery<T>(query: string, fields: readonly Field<T>[], context: QueryContext): Predicate<T> {
  const expression = parseQuery(query);
  return expression ? compile(expression, fields, context) : () => true;
}

function compile<T>(expression: Expression, fields: readonly Field<T>[], context: QueryContext): Predicate<T> {
  if (expression.type === 'condition') return compileCondition(expression, fields, context);
  const parts = expression.parts.map((part) => compile(part, fields, context));
  if (expression.type === 'or') return (item) => parts.some((part) => part(item));
  return (item) => parts.every((part) => part(item));
}

function compileCondition<T>(condition: Condition, fields: readonly Field<T>[], context: QueryContext): Predicate<T> {
  const wanted = condition.field.toLowerCase();
  const field = fields.find(({ name }) => name.toLowerCase() === wanted);
  if (!field) throw badArgument(`Invalid query field: ${condition.field}.`);
  if (condition.value === null) return nullTest(condition.operator, field.get);
  checkOperator(condition.operator, field);
  const value = /^%me%$/i.test(condition.value) ? context.userName : condition.value;
  return TESTS[field.kind]({ operator: condition.operator, value, name: field.name, context }, field.get);
}

interface Comparison {
  readonly operator: Operator;
  readonly value: string;
  readonly name: string;
  readonly context: QueryContext;
}

type Get<T> = Field<T>['get'];

const TESTS: Record<FieldKind, <T>(comparison: Comparison, get: Get<T>) => Predicate<T>> = {
  text: textTest,
  date: dateTest,
  status: statusTest,
  integer: ({ operator, value, name }, get) => numberTest(operator, toInteger(value, name), get),
  boolean: ({ operator, value, name }, get) => numberTest(operator, toBoolean(value, name), get),
};

function checkOperator<T>(operator: Operator, field: Field<T>): void {
  const unfit = field.kind === 'text' ? ORDER_ONLY : TEXT_ONLY;
  if (unfit.includes(operator)) throw badArgument(`Operator ${operator} cannot be used with field ${field.name}.`);
}

function nullTest<T>(operator: Operator, get: Get<T>): Predicate<T> {
  if (operator === '-eq') return (item) => get(item) === null;
  if (operator === '-ne') return (item) => get(item) !== null;
  throw badArgument(`Operator ${operator} cannot be used with NULL.`);
}

const TEXT_COMPARISONS: Partial<Record<Operator, (text: string, value: string) => boolean>> = {
  '-eq': (text, value) => text === value,
  '-ne': (text, value) => text !== value,
  '-contains': (text, value) => text.includes(value),
  '-notcontains': (text, value) => !text.includes(value),
  '-startswith': (text, value) => text.startsWith(value),
  '-endswith': (text, value) => text.endsWith(value),
};

/** Case does not matter, as in a database with the usual collation. */
function textTest<T>({ operator, value }: Comparison, get: Get<T>): Predicate<T> {
  const wanted = value.toLowerCase();
  const compare = TEXT_COMPARISONS[operator] ?? (() => false);
  return (item) => compare(String(get(item) ?? '').toLowerCase(), wanted);
}

const DATE_COMPARISONS: Partial<Record<Operator, (at: number, range: DateRange) => boolean>> = {
  '-eq': (at, { start, end }) => at >= start && at <= end,
  '-ne': (at, { start, end }) => at < start || at > end,
  '-lt': (at, { start }) => at < start,
  '-le': (at, { start }) => at <= start,
  '-gt': (at, { start }) => at > start,
  '-ge': (at, { start }) => at >= start,
};

/** A literal stands for a stretch of time: one day, one second or one instant; orders compare with its start. */
function dateTest<T>({ operator, value, name, context }: Comparison, get: Get<T>): Predicate<T> {
  const range = dateRange(value, name, context);
  const compare = DATE_COMPARISONS[operator] ?? (() => false);
  return (item) => {
    const at = get(item);
    return typeof at === 'number' && compare(at, range);
  };
}

const NUMBER_COMPARISONS: Partial<Record<Operator, (number: number, value: number) => boolean>> = {
  '-eq': (number, value) => number === value,
  '-ne': (number, value) => number !== value,
  '-lt': (number, value) => number < value,
  '-le': (number, value) => number <= value,
  '-gt': (number, value) => number > value,
  '-ge': (number, value) => number >= value,
};

function numberTest<T>(operator: Operator, value: number, get: Get<T>): Predicate<T> {
  const compare = NUMBER_COMPARISONS[operator] ?? (() => false);
  return (item) => compare(Number(get(item)), value);
}

/** Which form a status may have in a query is a knob; a made-up name is refused in the same way. */
function statusTest<T>({ operator, value, context }: Comparison, get: Get<T>): Predicate<T> {
  const { statusQuery, statusQueryRefusal, statusMap } = context.knobs;
  const isNumber = /^\d+$/.test(value);
  const named = findStatus(value);
  const isTaken = isNumber ? statusQuery !== 'name' : statusQuery !== 'int' && named !== undefined;
  if (!isTaken && statusQueryRefusal === '400') throw badArgument(`Invalid value for field Status: ${value}.`);
  if (!isTaken) return () => false;
  const wanted = isNumber || !named ? Number(value) : statusMap[named];
  const compare = NUMBER_COMPARISONS[operator] ?? (() => false);
  const matching = new Set<unknown>(STATUSES.filter((status) => compare(statusMap[status], wanted)));
  return (item) => matching.has(get(item));
}

const STATUS_BY_NAME = new Map(STATUSES.map((status) => [status.toLowerCase(), status]));

function findStatus(name: string): Status | undefined {
  return STATUS_BY_NAME.get(name.toLowerCase());
}

function toInteger(value: string, field: string): number {
  if (/^-?\d+$/.test(value)) return Number(value);
  throw badArgument(`Invalid value for field ${field}: ${value}.`);
}

function toBoolean(value: string, field: string): number {
  if (/^(true|1)$/i.test(value)) return 1;
  if (/^(false|0)$/i.test(value)) return 0;
  throw badArgument(`Invalid value for field ${field}: ${value}.`);
}
