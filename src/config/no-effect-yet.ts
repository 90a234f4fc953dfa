import type { Config } from './schema.ts';
import type { Sources } from './source.ts';

/** Keys of options that are accepted but change nothing yet. An option leaves this list with the commit that makes it work. */
export const NO_EFFECT_YET: readonly string[] = ['retention.ended', 'retention.audit'];

/** The options of `keys` that the user has set: for `config check` and the log to report as "no effect yet". */
export function ineffectiveOptions(config: Config, sources: Sources, keys = NO_EFFECT_YET): string[] {
  return keys.filter((key) => {
    const [outside = '', ...inside] = key.split('[].');
    if (sources.get(outside)?.type === 'default') return false;
    return inside.length === 0 || hasValue(config, key.split('.'));
  });
}

/** Is there a value at this path, in any item where the path goes through a list? */
function hasValue(value: unknown, path: readonly string[]): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return value !== undefined;
  if (typeof value !== 'object' || value === null) return false;
  const child: unknown = Object.entries(value).find(([name]) => name === step.replace('[]', ''))?.[1];
  return Array.isArray(child) && step.endsWith('[]')
    ? child.some((item) => hasValue(item, rest))
    : hasValue(child, rest);
}
