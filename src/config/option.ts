import * as z from 'zod';

/** How a value is hidden in every output: all of it, the credentials in a URL, or all of a URL but its host. */
export type Masking = 'whole' | 'url-credentials' | 'url-path';

/** One sort of value: how it is read, what it is called, what is allowed. */
export interface Kind<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** For the options table, e.g. `duration`. */
  readonly type: string;
  /** For fault messages: what a person may write. */
  readonly allowed: string;
  readonly masking?: Masking;
}

export interface OptionFacts {
  readonly type: string;
  readonly allowed: string;
  readonly help: string;
  /** The default as a person would write it; absent where there is none. */
  readonly defaultValue?: unknown;
  readonly isRequired: boolean;
  readonly masking?: Masking;
}

/** What is known about each option; the schema nodes are its keys. */
export const optionRegistry = z.registry<OptionFacts>();

/** An option with a default, written as a person would write it (`30s`). */
export function option<Schema extends z.ZodType>(
  kind: Kind<Schema>,
  defaultValue: z.core.util.NoUndefined<z.input<Schema>>,
  help: string,
) {
  const schema = kind.schema.prefault(defaultValue);
  optionRegistry.add(schema, { ...factsOf(kind), help, defaultValue, isRequired: false });
  return schema;
}

/** An option that may be left out. */
export function optional<Schema extends z.ZodType>(kind: Kind<Schema>, help: string) {
  const schema = kind.schema.exactOptional();
  optionRegistry.add(schema, { ...factsOf(kind), help, isRequired: false });
  return schema;
}

/** A key that must stand in each item of its list. */
export function required<Schema extends z.ZodType>(kind: Kind<Schema>, help: string): Schema {
  // A clone, so that two options of one kind do not share their facts.
  const schema = kind.schema.clone();
  optionRegistry.add(schema, { ...factsOf(kind), help, isRequired: true });
  return schema;
}

/** A group of options; all of it may be left out. */
export function section<Shape extends z.core.$ZodShape>(shape: Shape) {
  // The empty map is right for every shape of optional keys, which no type can say.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return z.strictObject(shape).prefault({} as never);
}

function factsOf(kind: Kind): Omit<OptionFacts, 'help' | 'isRequired'> {
  return { type: kind.type, allowed: kind.allowed, ...(kind.masking && { masking: kind.masking }) };
}
