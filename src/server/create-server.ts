import { STATUS_CODES } from 'node:http';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { TransientError } from '../core/errors.ts';
import { addAdminRoutes } from './admin-routes.ts';
import { createGuards } from './guards.ts';
import type { Guards } from './guards.ts';
import { addHealthRoutes } from './health-routes.ts';
import { addPageRoutes } from './page-routes.ts';
import type { ServerOptions, ServerParts } from './parts.ts';
import { addReadRoutes } from './read-routes.ts';

export interface HttpServer {
  /** For tests, and for routes that are added before `start`. */
  readonly app: FastifyInstance;
  readonly guards: Guards;
  /** Listens; answers the address. @throws where the port is taken */
  start(): Promise<string>;
  stop(): Promise<void>;
}

/** The largest body that is read; a hint or a reason needs less. */
const BODY_LIMIT = 64 * 1024;

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The HTTP server of one replica: health, metrics, the API, the dashboard. Pages of others may be added to `app`. */
export function createServer(parts: ServerParts, options: ServerOptions): HttpServer {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false } }, // a misspelled key is an error, not nothing
  });
  const guards = createGuards(options);
  app.addHook('onSend', async (_request, reply) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS))
      if (!reply.hasHeader(name)) void reply.header(name, value);
  });
  answerErrors(app);
  readBodies(app);
  addHealthRoutes(app, parts, guards);
  addReadRoutes(app, parts, guards);
  addAdminRoutes(app, parts, guards);
  addPageRoutes(app, parts, guards);
  return {
    app,
    guards,
    start: async () => app.listen({ host: options.host, port: options.port }),
    stop: async () => app.close(),
  };
}

/** JSON, or nothing at all; Command's own notifications come in whatever form, and a hint needs no content. */
function readBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.toString().trim() === '') done(null, null);
    else void parseJson(request, body.toString(), done);
  });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null, null));
}

/** Every error is JSON; what went wrong inside is not told. */
function answerErrors(app: FastifyInstance): void {
  const bodyFor = (statusCode: number, message: string) => ({
    statusCode,
    error: STATUS_CODES[statusCode] ?? 'Error',
    message,
  });
  app.setNotFoundHandler(async (request, reply) =>
    reply.code(404).send(bodyFor(404, `there is no ${request.method} ${request.url.split('?')[0] ?? ''}`)),
  );
  app.setErrorHandler(async (error, _request, reply) => {
    const statusCode = statusOf(error);
    const message = statusCode < 500 || statusCode === 503 ? messageOf(error) : 'internal error';
    return reply.code(statusCode).send(bodyFor(statusCode, message));
  });
}

function statusOf(error: unknown): number {
  if (error instanceof TransientError) return 503; // Redis is away
  const statusCode = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 600 ? statusCode : 500;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
