import { badArgument } from '../http/api-error.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { STATUSES, type Status } from '../world/types.ts';
import { dateRange } from './date-literal.ts';
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
  const { get } = field;
  if (condition.value === null) return nullTest(condition.operator, get);
  checkOperator(condition.operator, field);
  const value = fill(condition.value, context);
  switch (field.kind) {
    case 'text':
      return textTest(condition.operator, value, get);
    case 'date':
      return dateTest(condition.operator, dateRange(value, field.name, context), get);
    case 'status':
      return statusTest(condition.operator, value, get, context.knobs);
    case 'integer':
      return numberTest(condition.operator, toInteger(value, field.name), get);
    case 'boolean':
      return numberTest(condition.operator, toBoolean(value, field.name), get);
  }
}

function checkOperator<T>(operator: Operator, field: Field<T>): void {
  const unfit = field.kind === 'text' ? ORDER_ONLY : TEXT_ONLY;
  if (unfit.includes(operator)) throw badArgument(`Operator ${operator} cannot be used with field ${field.name}.`);
}

function nullTest<T>(operator: Operator, get: Field<T>['get']): Predicate<T> {
  if (operator === '-eq') return (item) => get(item) === null;
  if (operator === '-ne') return (item) => get(item) !== null;
  throw badArgument(`Operator ${operator} cannot be used with NULL.`);
}

function fill(value: string, context: QueryContext): string {
  return /^%me%$/i.test(value) ? context.userName : value;
}

function textTest<T>(operator: Operator, raw: string, get: Field<T>['get']): Predicate<T> {
  const value = raw.toLowerCase();
  const text = (item: T) => String(get(item) ?? '').toLowerCase();
  switch (operator) {
    case '-eq':
      return (item) => text(item) === value;
    case '-ne':
      return (item) => text(item) !== value;
    case '-contains':
      return (item) => text(item).includes(value);
    case '-notcontains':
      return (item) => !text(item).includes(value);
    case '-startswith':
      return (item) => text(item).startsWith(value);
    default:
      return (item) => text(item).endsWith(value);
  }
}

/** A literal stands for a stretch of time: one day, one second or one instant. */
function dateTest<T>(operator: Operator, range: { start: number; end: number }, get: Field<T>['get']): Predicate<T> {
  const test = (compare: (at: number) => boolean) => (item: T) => {
    const at = get(item);
    return typeof at === 'number' && compare(at);
  };
  const { start, end } = range;
  switch (operator) {
    case '-eq':
      return test((at) => at >= start && at <= end);
    case '-ne':
      return test((at) => at < start || at > end);
    case '-lt':
      return test((at) => at < start);
    case '-le':
      return test((at) => at <= start);
    case '-gt':
      return test((at) => at > start);
    default:
      return test((at) => at >= start);
  }
}

function numberTest<T>(operator: Operator, value: number, get: Field<T>['get']): Predicate<T> {
  const number = (item: T) => Number(get(item));
  switch (operator) {
    case '-eq':
      return (item) => number(item) === value;
    case '-ne':
      return (item) => number(item) !== value;
    case '-lt':
      return (item) => number(item) < value;
    case '-le':
      return (item) => number(item) <= value;
    case '-gt':
      return (item) => number(item) > value;
    default:
      return (item) => number(item) >= value;
  }
}

function statusTest<T>(operator: Operator, value: string, get: Field<T>['get'], knobs: Knobs): Predicate<T> {
  const isNumber = /^\d+$/.test(value);
  const named = STATUSES.find((status) => status.toLowerCase() === value.toLowerCase());
  const isRefused = isNumber ? knobs.statusQuery === 'name' : knobs.statusQuery === 'int' || named === undefined;
  if (isRefused) {
    if (knobs.statusQueryRefusal === '400') throw badArgument(`Invalid value for field Status: ${value}.`);
    return () => false;
  }
  const toNumber = (item: T) => knobs.statusMap[get(item) as Status];
  const wanted = isNumber || !named ? Number(value) : knobs.statusMap[named];
  return numberTest(operator, wanted, toNumber);
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
