import { badArgument } from '../http/api-error.ts';
import { tokenize, type Token } from './tokenize.ts';

export const OPERATORS = [
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-contains',
  '-notcontains',
  '-startswith',
  '-endswith',
] as const;
export type Operator = (typeof OPERATORS)[number];

export type Expression =
  | { readonly type: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly type: 'condition'; readonly field: string; readonly operator: Operator; readonly value: string | null };

/** Deepest nesting of parentheses that is read. */
const MAX_DEPTH = 50;

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

/** Reads a query; AND binds closer than OR. An empty one is null. */
export function parseQuery(query: string): Expression | null {
  const reader: Reader = { tokens: tokenize(query), at: 0, depth: 0 };
  if (reader.tokens.length === 0) return null;
  const expression = readOr(reader);
  if (reader.at < reader.tokens.length)
    throw badArgument(`The query goes on after its end: ${describe(peek(reader))}.`);
  return expression;
}

function readOr(reader: Reader): Expression {
  const parts = [readAnd(reader)];
  while (take(reader, 'or')) parts.push(readAnd(reader));
  return parts.length === 1 && parts[0] ? parts[0] : { type: 'or', parts };
}

function readAnd(reader: Reader): Expression {
  const parts = [readPart(reader)];
  while (take(reader, 'and')) parts.push(readPart(reader));
  return parts.length === 1 && parts[0] ? parts[0] : { type: 'and', parts };
}

function readPart(reader: Reader): Expression {
  if (!take(reader, 'open')) return readCondition(reader);
  reader.depth += 1;
  if (reader.depth > MAX_DEPTH) throw badArgument('The query has too many nested parentheses.');
  const inner = readOr(reader);
  if (!take(reader, 'close')) throw badArgument('The query has a parenthesis that is not closed.');
  reader.depth -= 1;
  return inner;
}

function readCondition(reader: Reader): Expression {
  const field = next(reader);
  if (field?.type !== 'word') throw badArgument(`The query needs a field name, not ${describe(field)}.`);
  const operator = next(reader);
  if (operator?.type !== 'operator')
    throw badArgument(`The query needs an operator after '${field.text}', not ${describe(operator)}.`);
  const known = OPERATORS.find((name) => name === operator.text);
  if (!known) throw badArgument(`Invalid query operator: ${operator.text}.`);
  const value = next(reader);
  if (value?.type === 'null') return { type: 'condition', field: field.text, operator: known, value: null };
  if (value?.type !== 'value' && value?.type !== 'word')
    throw badArgument(`The query needs a value after '${field.text} ${known}', not ${describe(value)}.`);
  return { type: 'condition', field: field.text, operator: known, value: value.text };
}

function take(reader: Reader, type: Token['type']): boolean {
  if (peek(reader)?.type !== type) return false;
  reader.at += 1;
  return true;
}

function next(reader: Reader): Token | undefined {
  const token = peek(reader);
  reader.at += 1;
  return token;
}

function peek(reader: Reader): Token | undefined {
  return reader.tokens[reader.at];
}

function describe(token: Token | undefined): string {
  if (!token) return 'the end of the query';
  return 'text' in token ? `'${token.text}'` : `'${token.type}'`;
}
