import type { ConfigFault } from './config-error.ts';
import { OPTIONS, optionOf, SECTIONS } from './options.ts';
import { describeSource, type Setting, type Source, type Step } from './source.ts';
import { nearest } from './suggest.ts';

/** What one layer (a file, the environment) says, by dotted key, and what is wrong with it. */
export interface Layer {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly faults: readonly ConfigFault[];
}

const OPTION_KEYS: ReadonlySet<string> = new Set(OPTIONS.map(({ key }) => key));

/** Takes a tree of maps apart into options; unknown keys and values in the place of a section are faults. */
export function settingsOf(tree: unknown, rootKey: string, sourceOf: (path: readonly Step[]) => Source): Layer {
  const settings = new Map<string, Setting>();
  const faults: ConfigFault[] = [];

  const visit = (value: unknown, path: readonly string[]): void => {
    const key = path.join('.');
    const source = sourceOf(path);
    if (value === null || value === undefined) return; // `section:` with nothing below it
    const within = (rest: readonly Step[]): Source => sourceOf([...path, ...rest]);
    if (!SECTIONS.has(key)) settings.set(key, { value: withoutNulls(value), source, sourceOf: within });
    else if (typeof value !== 'object' || Array.isArray(value)) faults.push(noSection(key, source));
    else
      for (const [name, child] of Object.entries(value)) {
        const childKey = [...path, name].join('.');
        if (OPTION_KEYS.has(childKey) || SECTIONS.has(childKey)) visit(child, [...path, name]);
        else faults.push(unknownKey(childKey, sourceOf([...path, name])));
      }
  };
  visit(tree, rootKey === '' ? [] : rootKey.split('.'));
  return { settings, faults };
}

/** The fault of a key that no option has; its value may be a misplaced secret and is not shown. */
export function unknownKey(key: string, source: Source): ConfigFault {
  const suggestion = suggestKey(key);
  return {
    key,
    problem: `is an unknown option${suggestion ? ` (did you mean ${suggestion}?)` : ''}`,
    source: describeSource(source),
  };
}

/** Options and all that groups them, inside lists too: `rules[].match`. */
const KNOWN_KEYS: readonly string[] = [...new Set([...OPTION_KEYS].flatMap((key) => [key, ...parentsOf(key)]))];

/** A sibling that is spelled much alike, else the one option elsewhere that is spelled the same, else the most alike. */
function suggestKey(key: string): string | undefined {
  const wanted = key.replace(/\[\d+\]/g, '[]');
  const known = KNOWN_KEYS.filter((name) => wanted.includes('[]') || !name.includes('[]'));
  const siblings = known.filter((name) => parentOf(name) === parentOf(wanted));
  const sibling = nearest(lastName(wanted), siblings.map(lastName));
  if (sibling !== undefined) return siblings.find((name) => lastName(name) === sibling);

  const namesakes = known.filter((name) => lastName(name).toLowerCase() === lastName(wanted).toLowerCase());
  return namesakes.length === 1 ? namesakes[0] : nearest(wanted, known);
}

function parentsOf(key: string): string[] {
  const parent = parentOf(key);
  return parent === '' ? [] : [parent, ...parentsOf(parent)];
}

function lastName(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('.')));
}

function noSection(key: string, source: Source): ConfigFault {
  const names = OPTIONS.filter((row) => parentOf(row.key) === key).map((row) =>
    row.key.slice(key.length).replace('.', ''),
  );
  return {
    key: key === '' ? 'configuration' : key,
    problem: 'is not a map of options',
    allowed: key === '' ? 'sections such as command, redis, restart' : `a map with ${names.join(', ') || 'sections'}`,
    source: describeSource(source),
  };
}

/** A key without a value inside a list counts as left out, as it does in a section. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(entries.map(([name, child]) => [name, withoutNulls(child)]));
}

/** Reads a text from outside the file: JSON for lists and maps, the text itself for all else. */
export function settingFromText(key: string, text: string, source: Source): Layer {
  const type = optionOf(key)?.type ?? '';
  const isStructured = SECTIONS.has(key) || (/list|map/.test(type) && /^\s*[[{]/.test(text));
  if (!isStructured) return { settings: new Map([[key, { value: text, source }]]), faults: [] };
  try {
    return settingsOf(JSON.parse(text), key, () => source);
  } catch {
    // The reason JSON.parse gives quotes the text, which may hold a secret.
    const allowed = `${optionOf(key)?.allowed ?? 'a map of its options'}, as JSON`;
    return {
      settings: new Map(),
      faults: [{ key, problem: 'is not valid JSON', allowed, source: describeSource(source) }],
    };
  }
}
