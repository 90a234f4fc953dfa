import { AccessError, AppError, RefusedError, TransientError } from '../../core/errors.ts';
import { accessText } from './access-text.ts';
import type { HttpAnswer } from './exchange.ts';
import { parseHttpDate } from './wire-dates.ts';
import { parseErrorBody } from './wire-error.ts';
import { parseRetryAfter } from './retry-after.ts';

/** Turns what got, a socket or the TLS layer reports into our error, with a text that a person can act on. */
export function translateError(error: unknown, place: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  return new TransientError(ADVICE.find(([codes]) => codes.test(code))?.[1](place) ?? otherText(error, place), {
    cause: error,
  });
}

/** The error that an answer means; null where it is a 2xx. `now` is our clock, for a Retry-After without a Date. */
export function errorOfAnswer(answer: HttpAnswer, route: string, now: number): AppError | null {
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  const { errorCode, message } = parseErrorBody(answer.text);
  if (status === 401 || status === 403) {
    return new AccessError(accessText(route, status, message), { status, route });
  }
  if (status === 429) {
    return new TransientError(`Command is throttling us (429 on ${route})`, {
      retryAfterMs: retryAfterMs(answer, now),
    });
  }
  if (status >= 400 && status < 500 && status !== 408) {
    const said = [errorCode, message].filter(Boolean).join(' ');
    const hint = status === 404 ? '; are command.url and command.apiPath right?' : '';
    return new RefusedError(`Command refused ${route} (${status})${said && `: ${said}`}${hint}`, { status, errorCode });
  }
  const text = transientText(answer, route, message);
  const isTimed = status === 503 && answer.headers['retry-after'] !== undefined;
  return new TransientError(text, { status, ...(isTimed ? { retryAfterMs: retryAfterMs(answer, now) } : {}) });
}

/** How long a 429, or a 503 that says so, asks everybody to wait. */
export function retryAfterMs(answer: Pick<HttpAnswer, 'headers'>, now: number): number {
  return parseRetryAfter(answer.headers['retry-after'], parseHttpDate(answer.headers.date) ?? now);
}

/** True for errors that the next second will not cure, so that a read is not tried again at once. */
export function isLasting(error: unknown): boolean {
  return /^ERR_ANSWER_TOO_LONG$|^ERR_NOT_JSON$|^ERR_TLS|CERT|SELF_SIGNED|UNABLE_TO|^ERR_ABORTED$|^ETIMEDOUT$/.test(
    codeOf(error),
  );
}

function transientText(answer: HttpAnswer, route: string, message: string): string {
  if (answer.status >= 300 && answer.status < 400) {
    return `${route} was redirected (${answer.status}), which is not followed: are command.url and command.apiPath right?`;
  }
  return `Command answered ${answer.status} to ${route}${message && `: ${message}`}`;
}

/** Causes of causes that are looked at. */
const MAX_CAUSES = 5;

const ADVICE: readonly (readonly [codes: RegExp, text: (place: string) => string])[] = [
  [/^ECONNREFUSED$/, (place) => `connection refused by ${place}: is Command up, and is command.url right?`],
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    (place) => `the name of ${place} cannot be resolved: is command.url right, and does DNS work?`,
  ],
  [/^(ETIMEDOUT)$/, (place) => `no answer from ${place} in time`],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, (place) => `no route to ${place}`],
  [/^(ECONNRESET|EPIPE)$/, (place) => `${place} cut the connection`],
  [/^ERR_ANSWER_TOO_LONG$/, (place) => `an answer of ${place} was longer than 32 MB and was cut off`],
  [
    /SELF_SIGNED|UNABLE_TO|CERT|ERR_TLS|^EPROTO$|ERR_SSL/,
    (place) => `TLS with ${place} failed: is its CA in command.tls.caFile, and is the host name right?`,
  ],
];

/** The code of the deepest cause that has one: got and openid-client wrap what a socket says. */
export function codeOf(error: unknown): string {
  let code = '';
  let current = error;
  for (let depth = 0; typeof current === 'object' && current !== null && depth < MAX_CAUSES; depth += 1) {
    if ('code' in current && typeof current.code === 'string') ({ code } = current);
    current = 'cause' in current ? current.cause : null;
  }
  return code;
}

function otherText(error: unknown, place: string): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return `no useful answer from ${place}: ${String(message)}`;
}
