import * as z from 'zod';

import { optionRegistry, type OptionFacts } from './option.ts';
import { configSchema } from './schema.ts';

/** One row of the options table. */
export interface OptionRow extends OptionFacts {
  /** Dotted, as in the YAML; `[]` stands for each item of a list: `rules[].match.ca`. */
  readonly key: string;
  /** The default as text; empty where there is none. */
  readonly defaultText: string;
  readonly isSecret: boolean;
  /** The variable that sets it; null inside lists, which the environment sets whole. */
  readonly variable: string | null;
}

interface SchemaNode {
  readonly key: string;
  readonly schema: z.core.$ZodType;
}

/** Every option in the order of the schema: what the README's table and `config/default.yaml` are checked against. */
export const OPTIONS: readonly OptionRow[] = rowsBelow({ key: '', schema: configSchema });

/** Keys that group options: `restart`, `poll.backlog`; the root is the empty text. */
export const SECTIONS: ReadonlySet<string> = new Set(
  OPTIONS.filter(({ key }) => !key.includes('[]')).flatMap(({ key }) => parentsOf(key)),
);

/** The row of a key; for a key inside a list or map without a row of its own, that of the nearest thing around it. */
export function optionOf(key: string): OptionRow | undefined {
  const wanted = key.replace(/\[\d+\]/g, '[]');
  const around = OPTIONS.filter(
    (row) => wanted === row.key || wanted.startsWith(`${row.key}.`) || wanted.startsWith(`${row.key}[`),
  );
  return around.sort((one, other) => other.key.length - one.key.length)[0];
}

function rowsBelow({ key, schema }: SchemaNode): OptionRow[] {
  const facts = optionRegistry.get(schema);
  const rows = childrenOf({ key, schema }).flatMap(rowsBelow);
  return facts ? [toRow(key, facts), ...rows] : rows;
}

function toRow(key: string, facts: OptionFacts): OptionRow {
  return {
    ...facts,
    key,
    defaultText: toText(facts.defaultValue),
    isSecret: facts.masking !== undefined,
    variable: key.includes('[]') ? null : `REMEDIATOR__${key.replaceAll('.', '__').toUpperCase()}`,
  };
}

function childrenOf({ key, schema }: SchemaNode): SchemaNode[] {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodExactOptional)
    return childrenOf({ key, schema: schema.def.innerType });
  if (schema instanceof z.ZodArray) return childrenOf({ key: `${key}[]`, schema: schema.def.element });
  if (schema instanceof z.ZodDiscriminatedUnion)
    return uniqueByKey(schema.def.options.flatMap((one) => childrenOf({ key, schema: one })));
  if (!(schema instanceof z.ZodObject)) return [];
  const shape: z.core.$ZodShape = schema.def.shape;
  return Object.entries(shape).map(([name, child]) => ({ key: key === '' ? name : `${key}.${name}`, schema: child }));
}

function uniqueByKey(nodes: readonly SchemaNode[]): SchemaNode[] {
  return nodes.filter(({ key }, index) => nodes.findIndex((other) => other.key === key) === index);
}

function parentsOf(key: string): string[] {
  const names = key.split('.');
  return names.map((_name, length) => names.slice(0, length).join('.'));
}

function toText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
