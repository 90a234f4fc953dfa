/** Where a value came from. */
export type Source =
  | { readonly type: 'default' }
  | { readonly type: 'file'; readonly path: string; readonly line: number | null }
  | { readonly type: 'environment'; readonly variable: string }
  | { readonly type: 'secret-file'; readonly variable: string; readonly path: string }
  | { readonly type: 'command-line' };

/** One step into a value: the key of a map, the index of a list. */
export type Step = string | number;

/** The source of each option, by its dotted key. */
export type Sources = ReadonlyMap<string, Source>;

/** One value as it was written, on its way into the configuration. */
export interface Setting {
  readonly value: unknown;
  readonly source: Source;
  /** Where a part of it was written, or what is nearest around that; left out: where the whole was. */
  readonly sourceOf?: (path: readonly Step[]) => Source;
}

/** Says in one short text where a value came from. */
export function describeSource(source: Source): string {
  if (source.type === 'environment') return source.variable;
  if (source.type === 'secret-file') return `${source.variable} (${source.path})`;
  if (source.type !== 'file') return source.type === 'default' ? 'default' : 'command line';
  return source.line === null ? source.path : `${source.path}:${source.line}`;
}
