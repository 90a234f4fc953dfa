import { REASON_LIMIT } from '../core/decision.ts';
import { parseSpan } from '../core/since.ts';
import { HttpError } from './guards.ts';

/** What a person sends along with a decision. */
export interface DecisionBody {
  readonly reason: string;
  readonly for?: string;
  readonly sendAgain?: boolean;
  readonly successor?: string;
}

interface Field {
  readonly allowed: string;
  readonly isGood: (value: unknown) => boolean;
}

/** The longest successor that is looked up: an id is shorter. */
const ID_LIMIT = 64;

const FIELDS: Readonly<Record<keyof DecisionBody, Field>> = {
  reason: {
    allowed: `a text of 1 to ${REASON_LIMIT} characters`,
    isGood: (value) => typeof value === 'string' && value.trim() !== '' && value.length <= REASON_LIMIT,
  },
  for: {
    allowed: 'a duration such as 30m, 4h',
    isGood: (value) => typeof value === 'string' && (parseSpan(value) ?? 0) > 0,
  },
  sendAgain: { allowed: 'true or false', isGood: (value) => typeof value === 'boolean' },
  successor: {
    allowed: 'the id of an instance, or none',
    isGood: (value) => typeof value === 'string' && value.length <= ID_LIMIT,
  },
};

/**
 * Reads a body as it was sent: a number is no text, and a misspelled key is an error, not nothing.
 * @throws HttpError 400 that names the key, its value and what is allowed
 */
export function readDecisionBody(body: unknown, also: readonly (keyof DecisionBody)[]): DecisionBody {
  const keys: readonly string[] = ['reason', ...also];
  if (!isObject(body)) throw new HttpError(400, `the body: a JSON object is needed; allowed keys: ${keys.join(', ')}`);
  for (const key of Object.keys(body))
    if (!keys.includes(key)) throw new HttpError(400, `${shown(key)}: unknown key; allowed: ${keys.join(', ')}`);
  for (const [key, { allowed, isGood }] of Object.entries(FIELDS)) {
    const value = body[key];
    if (value === undefined && key !== 'reason') continue;
    if (value === undefined) throw new HttpError(400, `${key}: is missing; allowed: ${allowed}`);
    if (!isGood(value)) throw new HttpError(400, `${key}: ${shown(value)} is not allowed; allowed: ${allowed}`);
  }
  return body as unknown as DecisionBody; // oxlint-disable-line typescript/no-unsafe-type-assertion -- looked at key by key
}

function isObject(body: unknown): body is Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** The most of a wrong value that is shown. */
const SHOWN = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
