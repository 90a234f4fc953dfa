import * as z from 'zod';

import { DURATION_FORMS, parseDuration } from './duration.ts';
import type { Kind, Masking } from './option.ts';

/** Above this a count is a slip of the keyboard (DESIGN 7). */
const LARGEST_COUNT = 1_000_000;
const LONGEST_TEXT = 10_000;

/** Milliseconds inside, `30s` outside; 0 is allowed. */
export const duration = kind('duration', `a duration of 0 or at least 50ms, ${DURATION_FORMS}`, parseDuration);

/** A duration for which 0 has no meaning: the pause between two rounds, the limit of one call. */
export const positiveDuration = kind('duration', `a duration of at least 50ms, ${DURATION_FORMS}`, (raw) => {
  return parseDuration(raw) || undefined;
});

export const flag = kind('true or false', 'true or false', readFlag);

export const text = kind('text', 'a text that is not empty', readText);

/** A text that no output shows, kept to the last blank. */
export const secretText: Kind<typeof text.schema> = {
  ...kind('secret text', 'a text that is not empty', readExactText),
  masking: 'whole',
};

/** A glob as rules use it: `*` stands for anything, upper and lower case are equal. */
export const glob = kind('glob', 'a text in which * stands for anything', readText);

export const httpUrl = url(['http:', 'https:'], 'an http or https URL', 'url-credentials');

/** A URL whose path is a password of its own, as chat webhooks and heartbeat services use. */
export const secretUrl = url(['http:', 'https:'], 'an http or https URL', 'url-path');

/** Allows one of a few words (or numbers, which may be written as text). */
export function choice<const Values extends readonly (string | number)[]>(...values: Values) {
  const words = values.join(' | ');
  return kind<Values[number]>(words, words, (raw) => values.find((value) => String(value) === String(raw).trim()));
}

/** A whole number from `smallest` to a million. */
export function count(smallest: 0 | 1, largest = LARGEST_COUNT) {
  return kind('count', `a whole number from ${smallest} to ${largest}`, (raw) => {
    const value = readNumber(raw);
    return Number.isInteger(value) && value >= smallest && value <= largest ? value : undefined;
  });
}

/** Any number between two bounds. */
export function number(smallest: number, largest: number) {
  return kind('number', `a number from ${smallest} to ${largest}`, (raw) => {
    const value = readNumber(raw);
    return value >= smallest && value <= largest ? value : undefined;
  });
}

/** A list of one kind of text, a list in YAML and JSON in the environment. */
export function listOf<Schema extends z.ZodType>(item: Kind<Schema>, allowed: string): Kind<z.ZodArray<Schema>> {
  return { schema: z.array(item.schema), type: 'list', allowed, ...(item.masking && { masking: item.masking }) };
}

/** A URL of one of the given protocols, kept as it was written. */
export function url(protocols: readonly string[], allowed: string, masking: Masking) {
  const read = (raw: unknown): string | undefined => {
    const written = readText(raw);
    const parsed = written === undefined ? null : URL.parse(written);
    return parsed && protocols.includes(parsed.protocol) && parsed.hostname ? written : undefined;
  };
  return { ...kind('URL', allowed, read), masking };
}

/** Makes a kind of a function that reads one raw value, undefined where it is not allowed. */
export function kind<Value>(type: string, allowed: string, read: (raw: unknown) => Value | undefined) {
  const schema = z.unknown().transform((raw, context): Value => {
    const value = read(raw);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: allowed, input: raw });
    return z.NEVER;
  });
  return { schema, type, allowed } satisfies Kind;
}

export function readText(raw: unknown): string | undefined {
  return readExactText(typeof raw === 'string' ? raw.trim() : raw);
}

/** Text, or a number that JSON took for one (a user name `1234`). */
function readExactText(raw: unknown): string | undefined {
  if (typeof raw !== 'string' && typeof raw !== 'number') return undefined;
  const written = String(raw);
  return written !== '' && written.length <= LONGEST_TEXT ? written : undefined;
}

function readNumber(raw: unknown): number {
  if (typeof raw === 'number') return raw;
  return typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw.trim()) ? Number(raw) : Number.NaN;
}

function readFlag(raw: unknown): boolean | undefined {
  if (typeof raw === 'boolean') return raw;
  const written = String(raw).trim().toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(written)) return true;
  return ['false', 'no', 'off', '0'].includes(written) ? false : undefined;
}
