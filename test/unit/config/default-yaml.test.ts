import { readFileSync } from 'node:fs';

import { parse } from 'yaml';

import { loadConfig } from '../../../src/config/load-config.ts';
import { OPTIONS, SECTIONS } from '../../../src/config/options.ts';
import { configSchema } from '../../../src/config/schema.ts';

const FILE = 'config/default.yaml';
const text = readFileSync(FILE, 'utf8');

/** The file with its commented-out options in use; an empty list gives way to its commented-out example. */
function withEverything(): string {
  // Prose has one blank after the #, an option none, the inside of an example two or more.
  const lines = text.replace(/^( *)#(?=\w+:| {2})/gm, '$1').split('\n');
  return lines
    .filter((line, index) => !line.endsWith(': []') || lines[index + 1] !== line.replace(' []', ''))
    .join('\n');
}

/** `rules[].match.ca` for every value in the tree that is not a map or a list of maps. */
function keysOf(value: unknown, key = ''): string[] {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object'))
    return [key, ...value.flatMap((item) => keysOf(item, `${key}[]`))];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || key.endsWith('headers')) return [key];
  return Object.entries(value).flatMap(([name, child]) => keysOf(child, key === '' ? name : `${key}.${name}`));
}

test('gives exactly the defaults', () => {
  const { config } = loadConfig({ file: FILE, env: {} });

  expect(config).toEqual(loadConfig({ env: {} }).config);
});

test('names every option, and no other', () => {
  const written = new Set(keysOf(parse(withEverything())));

  expect([...written].sort()).toEqual(OPTIONS.map(({ key }) => key).sort());
});

test('is valid with every commented-out option in use', () => {
  const { error } = configSchema.safeParse(parse(withEverything()));

  expect(error?.issues ?? []).toEqual([]);
});

test('has no default commented out and no invented default in use', () => {
  const inUse = new Set(keysOf(parse(text)));
  const withDefault = OPTIONS.filter(({ key, defaultText }) => defaultText !== '' && !key.includes('[]'));

  const sectionsWithoutDefaults = [...SECTIONS].filter(
    (section) => !withDefault.some(({ key }) => key.startsWith(section)),
  );
  expect([...inUse].sort()).toEqual([...withDefault.map(({ key }) => key), ...sectionsWithoutDefaults].sort());
});

test('explains every option in a comment above it', () => {
  const lines = text.split('\n');
  const bare = lines.filter((line, index) => /^ *#?\w+: \S/.test(line) && !/^ *# /.test(lines[index - 1] ?? ''));

  expect(bare).toEqual([]);
});
