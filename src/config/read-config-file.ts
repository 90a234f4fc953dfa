import { readFileSync } from 'node:fs';

import { isNode, LineCounter, parseDocument, type Document, type YAMLError } from 'yaml';

import type { ConfigFault } from './config-error.ts';
import { settingsOf, type Layer } from './settings.ts';
import type { Source, Step } from './source.ts';

/** Reads the YAML file; one that cannot be read or understood is a fault under its own path. `origin` says who named it. */
export function readConfigFile(path: string, origin: string): Layer {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse([{ key: path, problem: `cannot be read (${codeOf(error)})`, source: origin }]);
  }
  return parseConfigText(text, path);
}

function parseConfigText(text: string, path: string): Layer {
  const lineCounter = new LineCounter();
  // All scalars stay text: a password 0123 or 1e5 must not become a number.
  const document = parseDocument(text, { schema: 'failsafe', customTags: ['null'], prettyErrors: false, lineCounter });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return refuse(errors.map((error) => toFault(error, path, lineCounter)));
  try {
    return settingsOf(document.toJS(), '', (keys) => sourceAt(document, keys, { path, lineCounter }));
  } catch {
    return refuse([{ key: path, problem: 'is not valid YAML (an alias leads nowhere or to too much)', source: path }]);
  }
}

/** Where that was written; what is missing is looked for in what is around it. */
function sourceAt(document: Document, keys: readonly Step[], file: { path: string; lineCounter: LineCounter }): Source {
  const node = document.getIn(keys, true);
  if (!isNode(node) && keys.length > 1) return sourceAt(document, keys.slice(0, -1), file);
  const offset = isNode(node) ? node.range?.[0] : undefined;
  const line = offset === undefined ? null : file.lineCounter.linePos(offset).line;
  return { type: 'file', path: file.path, line };
}

/** Told by its code alone: the parser's own words quote the text, which may hold a secret. */
function toFault(error: YAMLError, path: string, lineCounter: LineCounter): ConfigFault {
  const { line, col } = lineCounter.linePos(error.pos[0]);
  const reason = error.code.toLowerCase().replaceAll('_', ' ');
  return { key: path, problem: `is not valid YAML (${reason}, column ${col})`, source: `${path}:${line}` };
}

function refuse(faults: readonly ConfigFault[]): Layer {
  return { settings: new Map(), faults };
}

/** The system's word for what went wrong: ENOENT, EACCES, EISDIR. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown reason';
}
