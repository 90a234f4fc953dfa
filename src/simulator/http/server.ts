import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { count } from '../world/truth.ts';
import type { World } from '../world/types.ts';
import { answerApi } from './answer-api.ts';
import { answerToken } from './answer-token.ts';
import type { Access } from './auth.ts';
import { readBody, type Answer, type Incoming } from './exchange.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Route } from './routes.ts';
import { send, toErrorAnswer } from './send.ts';

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
    answerRequest(parts, request, response).catch((error: unknown) => {
      send(response, toErrorAnswer(error, parts.world.knobs), parts.world.knobs);
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  return server;
}

async function answerRequest(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const method = request.method ?? 'GET';
  const body = await readBody(request);
  const plainKnobs = { ...parts.world.knobs, propertyCase: 'pascal' } as const;
  if (body === null) return send(response, { status: 413 }, plainKnobs);
  if (parts.control && url.pathname.startsWith(CONTROL_PATH)) {
    return send(response, parts.control(method, url.pathname.slice(CONTROL_PATH.length), body), plainKnobs);
  }
  const incoming: Incoming = { request, response, method, path: url.pathname, search: url.searchParams, body };
  if (url.pathname.toLowerCase() === TOKEN_PATH) {
    count(parts.world.truth.requests, 'token');
    return answerToken(parts, incoming);
  }
  response.setHeader('x-keyfactor-product-version', parts.world.version);
  const isBelow = url.pathname.toLowerCase().startsWith(`${BASE_PATH.toLowerCase()}/`);
  await answerApi(parts, { ...incoming, path: isBelow ? url.pathname.slice(BASE_PATH.length) : null });
}
