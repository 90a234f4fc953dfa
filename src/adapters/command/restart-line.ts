import type { Socket } from 'node:net';
import type { RestartAnswer } from '../../core/restart-answer.ts';
import type { RestartLine, RestartRequest } from '../../ports/command.ts';
import { headersOf, type CallerParts } from './caller.ts';
import { exchange, type HttpAnswer } from './exchange.ts';
import { guardFirstWrite, type FirstWrite } from './first-write.ts';
import type { RenewOnce } from './renew-once.ts';
import { createStatusLineReader, type StatusLineReader } from './status-line.ts';
import { addressOf, type Parameters } from './target.ts';
import { RESTART_ROUTE, toRestartAnswer } from './to-restart-answer.ts';
import { translateError } from './translate-error.ts';

/** How long the rest of an accepted answer may take: only its Date header is still of use. */
const REST_OF_ANSWER_MS = 1_000;
/** How long got may take to hand over what it had read when the connection was closed. */
const AFTER_CLOSE_MS = 200;

const GIVEN_UP = new Error('what is left of the exchange is not waited for');

export interface RestartLineParts extends CallerParts {
  readonly renewOnce: RenewOnce;
  readonly restartTimeoutMs: number;
}

/** Takes a turn of the budget, gets a token and opens a connection, so that the POST itself is one write. */
export async function openRestartLine(parts: RestartLineParts, signal?: AbortSignal): Promise<RestartLine> {
  await parts.options.budget.take('restart', signal);
  const authorization = await parts.authorization.header();
  const socket = await connect(parts, signal);
  socket.on('error', () => {}); // while idle: the write finds the socket destroyed
  let isUsed = false;
  return {
    send: async (request, mayStillSend) => {
      if (isUsed) return notSent('this line was used before');
      isUsed = true;
      return await sendOn({ socket, authorization, parts }, request, mayStillSend);
    },
    close: () => {
      isUsed = true;
      socket.destroy();
    },
  };
}

interface OpenLine {
  readonly socket: Socket;
  readonly authorization: string;
  readonly parts: RestartLineParts;
}

async function connect(parts: RestartLineParts, signal: AbortSignal | undefined): Promise<Socket> {
  try {
    return await parts.connections.open(parts.options.timeoutMs, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw translateError(error, parts.target.place);
  }
}

/** Never throws. */
async function sendOn(line: OpenLine, request: RestartRequest, mayStillSend: () => boolean): Promise<RestartAnswer> {
  const startedAt = performance.now();
  const stop = new AbortController();
  let restTimer: NodeJS.Timeout | undefined;
  const statusLine = createStatusLineReader((status) => {
    // a 204 is enough: the rest of it is only waited for shortly
    if (status === 204) restTimer = setTimeout(() => stop.abort(GIVEN_UP), REST_OF_ANSWER_MS);
  });
  const first = guardFirstWrite(line.socket, mayStillSend, () => {
    line.socket.on('data', (chunk: Buffer) => statusLine.add(chunk));
  });
  const ending = Promise.race([exchangeOn(line, request, stop.signal), failOnClose(line.socket, stop.signal)]);
  const answer = await ending.then(
    (reply) => judge(first, statusLine, { reply }, line.parts),
    (error: unknown) => judge(first, statusLine, { error }, line.parts),
  );
  clearTimeout(restTimer);
  first.forbid('the request was given up');
  stop.abort(GIVEN_UP);
  line.socket.destroy();
  await holdOthersOff(answer, line);
  report(answer, statusLine.status !== null, line.parts, performance.now() - startedAt);
  return withRenewal(answer, line);
}

/** A socket that was closed before got took it over tells got nothing; an answer that came with the close goes first. */
function failOnClose(socket: Socket, over: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    const failSoon = () => {
      if (!over.aborted) setTimeout(fail, AFTER_CLOSE_MS);
    };
    if (socket.closed) failSoon();
    else socket.once('close', failSoon);
  });
}

async function exchangeOn(line: OpenLine, request: RestartRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { parts } = line;
  const body = bodyOf(request);
  const path = `/Workflow/Instances/${encodeURIComponent(request.instanceId)}/Restart`;
  return await exchange({
    method: 'POST',
    address: addressOf(parts.target, path, query(request)),
    headers: {
      ...headersOf(line.authorization),
      ...(body === undefined ? { 'content-length': '0' } : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    timeoutMs: parts.restartTimeoutMs,
    socket: once(line.socket),
    signal,
  });
}

/** The manual wants `version` in the body, the OpenAPI documents in the query: both are sent (API reference 5). */
function bodyOf(request: RestartRequest): string | undefined {
  if (request.version !== null) return JSON.stringify({ version: request.version });
  return request.withBody ? '{}' : undefined;
}

function query(request: RestartRequest): Parameters {
  return request.version === null ? [] : [['version', String(request.version)]];
}

/** Hands out this one socket, once. */
function once(socket: Socket): () => Socket {
  let isGiven = false;
  return () => {
    if (isGiven) throw new Error('the connection of a restart is used once');
    isGiven = true;
    return socket;
  };
}

function judge(
  first: FirstWrite,
  statusLine: StatusLineReader,
  ending: { reply?: HttpAnswer; error?: unknown },
  parts: RestartLineParts,
): RestartAnswer {
  if (!first.hasBegun) return notSent(first.refusal ?? translateError(ending.error, parts.target.place).message);
  if (ending.reply) return toRestartAnswer(ending.reply, parts.options.now());
  if (statusLine.status !== null) {
    return toRestartAnswer({ status: statusLine.status, headers: {}, text: '' }, parts.options.now());
  }
  const why = translateError(ending.error, parts.target.place).message;
  return first.isTakenBack ? notSent(why) : { type: 'unknown', why };
}

/** What the answer tells about the token that it was sent with. */
function withRenewal(answer: RestartAnswer, { authorization, parts }: OpenLine): RestartAnswer {
  const { renewOnce } = parts;
  if (answer.type === 'denied' && answer.status === 401)
    return renewOnce.noteDenied(authorization) ? { ...answer, isWorthNewToken: true } : answer;
  // Anything else may come from a proxy that looked at no token.
  if (answer.type === 'accepted' || answer.type === 'refused' || answer.type === 'denied')
    renewOnce.noteTaken(authorization);
  return answer;
}

async function holdOthersOff(answer: RestartAnswer, line: OpenLine): Promise<void> {
  const retryAfterMs = answer.type === 'throttled' || answer.type === 'unknown' ? answer.retryAfterMs : undefined;
  if (retryAfterMs === undefined) return;
  // the answer stands, whether or not the budget could be told
  await line.parts.options.budget.holdOff(retryAfterMs).catch(() => {});
}

function report(answer: RestartAnswer, isAnswered: boolean, parts: RestartLineParts, ms: number): void {
  const result = (
    {
      accepted: 'ok',
      'not-sent': 'unsent',
      throttled: 'throttled',
      denied: 'denied',
      refused: 'refused',
      unknown: 'no-answer',
    } as const
  )[answer.type];
  const isBad = ['throttled', 'denied', 'unknown'].includes(answer.type);
  const manner = isAnswered ? (isBad ? 'badly' : 'well') : null;
  parts.options.emit?.({ route: RESTART_ROUTE, result, ms, manner });
}

function notSent(why: string): RestartAnswer {
  return { type: 'not-sent', why, needsBody: false };
}
