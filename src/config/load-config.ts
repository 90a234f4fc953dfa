import type * as z from 'zod';

import { checkRequirements, checkRetention, type Requirement } from './check-requirements.ts';
import { ConfigError, type ConfigFault } from './config-error.ts';
import { showValue } from './mask.ts';
import { OPTIONS, optionOf } from './options.ts';
import { readConfigFile } from './read-config-file.ts';
import { readOwnVariables, readUsualNames } from './read-environment.ts';
import { configSchema, type Config } from './schema.ts';
import { unknownKey, type Layer } from './settings.ts';
import { describeSource, type Setting, type Source, type Sources } from './source.ts';

export interface LoadOptions {
  /** The YAML file; `REMEDIATOR_CONFIG` where it is left out, and no file at all without that. */
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** What the command line says, by dotted key: `{ mode: 'observe' }`. It wins over all else. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** What must be there besides valid values; nothing where it is left out. */
  readonly requirements?: readonly Requirement[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** The source of every option outside lists, by dotted key. */
  readonly sources: Sources;
  /** The file that was read, null where there was none. */
  readonly file: string | null;
}

type MutableConfig = z.output<typeof configSchema>;

const NO_LAYER: Layer = { settings: new Map(), faults: [] };

/**
 * Reads defaults < file < usual names < `REMEDIATOR__` variables < overrides into one frozen configuration.
 * @throws ConfigError with everything that is wrong at once.
 */
export function loadConfig({ file, env, overrides = {}, requirements = [] }: LoadOptions): LoadedConfig {
  const path = file ?? (env['REMEDIATOR_CONFIG'] || null);
  const fileLayer =
    path === null ? NO_LAYER : readConfigFile(path, file === undefined ? 'REMEDIATOR_CONFIG' : '--config');
  const layers = [fileLayer, readUsualNames(env), readOwnVariables(env), overrideLayer(overrides)];
  const settings = new Map(layers.flatMap((layer) => [...layer.settings]));

  const parsed = configSchema.safeParse(treeOf(settings));
  const isFileUsable = !fileLayer.faults.some(({ key }) => key === path);
  const faults = [
    ...layers.flatMap((layer) => layer.faults),
    ...(parsed.error?.issues ?? []).flatMap((issue) => toFaults(issue, settings)),
    ...checkRetention(settings),
    // What an unreadable file may well say is not called missing.
    ...(isFileUsable ? checkRequirements(settings, requirements) : []),
  ];
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);

  const sources = sourcesOf(settings);
  return { config: deepFreeze(settle(parsed.data, sources)), sources, file: path };
}

function overrideLayer(overrides: Readonly<Record<string, unknown>>): Layer {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const settings = given.map(([key, value]): [string, Setting] => [key, { value, source: { type: 'command-line' } }]);
  return { settings: new Map(settings), faults: [] };
}

function treeOf(settings: ReadonlyMap<string, Setting>, prefix = ''): Record<string, unknown> {
  const keys = [...settings.keys()].filter((key) => key.startsWith(prefix));
  const names = new Set(keys.map((key) => key.slice(prefix.length).replace(/\..*$/, '')));
  const valueOf = (name: string): unknown => {
    const setting = settings.get(prefix + name);
    return setting ? setting.value : treeOf(settings, `${prefix}${name}.`);
  };
  return Object.fromEntries([...names].map((name) => [name, valueOf(name)]));
}

function toFaults(issue: z.core.$ZodIssue, settings: ReadonlyMap<string, Setting>): ConfigFault[] {
  const key = toKey(issue.path);
  const source = sourceAround(key, settings);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey(`${key}.${name}`, source));

  const value = valueAt(treeOf(settings), issue.path);
  const option = optionOf(key);
  const isJson = source.type === 'environment' && option?.type === 'list';
  return [
    {
      key,
      problem: value === undefined ? 'is missing' : 'is not allowed',
      ...(value !== undefined && { value: showValue(key, value) }),
      ...(option && { allowed: isJson ? `${option.allowed}, as JSON` : option.allowed }),
      source: describeSource(source),
    },
  ];
}

/** `['rules', 0, 'name']` is `rules[0].name`. */
function toKey(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${String(step)}`))
    .join('');
}

function sourceAround(key: string, settings: ReadonlyMap<string, Setting>): Source {
  const outside = optionOf(key.replace(/\[.*$/, ''))?.key ?? key;
  return settings.get(outside)?.source ?? { type: 'default' };
}

function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let value = tree;
  for (const step of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  return value;
}

function sourcesOf(settings: ReadonlyMap<string, Setting>): Map<string, Source> {
  const keys = OPTIONS.map(({ key }) => key).filter((key) => !key.includes('[]'));
  return new Map(keys.map((key) => [key, settings.get(key)?.source ?? { type: 'default' }]));
}

/** Two options whose value depends on another: the factor of a ladder, and a URL that was pasted with the API path. */
function settle(config: MutableConfig, sources: Map<string, Source>): MutableConfig {
  const shared = sources.get('backoff.factor');
  for (const ladder of ['unreachable', 'failed'] as const) {
    const key = `backoff.${ladder}.factor`;
    if (!shared || shared.type === 'default' || sources.get(key)?.type !== 'default') continue;
    config.backoff[ladder].factor = config.backoff.factor;
    sources.set(key, shared);
  }

  const { url, apiPath } = config.command;
  const isPasted = url?.toLowerCase().endsWith(`/${apiPath.toLowerCase()}`);
  if (url !== undefined && isPasted) config.command.url = url.slice(0, -apiPath.length - 1);
  return config;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
