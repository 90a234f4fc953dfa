import { Document, isMap, isScalar } from 'yaml';

import type { LoadedConfig } from './load-config.ts';
import { printableValue } from './mask.ts';
import { OPTIONS } from './options.ts';
import { describeSource } from './source.ts';

/** One option of the effective configuration, safe to show. */
export interface DescribedOption {
  readonly key: string;
  /** As a person would write it, secrets masked; null where the option is not set and has no default. */
  readonly value: unknown;
  readonly source: string;
}

type Loaded = Pick<LoadedConfig, 'config' | 'sources'>;

/** Every option outside lists with its effective value and where that came from. */
export function describeConfig({ config, sources }: Loaded): DescribedOption[] {
  return OPTIONS.filter(({ key }) => !key.includes('[]')).map(({ key }) => ({
    key,
    value: printableValue(key, valueAt(config, key)) ?? null,
    source: describeSource(sources.get(key) ?? { type: 'default' }),
  }));
}

/** The effective configuration as one YAML document with the sources as comments, or as JSON `{config, sources}`. */
export function printConfig(loaded: Loaded, format: 'yaml' | 'json'): string {
  const described = describeConfig(loaded).filter(({ value }) => value !== null);
  return format === 'json' ? toJson(described) : toYaml(described);
}

function toJson(described: readonly DescribedOption[]): string {
  const sources = Object.fromEntries(described.map(({ key, source }) => [key, source]));
  return `${JSON.stringify({ config: documentOf(described).toJS() as unknown, sources }, null, 2)}\n`;
}

function toYaml(described: readonly DescribedOption[]): string {
  const document = documentOf(described);
  for (const { key, source } of described) noteSource(document, key.split('.'), source);
  return document.toString({ lineWidth: 0 });
}

function documentOf(described: readonly DescribedOption[]): Document {
  const document = new Document({});
  for (const { key, value } of described) document.setIn(key.split('.'), document.createNode(value));
  return document;
}

/** Behind a single value, above a list or map. */
function noteSource(document: Document, path: readonly string[], source: string): void {
  const node = document.getIn(path, true);
  if (isScalar(node)) {
    node.comment = ` ${source}`;
    return;
  }
  const section = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(section)) return;
  const pair = section.items.find(({ key }) => String(key) === path.at(-1));
  if (pair) pair.key = Object.assign(document.createNode(path.at(-1)), { commentBefore: ` ${source}` });
}

function valueAt(config: unknown, key: string): unknown {
  let value = config;
  for (const name of key.split('.'))
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return value;
}
