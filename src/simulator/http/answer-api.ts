import { writeAccessAudit } from '../world/audit-log.ts';
import { keepPastStates } from '../world/instance-changes.ts';
import { count, record, type RestartRecord } from '../world/truth.ts';
import type { User, World } from '../world/types.ts';
import type { Fault, FaultKind } from '../scenario/faults.ts';
import { ApiError, badArgument, notFound } from './api-error.ts';
import type { Answer, Incoming } from './exchange.ts';
import { cutAnswer, faultAnswer, resetConnection } from './fault-answers.ts';
import { findFault } from './fault-plan.ts';
import { demandPermissions, findRoute, type RouteMatch } from './routes.ts';
import { send, toErrorAnswer } from './send.ts';
import type { ServerParts } from './server.ts';

/** A request below the base path; `path` is null where it is not. */
export type ApiRequest = Omit<Incoming, 'path'> & { readonly path: string | null };

interface Call {
  readonly request: ApiRequest;
  readonly match: RouteMatch | 'no-method' | null;
  readonly routeName: string;
  readonly user: User | ApiError;
  readonly restart: RestartRecord | null;
  readonly faults: readonly Fault[];
}

/** Answers one request to the API, or lets a fault have its way with it. */
export async function answerApi(parts: ServerParts, request: ApiRequest): Promise<void> {
  const { world } = parts;
  const call = beginCall(parts, request);
  request.response.setHeader('date', new Date(world.clock.now()).toUTCString());
  await delay(world, call);
  const before = findFault(call.faults, 'resetBefore', 'hang', 'status', 'html', 'huge');
  if (before && breaksOff(before)) return breakOff(world, call, before);
  const answer = before ? faultAnswer(before, world.knobs) : await callRoute(parts, call);

  const after = findFault(call.faults, 'resetAfter', 'hangAfter', 'statusAfter');
  if (after && breaksOff(after)) return breakOff(world, call, after);
  const sent = after ? faultAnswer(after, world.knobs) : answer;
  endCall(world, call, sent.status);
  if (findFault(call.faults, 'cutAnswer')) cutAnswer(request.response, sent);
  else send(request.response, sent, world.knobs);
}

async function delay(world: World, { faults }: Call): Promise<void> {
  const delayMs = world.knobs.latencyMs + (findFault(faults, 'latency')?.ms ?? 0);
  if (delayMs > 0) await new Promise<void>((resolve) => world.clock.after(delayMs, resolve));
}

function beginCall(parts: ServerParts, request: ApiRequest): Call {
  const { world } = parts;
  const match = request.path === null ? null : findRoute(parts.routes, request.method, request.path);
  const route = match === 'no-method' ? null : match;
  const routeName = route?.route.name ?? 'unknown';
  count(world.truth.requests, routeName);
  const user = tryAuthenticate(parts, request);
  const userName = user instanceof ApiError ? null : user.name;
  const isRestart = route?.route.name === 'restart';
  const restart = isRestart ? record(world.truth.restarts, newRestartRecord(world, route, userName)) : null;
  const faults = parts.faults.strike({
    route: routeName,
    method: request.method,
    path: request.path ?? '/',
    user: userName,
  });
  return { request, match, routeName, user, restart, faults };
}

function newRestartRecord(world: World, match: RouteMatch, user: string | null): RestartRecord {
  const instanceId = (match.parameters['id'] ?? '').toLowerCase();
  return {
    at: world.clock.now(),
    instanceId,
    user,
    version: null,
    tookEffect: false,
    newId: null,
    answer: null,
    endedAt: null,
  };
}

function tryAuthenticate(parts: ServerParts, { request }: ApiRequest): User | ApiError {
  try {
    return parts.access.authenticate(request.headers.authorization);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

const BREAKS: Partial<Record<FaultKind, 'reset' | 'hang'>> = {
  resetBefore: 'reset',
  resetAfter: 'reset',
  hang: 'hang',
  hangAfter: 'hang',
};

function breaksOff({ kind }: Fault): boolean {
  return BREAKS[kind] !== undefined;
}

function breakOff(world: World, call: Call, { kind }: Fault): void {
  const ending = BREAKS[kind] ?? 'reset';
  endCall(world, call, ending);
  if (ending === 'reset') resetConnection(call.request.response);
}

function endCall(world: World, call: Call, ending: number | 'hang' | 'reset'): void {
  if (call.restart) Object.assign(call.restart, { answer: ending, endedAt: world.clock.now() });
  count(world.truth.answers, `${call.routeName} ${ending}`);
}

async function callRoute(parts: ServerParts, call: Call): Promise<Answer> {
  const { world } = parts;
  const { user } = call;
  try {
    if (call.request.path === null) throw notFound('There is nothing here; the API is below /KeyfactorAPI.');
    if (user instanceof ApiError) throw user;
    return await answerRoute(world, call, user);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403 && !(user instanceof ApiError))
      writeAccessAudit(world, user.name, call.request.path ?? '/');
    return toErrorAnswer(error, world.knobs);
  }
}

async function answerRoute(world: World, call: Call, user: User): Promise<Answer> {
  const { request, match, restart } = call;
  checkHeader(world, request);
  if (match === 'no-method')
    throw new ApiError(405, '0xA0110002', 'The requested resource does not support this method.');
  if (!match) throw notFound('No HTTP resource was found that matches the request.');
  demandPermissions(match.route, user);
  const { search, body } = request;
  const version = String(request.request.headers['x-keyfactor-api-version'] ?? '1');
  return match.route.answer({
    search,
    body,
    user,
    restart,
    parameters: match.parameters,
    apiVersion: Number.parseInt(version, 10),
    staleMs: staleMsOf(world, call),
  });
}

function staleMsOf(world: World, { faults }: Call): number {
  const fault = findFault(faults, 'stale');
  if (fault) keepPastStates(world);
  return Math.max(world.knobs.staleMs, fault?.ms ?? 0);
}

function checkHeader(world: World, { request, method }: ApiRequest): void {
  if (request.headers['x-keyfactor-requested-with'] !== undefined) return;
  if (world.knobs.requireHeader === 'post' && method === 'GET') return;
  throw badArgument('The X-Keyfactor-Requested-With header is required.');
}
