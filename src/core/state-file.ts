import type { Intent } from './intent.ts';
import { PHASES } from './remediation.ts';
import type { Remediation } from './remediation.ts';

/** The form of a state file; a newer one is not read. */
export const STATE_FORMAT = 1;

/** The first line: whose state it is. */
export interface StateHeader {
  readonly type: 'header';
  readonly format: number;
  readonly layout: number;
  /** Command's address, as the store recorded it; null: none yet. */
  readonly server: string | null;
  /** UTC. */
  readonly exportedAt: string;
  readonly productVersion: string;
  /** A keyed hash that tells whether two stores have the same fingerprint key; null: there was none. */
  readonly keyCheck: string | null;
}

/** What people and experience have settled: the fate of old rows, the longest Restart, pause and brake. */
export interface StateNote {
  readonly type: 'note';
  readonly name: NoteName;
  readonly value: unknown;
}

export const NOTES = ['old-row', 'longest-restart', 'pause', 'brake'] as const;
export type NoteName = (typeof NOTES)[number];

/** A restart that was or may have been sent. Stands before its record. */
export interface StateIntent {
  readonly type: 'intent';
  readonly isUnsettled: boolean;
  readonly intent: Intent;
}

export interface StateRecord {
  readonly type: 'remediation';
  /** It has left the list; left out: it is on it. */
  readonly isArchived?: true;
  readonly remediation: Remediation;
}

/** The last line: without it the file is not whole. */
export interface StateEnd {
  readonly type: 'end';
  readonly remediations: number;
  readonly intents: number;
}

export type StateLine = StateHeader | StateNote | StateIntent | StateRecord | StateEnd;

/** Reads one line; a text says what is wrong with it. */
export function parseStateLine(text: string): StateLine | string {
  const line = parse(text);
  if (!isObject(line)) return 'is not a JSON object';
  const fault = faultOf(line);
  return fault ?? (line as unknown as StateLine); // oxlint-disable-line typescript/no-unsafe-type-assertion -- checked above
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultOf(line: Fields): string | null {
  switch (line['type']) {
    case 'header':
      return headerFault(line);
    case 'note':
      return NOTES.some((name) => name === line['name']) ? null : `is a note of unknown name ${String(line['name'])}`;
    case 'intent':
      return isObject(line['intent']) && isIntent(line['intent']) ? null : 'is not the intent of a restart';
    case 'remediation':
      return isObject(line['remediation']) && isRemediation(line['remediation']) ? null : 'is not a remediation';
    case 'end':
      return typeof line['remediations'] === 'number' ? null : 'is not the end of a state file';
    default:
      return `has the unknown type ${String(line['type'])}`;
  }
}

function headerFault({ format, layout }: Fields): string | null {
  if (typeof format !== 'number' || typeof layout !== 'number') return 'is not the header of a state file';
  return format > STATE_FORMAT ? `is of format ${format}, this program knows format ${STATE_FORMAT}` : null;
}

const STATES = ['open', 'accepted', 'refused', 'not-sent', 'unknown'];

function isIntent({ instanceId, rootInstanceId, state, fence, requestKey }: Fields): boolean {
  const areTexts = [instanceId, rootInstanceId, requestKey].every((value) => typeof value === 'string');
  return areTexts && typeof fence === 'number' && STATES.includes(String(state));
}

function isRemediation(fields: Fields): boolean {
  const areTexts = ['rootInstanceId', 'currentInstanceId', 'definitionId'].every(
    (key) => typeof fields[key] === 'string',
  );
  const areLists = ['instanceIds', 'lineage', 'timeline', 'waived'].every((key) => Array.isArray(fields[key]));
  const areTimes = ['firstSeenAt', 'changedAt', 'attemptsMade'].every((key) => typeof fields[key] === 'number');
  return areTexts && areLists && areTimes && PHASES.some((phase) => phase === fields['phase']);
}
