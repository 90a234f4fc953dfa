import type { ServerResponse } from 'node:http';
import type { Fault } from '../scenario/faults.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { ApiError } from './api-error.ts';
import type { Answer } from './exchange.ts';
import { htmlAnswer, toErrorAnswer } from './send.ts';

const CODES: Record<number, string> = { 401: '0xA0140001', 403: '0xA0140002' };

/** More than any client should read. */
const HUGE_BYTES = 40_000_000;

/** What a fault sends instead of the true answer: 503 and the usual error body, or a maintenance page. */
export function faultAnswer(fault: Fault, knobs: Knobs): Answer {
  const retryAfter: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.kind === 'huge') return { status: 200, body: `${' '.repeat(HUGE_BYTES)}[]` };
  if (fault.kind === 'html') return htmlAnswer(fault.status ?? 200, 'The service is down for maintenance.', retryAfter);
  const status = fault.status ?? 503;
  const code = CODES[status] ?? '0xA0010002';
  const error = new ApiError(status, code, 'The server could not answer the request.');
  const answer = toErrorAnswer(error, knobs);
  return { ...answer, headers: { ...answer.headers, ...retryAfter } };
}

export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Sends the head of the answer and half of its body, then cuts the connection. */
export function cutAnswer(response: ServerResponse, answer: Answer): void {
  const text = JSON.stringify(answer.body ?? '');
  if (answer.body === undefined) {
    response.writeHead(answer.status);
    response.flushHeaders();
    setImmediate(() => response.socket?.resetAndDestroy());
    return;
  }
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) };
  response.writeHead(answer.status, headers);
  response.write(text.slice(0, Math.floor(text.length / 2)), () => response.socket?.destroy());
}
