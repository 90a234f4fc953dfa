import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { keepPastStates } from '../world/instance-changes.ts';
import { count, record, type RestartRecord } from '../world/truth.ts';
import type { User, World } from '../world/types.ts';
import { writeAccessAudit } from '../world/audit-log.ts';
import { ApiError, badArgument, notFound } from './api-error.ts';
import type { Access } from './auth.ts';
import { readBody, type Answer, type Exchange } from './exchange.ts';
import { findFault, type FaultPlan } from './fault-plan.ts';
import { findRoute, type Route, type RouteMatch } from './routes.ts';
import { htmlAnswer, send, toErrorAnswer } from './send.ts';

export const BASE_PATH = '/KeyfactorAPI';
export const TOKEN_PATH = '/oauth/token';
const CONTROL_PATH = '/_control/';
/** IIS keeps an idle connection for two minutes. */
const KEEP_ALIVE_MS = 120_000;

export interface ServerParts {
  readonly world: World;
  readonly access: Access;
  readonly faults: FaultPlan;
  readonly routes: readonly Route[];
  /** Answers below /_control/; null: switched off. */
  readonly control: ((method: string, path: string, body: string) => Answer) | null;
}

/** An HTTP server for the whole of the simulated Command; not listening yet. */
export function createHttpServer(parts: ServerParts): Server {
  const server = createServer((request, response) => {
    answer(parts, request, response).catch((error: unknown) => {
      send(response, toErrorAnswer(error, parts.world.knobs), parts.world.knobs);
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  return server;
}

async function answer(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const body = await readBody(request);
  if (body === null) return send(response, { status: 413 }, parts.world.knobs);
  const method = request.method ?? 'GET';
  if (parts.control && url.pathname.startsWith(CONTROL_PATH)) {
    return send(response, parts.control(method, url.pathname.slice(CONTROL_PATH.length), body), {
      ...parts.world.knobs,
      propertyCase: 'pascal',
    });
  }
  if (url.pathname.toLowerCase() === TOKEN_PATH) return answerToken(parts, { request, response, method, body });

  response.setHeader('x-keyfactor-product-version', parts.world.version);
  const base = BASE_PATH.toLowerCase();
  const isBelow = url.pathname.toLowerCase().startsWith(`${base}/`);
  const path = isBelow ? url.pathname.slice(base.length) : url.pathname;
  const match = isBelow ? findRoute(parts.routes, method, path) : null;
  await answerApi(parts, { request, response, method, path, search: url.searchParams, body, match });
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly search: URLSearchParams;
  readonly body: string;
  readonly match: ReturnType<typeof findRoute>;
}

async function answerApi(parts: ServerParts, incoming: Incoming): Promise<void> {
  const { world } = parts;
  const { match, response } = incoming;
  const name = match && match !== 'no-method' ? match.route.name : 'unknown';
  count(world.truth.requests, name);
  const restart = name === 'restart' ? record(world.truth.restarts, newRestartRecord(world, match)) : null;
  const user = tryAuthenticate(parts, incoming.request);
  if (restart && !(user instanceof ApiError)) restart.user = user.name;

  const faults = parts.faults.strike({
    route: name,
    method: incoming.method,
    path: incoming.path,
    user: user instanceof ApiError ? null : user.name,
  });
  const finish = (ending: RestartRecord['answer']) => {
    if (restart) restart.answer = ending;
    count(world.truth.answers, `${name} ${ending}`);
  };
  const delay = world.knobs.latencyMs + (findFault(faults, 'latency')?.ms ?? 0);
  if (delay > 0) await new Promise<void>((resolve) => world.clock.after(delay, resolve));

  const before = findFault(faults, 'resetBefore', 'hang', 'status', 'html');
  if (before?.kind === 'resetBefore') return reset(response, finish);
  if (before?.kind === 'hang') return finish('hang');
  const staleFault = findFault(faults, 'stale');
  if (staleFault) keepPastStates(world);
  const staleMs = Math.max(world.knobs.staleMs, staleFault?.ms ?? 0);
  const result = before ? faultAnswer(before, world) : await handle(parts, incoming, { user, restart, staleMs });

  const after = findFault(faults, 'resetAfter', 'hangAfter', 'statusAfter');
  if (after?.kind === 'resetAfter') return reset(response, finish);
  if (after?.kind === 'hangAfter') return finish('hang');
  const sent = after ? faultAnswer(after, world) : result;
  if (findFault(faults, 'cutAnswer')) return cut(response, sent, finish);
  finish(sent.status);
  send(response, sent, world.knobs);
}

interface Caller {
  readonly user: User | ApiError;
  readonly restart: RestartRecord | null;
  readonly staleMs: number;
}

async function handle(parts: ServerParts, incoming: Incoming, caller: Caller): Promise<Answer> {
  const { world } = parts;
  const { match, request, response, method, path, search, body } = incoming;
  try {
    if (caller.user instanceof ApiError) throw caller.user;
    checkHeader(world, incoming);
    if (match === 'no-method')
      throw new ApiError(405, '0xA0110002', 'The requested resource does not support this method.');
    if (!match) throw notFound('No HTTP resource was found that matches the request.');
    const exchange: Exchange = {
      request,
      response,
      method,
      path,
      search,
      body,
      parameters: match.parameters,
      user: caller.user,
      staleMs: caller.staleMs,
      restart: caller.restart,
    };
    return await match.route.handle(exchange);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403 && !(caller.user instanceof ApiError))
      writeAccessAudit(world, caller.user.name, path);
    return toErrorAnswer(error, world.knobs);
  }
}

function tryAuthenticate(parts: ServerParts, request: IncomingMessage): User | ApiError {
  try {
    return parts.access.authenticate(request.headers.authorization);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function checkHeader(world: World, { request, method }: Incoming): void {
  if (request.headers['x-keyfactor-requested-with'] !== undefined) return;
  if (world.knobs.requireHeader === 'post' && method === 'GET') return;
  throw badArgument('The X-Keyfactor-Requested-With header is required.');
}

function newRestartRecord(world: World, match: RouteMatch | 'no-method' | null): RestartRecord {
  const instanceId = match && match !== 'no-method' ? (match.parameters['id'] ?? '') : '';
  return {
    at: world.clock.now(),
    instanceId: instanceId.toLowerCase(),
    user: null,
    version: null,
    tookEffect: false,
    newId: null,
    answer: null,
  };
}

function faultAnswer(
  fault: { kind: string; status?: number | undefined; retryAfter?: number | undefined },
  world: World,
): Answer {
  const status = fault.status ?? (fault.kind === 'html' ? 200 : 503);
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.kind === 'html') return htmlAnswer(status, 'The service is down for maintenance.', headers);
  const answer = toErrorAnswer(
    new ApiError(status, '0xA0010002', 'The server could not answer the request.'),
    world.knobs,
  );
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function reset(response: ServerResponse, finish: (ending: 'reset') => void): void {
  finish('reset');
  response.socket?.resetAndDestroy();
}

/** Sends the head of the answer and half of its body, then cuts the connection. */
function cut(response: ServerResponse, answer: Answer, finish: (ending: number) => void): void {
  const text = JSON.stringify(answer.body ?? '');
  finish(answer.status);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.write(text.slice(0, Math.floor(text.length / 2)), () => response.socket?.destroy());
}

function answerToken(
  parts: ServerParts,
  asked: { request: IncomingMessage; response: ServerResponse; method: string; body: string },
): void {
  count(parts.world.truth.requests, 'token');
  const knobs = { ...parts.world.knobs, propertyCase: 'pascal' } as const;
  const faults = parts.faults.strike({ route: 'token', method: asked.method, path: TOKEN_PATH, user: null });
  const fault = findFault(faults, 'status', 'html');
  if (fault) return send(asked.response, faultAnswer(fault, parts.world), knobs);
  if (findFault(faults, 'resetBefore', 'resetAfter')) return void asked.response.socket?.resetAndDestroy();
  if (findFault(faults, 'hang', 'hangAfter')) return;
  if (asked.method !== 'POST') return send(asked.response, { status: 405 }, knobs);
  send(asked.response, parts.access.grantToken(asked.body, asked.request.headers.authorization), knobs);
}
