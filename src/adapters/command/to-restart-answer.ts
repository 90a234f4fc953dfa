import type { IncomingHttpHeaders } from 'node:http';
import type { RestartAnswer } from '../../core/restart-answer.ts';
import { accessText } from './access-text.ts';
import { retryAfterMs } from './translate-error.ts';
import { parseHttpDate } from './wire-dates.ts';
import { parseErrorBody } from './wire-error.ts';

export const RESTART_ROUTE = 'POST /Workflow/Instances/{id}/Restart';

/** What came back on the wire; headers and text are empty where only the status line was read. */
export interface RestartReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What an answer to Restart means (DESIGN.md 4.6). `now` is our clock, for a Retry-After without a Date. */
export function toRestartAnswer(reply: RestartReply, now: number): RestartAnswer {
  const { status, headers } = reply;
  if (status === 204) return { type: 'accepted', status: 204, serverTime: parseHttpDate(headers.date) };
  if (status === 429) return { type: 'throttled', retryAfterMs: retryAfterMs(reply, now) };
  if (status === 411 || status === 415) {
    return { type: 'not-sent', why: `Command wants a body (${status})`, needsBody: true };
  }
  const { errorCode, message } = parseErrorBody(reply.text);
  if (status === 401 || status === 403) {
    return { type: 'denied', status, message: accessText(RESTART_ROUTE, status, message) };
  }
  if (status >= 400 && status < 500 && status !== 408) {
    return { type: 'refused', status, errorCode, message: message || `Command answered ${status}` };
  }
  const why = `Command answered ${status}${message && `: ${message}`}`;
  const isTimed = status === 503 && headers['retry-after'] !== undefined;
  return { type: 'unknown', why, ...(isTimed ? { retryAfterMs: retryAfterMs(reply, now) } : {}) };
}
