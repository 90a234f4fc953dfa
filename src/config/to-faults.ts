import type * as z from 'zod';

import type { ConfigFault } from './config-error.ts';
import { showValue } from './mask.ts';
import { optionOf } from './options.ts';
import { unknownKey } from './settings.ts';
import { describeSource, type Setting, type Source } from './source.ts';

/** Says what the schema found wrong in our own words: with the key, the value as far as it may be shown, and its source. */
export function toFaults(
  issue: z.core.$ZodIssue,
  tree: unknown,
  settings: ReadonlyMap<string, Setting>,
): ConfigFault[] {
  const key = toKey(issue.path);
  const source = sourceAround(key, issue.path, settings);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((name) =>
      unknownKey(`${key}.${name}`, sourceAround(`${key}.${name}`, [...issue.path, name], settings)),
    );

  const value = valueAt(tree, issue.path);
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

function sourceAround(key: string, path: readonly PropertyKey[], settings: ReadonlyMap<string, Setting>): Source {
  const outside = optionOf(key.replace(/\[.*$/, ''))?.key ?? key;
  const setting = settings.get(outside);
  const inside = path.slice(outside.split('.').length).filter((step) => typeof step !== 'symbol');
  return setting?.sourceOf?.(inside) ?? setting?.source ?? { type: 'default' };
}

function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let value = tree;
  for (const step of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  return value;
}
