import type { IncomingHttpHeaders } from 'node:http';
import pRetry, { AbortError } from 'p-retry';
import { AccessError, AppError, RefusedError, TransientError } from '../../core/errors.ts';
import type { Manner } from '../../core/command-gate.ts';
import type { Time } from '../../core/instance.ts';
import type { RequestPriority } from '../../ports/command.ts';
import type { Authorization } from './authorization.ts';
import type { Connections } from './connection.ts';
import { exchange, type HttpAnswer } from './exchange.ts';
import type { CommandOptions, RequestResult } from './options.ts';
import { addressOf, type Parameters, type Target } from './target.ts';
import { codeOf, errorOfAnswer, isLasting, translateError } from './translate-error.ts';
import { parseHttpDate } from './wire-dates.ts';
import { parseJson } from './wire-json.ts';

/** Tries of one read beyond the first; together they last seconds (minutes are for core's ladders). */
const RETRIES = { retries: 2, minTimeout: 200, factor: 3, maxTimeout: 2_000, randomize: true, maxRetryTime: 10_000 };

export interface Call {
  readonly method: 'GET' | 'POST';
  /** Path below the API's root. */
  readonly path: string;
  /** The path as a template, without ids: for messages and metrics. */
  readonly template: string;
  readonly parameters?: Parameters;
  readonly body?: unknown;
  readonly priority: RequestPriority;
  readonly signal?: AbortSignal | undefined;
  /** Default: the client's. */
  readonly timeoutMs?: number;
  /** A 404 is an answer here, not a refusal. */
  readonly mayBeMissing?: boolean;
}

export interface Answer {
  readonly status: number;
  /** The JSON value; undefined where the body was empty. */
  readonly json: unknown;
  readonly headers: IncomingHttpHeaders;
  /** The store's time when the request began. */
  readonly requestedAt: Time;
  readonly serverTime: Time | null;
}

/** The parts that every call goes through. */
export interface CallerParts {
  readonly options: Pick<CommandOptions, 'budget' | 'emit' | 'now' | 'timeoutMs'>;
  readonly target: Target;
  readonly connections: Connections;
  readonly authorization: Authorization;
  /** Sees every answer's headers before anybody reads its body. */
  readonly onHeaders: (headers: IncomingHttpHeaders) => void;
}

const NOT_JSON = 'ERR_NOT_JSON';

/** A 401 to a token that can be had anew. */
class StaleTokenError extends AccessError {}

/**
 * One call that is sent once.
 * @throws TransientError, AccessError, RefusedError
 */
export async function callOnce(call: Call, parts: CallerParts): Promise<Answer> {
  const requestedAt = await parts.options.budget.take(call.priority, call.signal);
  const header = await parts.authorization.header();
  const startedAt = performance.now();
  try {
    const answer = await send(call, header, parts);
    parts.onHeaders(answer.headers);
    const read = await toAnswer(answer, { call, header, parts, requestedAt });
    report('ok', 'well', call, { startedAt, parts });
    return read;
  } catch (error) {
    call.signal?.throwIfAborted();
    const translated = translateError(error, parts.target.place);
    report(resultOf(translated), mannerOf(translated), call, { startedAt, parts });
    throw translated;
  }
}

/**
 * One read, tried again for a few seconds where it got no useful answer, and once with a new token.
 * @throws as callOnce
 */
export async function callRead(call: Call, parts: CallerParts): Promise<Answer> {
  let isRenewed = false;
  const readOnce = async (): Promise<Answer> => {
    try {
      return await callOnce(call, parts);
    } catch (error) {
      if (isRenewed || !(error instanceof StaleTokenError)) throw stopOrRetry(error);
    }
    isRenewed = true;
    return await callOnce(call, parts).catch((error: unknown) => {
      throw stopOrRetry(error);
    });
  };
  return await pRetry(readOnce, { ...RETRIES, ...(call.signal ? { signal: call.signal } : {}) });
}

export function routeOf(call: Pick<Call, 'method' | 'template'>): string {
  return `${call.method} ${call.template}`;
}

/** Headers of every call (API reference 1). */
export function headersOf(authorization: string): Record<string, string> {
  return {
    authorization,
    accept: 'application/json',
    'x-keyfactor-requested-with': 'APIClient',
    'x-keyfactor-api-version': '1',
  };
}

function send(call: Call, header: string, parts: CallerParts): Promise<HttpAnswer> {
  return exchange({
    method: call.method,
    address: addressOf(parts.target, call.path, call.parameters),
    headers: { ...headersOf(header), ...(call.body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    timeoutMs: call.timeoutMs ?? parts.options.timeoutMs,
    agents: parts.connections.pool,
    signal: call.signal,
  });
}

interface Sent {
  readonly call: Call;
  readonly header: string;
  readonly parts: CallerParts;
  readonly requestedAt: Time;
}

async function toAnswer(answer: HttpAnswer, sent: Sent): Promise<Answer> {
  const { call } = sent;
  const isMissing = call.mayBeMissing === true && answer.status === 404;
  if (!isMissing) await throwUnlessGood(answer, sent);
  return {
    status: answer.status,
    json: isMissing ? undefined : readJson(answer, routeOf(call)),
    headers: answer.headers,
    requestedAt: sent.requestedAt,
    serverTime: parseHttpDate(answer.headers.date),
  };
}

async function throwUnlessGood(answer: HttpAnswer, { call, header, parts }: Sent): Promise<void> {
  const error = errorOfAnswer(answer, routeOf(call), parts.options.now());
  if (error instanceof AccessError && error.status === 401 && parts.authorization.renew(header)) {
    throw new StaleTokenError(error.message, { status: 401, route: error.route });
  }
  if (error instanceof TransientError && error.retryAfterMs !== null) {
    await parts.options.budget.holdOff(error.retryAfterMs);
  }
  if (error) throw error;
  if (answer.broken) throw answer.broken;
}

/** A page where JSON was due is no answer, never an empty list: proxies and maintenance modes send them with a 200. */
function readJson(answer: HttpAnswer, route: string): unknown {
  if (answer.text.trim() === '') return undefined;
  const json = parseJson(answer.text);
  if (json !== undefined) return json;
  const cause = Object.assign(new Error('not JSON'), { code: NOT_JSON });
  throw new TransientError(
    `${route} answered ${answer.status} with something that is not JSON: is it a maintenance page?`,
    { cause },
  );
}

function stopOrRetry(error: unknown): unknown {
  const mayRetry = error instanceof TransientError && error.retryAfterMs === null && !isLasting(error.cause);
  return mayRetry || !(error instanceof Error) ? error : new AbortError(error);
}

function report(
  result: RequestResult,
  manner: Manner | null,
  call: Call,
  { startedAt, parts }: { readonly startedAt: number; readonly parts: CallerParts },
): void {
  parts.options.emit?.({ route: routeOf(call), result, ms: performance.now() - startedAt, manner });
}

/** A clear no is a good answer; what never came is none. */
function mannerOf(error: AppError): Manner | null {
  if (error instanceof RefusedError) return 'well';
  if (error instanceof AccessError) return 'badly';
  const isAnswer = error instanceof TransientError && (error.status !== null || error.retryAfterMs !== null);
  return isAnswer || codeOf(error) === NOT_JSON ? 'badly' : null;
}

function resultOf(error: AppError): RequestResult {
  if (error instanceof AccessError) return 'denied';
  if (error instanceof RefusedError) return 'refused';
  if (error instanceof TransientError && error.retryAfterMs !== null) return 'throttled';
  return error.cause === undefined ? 'failed' : 'no-answer';
}
