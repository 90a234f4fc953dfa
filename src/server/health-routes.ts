import type { FastifyInstance } from 'fastify';
import type { Guards } from './guards.ts';
import { openApiDocument } from './openapi.ts';
import type { Readiness, ServerParts } from './parts.ts';

/** `/readyz` answers within 2 s whatever hangs. */
const READY_LIMIT_MS = 1500;

/** Health, readiness, metrics and the description of the API. */
export function addHealthRoutes(app: FastifyInstance, parts: ServerParts, guards: Guards): void {
  app.get('/healthz', async () => ({ ok: true, version: parts.version }));

  app.get('/readyz', async (_request, reply) => {
    const readiness = await readyInTime(parts);
    return reply.code(readiness.ok ? 200 : 503).send(readiness);
  });

  app.get('/metrics', { onRequest: guards.read }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await parts.metrics()),
  );

  const document = openApiDocument(parts.version);
  app.get('/api/v1/openapi.json', async () => document);
}

async function readyInTime({ ready }: ServerParts): Promise<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Readiness>();
  const timer = setTimeout(
    () => resolve({ ok: false, checks: { time: 'the checks did not end within 1.5 s' } }),
    READY_LIMIT_MS,
  );
  try {
    return await Promise.race([ready(), late]);
  } catch (error) {
    return { ok: false, checks: { ready: error instanceof Error ? error.message : String(error) } };
  } finally {
    clearTimeout(timer);
  }
}
