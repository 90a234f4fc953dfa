import type * as http from 'node:http';
import type * as https from 'node:https';
import type { Socket } from 'node:net';
import got, { type Request } from 'got';

/** A longer answer is cut off and counts as none (DESIGN.md P11). */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** The agent of one kind of address; the other key is absent. */
export interface Agents {
  readonly http?: http.Agent;
  readonly https?: https.Agent;
}

/** How much later than got's own the last time-out is: got's does not fire where a socket was dead from the start. */
const LATE_MS = 500;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** Default: none; then `socket` is given. */
  readonly agents?: Agents;
  /** The one connection to use. */
  readonly socket?: () => Socket;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Why the body is not whole; null where it is. */
  readonly broken: unknown;
}

/** The answer was longer than we read. */
export class OversizeError extends Error {
  readonly code = 'ERR_ANSWER_TOO_LONG';

  constructor() {
    super(`the answer is longer than ${MAX_ANSWER_BYTES / 1024 / 1024} MB`);
  }
}

/**
 * One request, one answer: nothing is repeated and no redirect is followed.
 * @throws what got reports, where no status line with headers was read
 */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const stream = openStream(request);
  const chunks: Buffer[] = [];
  let broken: unknown = null;
  try {
    await Promise.race([readInto(chunks, stream), failAfter(request.timeoutMs + LATE_MS, stream)]);
  } catch (error) {
    if (!stream.response) throw error;
    broken = error;
  }
  const { response } = stream;
  if (!response) throw new Error('the request ended without an answer');
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString(), broken };
}

function openStream(request: HttpRequest): Request {
  const stream = got.stream(request.address, {
    method: request.method,
    headers: { 'user-agent': 'keyfactor-workflow-remediator', ...request.headers },
    ...(request.agents ? { agent: request.agents } : {}),
    ...(request.socket ? { createConnection: request.socket } : {}),
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(request.signal ? { signal: request.signal } : {}),
    timeout: { request: request.timeoutMs },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
  });
  // got's stream waits for a POST's body from us; without one it is ended at once
  if (request.method === 'POST' && request.body === undefined) stream.end();
  return stream;
}

function failAfter(ms: number, stream: Request): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => {
      reject(Object.assign(new Error(`no answer within ${ms} ms`), { code: 'ETIMEDOUT' }));
      stream.destroy();
    }, ms);
    timer.unref();
    stream.once('close', () => clearTimeout(timer));
  });
}

async function readInto(chunks: Buffer[], stream: Request): Promise<void> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new OversizeError();
    chunks.push(chunk);
  }
}
