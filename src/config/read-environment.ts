import { readFileSync } from 'node:fs';

import type { ConfigFault } from './config-error.ts';
import { OPTIONS, optionOf, SECTIONS } from './options.ts';
import { codeOf } from './read-config-file.ts';
import { settingFromText, type Layer } from './settings.ts';
import { describeSource, type Setting, type Source } from './source.ts';
import { nearest } from './suggest.ts';
import { USUAL_NAMES } from './usual-names.ts';

const PREFIX = 'REMEDIATOR__';
const FILE_SUFFIX = '_FILE';

/** One variable that is set, and the option or section it speaks of. */
interface Variable {
  readonly name: string;
  readonly key: string;
  readonly isFile: boolean;
  readonly text: string;
  readonly read?: (text: string) => string;
}

/** Variables in upper case and the options and sections they set. */
const KEY_BY_VARIABLE: ReadonlyMap<string, string> = new Map(
  [...SECTIONS, ...OPTIONS.filter(({ variable }) => variable !== null).map(({ key }) => key)]
    .filter((key) => key !== '')
    .map((key) => [PREFIX + key.replaceAll('.', '__').toUpperCase(), key]),
);

/** The names that operators of Command and Redis already use; an empty variable counts as not set. */
export function readUsualNames(env: NodeJS.ProcessEnv): Layer {
  const variables: Variable[] = [];
  for (const { variable, key, read } of USUAL_NAMES) {
    const text = env[variable];
    const path = env[variable + FILE_SUFFIX];
    const shared = { key, ...(read && { read }) };
    if (text) variables.push({ name: variable, text, isFile: false, ...shared });
    if (path && isSecret(key)) variables.push({ name: variable + FILE_SUFFIX, text: path, isFile: true, ...shared });
  }
  return layerOf(variables);
}

/** Every `REMEDIATOR__SECTION__OPTION`; a name that no option has is a fault. */
export function readOwnVariables(env: NodeJS.ProcessEnv): Layer {
  const variables: Variable[] = [];
  const unknown: ConfigFault[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!text || !name.toUpperCase().startsWith(PREFIX)) continue;
    const variable = identify(name, text);
    if (variable) variables.push(variable);
    else unknown.push(unknownVariable(name));
  }
  // A whole section comes before its options, which say it more exactly.
  const { settings, faults } = layerOf(variables.sort((one, other) => depthOf(one) - depthOf(other)));
  return { settings, faults: [...unknown, ...faults] };
}

function identify(name: string, text: string): Variable | undefined {
  const upper = name.toUpperCase();
  const key = KEY_BY_VARIABLE.get(upper);
  if (key !== undefined) return { name, key, text, isFile: false };
  const secret = upper.endsWith(FILE_SUFFIX) ? KEY_BY_VARIABLE.get(upper.slice(0, -FILE_SUFFIX.length)) : undefined;
  return secret !== undefined && isSecret(secret) ? { name, key: secret, text, isFile: true } : undefined;
}

function layerOf(variables: readonly Variable[]): Layer {
  const settings = new Map<string, Setting>();
  const faults: ConfigFault[] = [];
  const nameByKey = new Map<string, string>();
  for (const variable of variables) {
    const rival = nameByKey.get(variable.key);
    nameByKey.set(variable.key, variable.name);
    if (rival !== undefined) faults.push(setTwice(variable, rival));
    const layer = readVariable(variable);
    for (const [key, setting] of layer.settings) settings.set(key, setting);
    faults.push(...layer.faults);
  }
  return { settings, faults };
}

function readVariable({ name, key, text, isFile, read = (same) => same }: Variable): Layer {
  if (!isFile) return settingFromText(key, read(text), { type: 'environment', variable: name });
  const source: Source = { type: 'secret-file', variable: name, path: text };
  const refuse = (problem: string): Layer => ({
    settings: new Map(),
    faults: [{ key, problem, allowed: 'a file with the secret in it', source: describeSource(source) }],
  });
  try {
    const secret = readFileSync(text, 'utf8').replace(/[\r\n]+$/, '');
    return secret === '' ? refuse('has an empty secret file') : settingFromText(key, read(secret), source);
  } catch (error) {
    return refuse(`has a secret file that cannot be read (${codeOf(error)})`);
  }
}

function unknownVariable(name: string): ConfigFault {
  const suggestion = nearest(name, KEY_BY_VARIABLE.keys());
  return {
    key: name,
    problem: `is an unknown variable${suggestion ? ` (did you mean ${suggestion}?)` : ''}`,
    source: 'the environment',
  };
}

function setTwice({ key, name }: Variable, rival: string): ConfigFault {
  return { key, problem: 'is set twice', allowed: 'one variable', source: `${rival} and ${name}` };
}

function isSecret(key: string): boolean {
  return optionOf(key)?.isSecret === true;
}

function depthOf({ key }: Variable): number {
  return SECTIONS.has(key) ? key.split('.').length : Infinity;
}
