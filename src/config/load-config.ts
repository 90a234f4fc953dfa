import type * as z from 'zod';

import { checkRequirements, checkRetention, type Requirement } from './check-requirements.ts';
import { ConfigError } from './config-error.ts';
import { OPTIONS } from './options.ts';
import { readConfigFile } from './read-config-file.ts';
import { readOwnVariables, readUsualNames } from './read-environment.ts';
import { configSchema, type Config } from './schema.ts';
import type { Layer } from './settings.ts';
import type { Setting, Source, Sources } from './source.ts';
import { toFaults } from './to-faults.ts';

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

  const tree = treeOf(settings);
  const parsed = configSchema.safeParse(tree);
  const unread = layers.flatMap((layer) => layer.faults);
  const faults = [
    ...unread,
    ...(parsed.error?.issues ?? []).flatMap((issue) => toFaults(issue, tree, settings)),
    ...checkRetention(settings),
    // What a file that could not be read may well say is not called missing.
    ...checkRequirements(settings, requirements).filter(
      (missing) => !unread.some(({ key }) => key === path || isSameOrAround(key, missing.key)),
    ),
  ];
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);

  const sources = sourcesOf(settings);
  return { config: deepFreeze(withDependentValues(parsed.data, sources)), sources, file: path };
}

function isSameOrAround(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
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

function sourcesOf(settings: ReadonlyMap<string, Setting>): Map<string, Source> {
  const keys = OPTIONS.map(({ key }) => key).filter((key) => !key.includes('[]'));
  return new Map(keys.map((key) => [key, settings.get(key)?.source ?? { type: 'default' }]));
}

/** Two options whose value depends on another: the factor of a ladder, and a URL that was pasted with the API path. */
function withDependentValues(config: MutableConfig, sources: Map<string, Source>): MutableConfig {
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
