import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DECISIONS, NAME_LIMIT, REASON_LIMIT } from '../core/decision.ts';
import type { DecisionType } from '../core/decision.ts';
import { parseSpan } from '../core/since.ts';
import { HttpError } from './guards.ts';
import type { Guards } from './guards.ts';
import type { ServerParts } from './parts.ts';

interface Reasoned {
  readonly reason: string;
}

interface PauseBody extends Reasoned {
  readonly for?: string;
}

interface DecisionBody extends Reasoned {
  readonly sendAgain?: boolean;
  readonly successor?: string;
}

const REASON = { type: 'string', minLength: 1, maxLength: REASON_LIMIT, pattern: '\\S' } as const;

/** People's decisions over HTTP, and the hint to sweep now. */
export function addAdminRoutes(app: FastifyInstance, parts: ServerParts, guards: Guards): void {
  const onRequest = guards.admin;

  app.post<{ Body: PauseBody }>(
    '/api/v1/pause',
    { onRequest, schema: { body: bodyOf({ for: { type: 'string' } }) } },
    (request) => pause(request, parts),
  );

  app.post('/api/v1/resume', { onRequest }, async () => {
    await parts.resume();
    return { paused: null };
  });

  for (const type of DECISIONS) addDecisionRoute(type, app, parts, guards);

  app.post('/api/v1/events', { onRequest }, async (_request, reply) => {
    await parts.requestSweep();
    return reply.code(202).send({ accepted: true });
  });
}

async function pause(request: FastifyRequest<{ Body: PauseBody }>, parts: ServerParts): Promise<object> {
  const { reason, for: span } = request.body;
  const since = parts.now();
  await parts.pause({ reason: reason.trim(), by: whoCalls(request), since, until: untilOf(span, since) });
  return { paused: (await parts.reader.status()).paused };
}

function addDecisionRoute(type: DecisionType, app: FastifyInstance, parts: ServerParts, guards: Guards): void {
  const also = {
    ...(type === 'retry' || type === 'release' ? { sendAgain: { type: 'boolean' } } : {}),
    ...(type === 'release' ? { successor: { type: 'string', maxLength: 64 } } : {}),
  };
  app.post<{ Params: { id: string }; Body: DecisionBody }>(
    `/api/v1/remediations/:id/${type}`,
    { onRequest: guards.admin, schema: { body: bodyOf(also) } },
    async (request) => {
      const { id } = request.params;
      const { reason, sendAgain, successor } = request.body;
      const wish = {
        type,
        reason,
        by: whoCalls(request),
        ...(sendAgain ? { sendAgain } : {}),
        ...(successor === undefined ? {} : { successor }),
      };
      const answer = await parts.decide(id, wish);
      if (answer.type === 'unknown') throw new HttpError(404, 'no remediation has such an instance or ReferenceId');
      if (answer.type === 'refused') throw new HttpError(409, answer.why);
      return parts.reader.explain(id);
    },
  );
}

function bodyOf(also: Readonly<Record<string, object>>): object {
  return { type: 'object', required: ['reason'], additionalProperties: false, properties: { reason: REASON, ...also } };
}

/** Whoever holds the admin token says who decides. */
function whoCalls({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const given = headers['x-remediator-user'];
  const name = (typeof given === 'string' ? given : '').trim().slice(0, NAME_LIMIT);
  return name === '' ? 'http admin' : name;
}

function untilOf(span: string | undefined, since: number): number | null {
  if (span === undefined) return null;
  const ms = parseSpan(span);
  if (ms === null || ms === 0) throw new HttpError(400, 'for: a duration such as 30m, 4h');
  return since + ms;
}
