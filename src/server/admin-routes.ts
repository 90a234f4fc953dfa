import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DECISIONS, NAME_LIMIT } from '../core/decision.ts';
import type { DecisionType } from '../core/decision.ts';
import { parseSpan } from '../core/since.ts';
import { readDecisionBody } from './decision-body.ts';
import type { DecisionBody } from './decision-body.ts';
import { HttpError } from './guards.ts';
import type { Guards } from './guards.ts';
import type { ServerParts } from './parts.ts';

/** People's decisions over HTTP, and the hint to sweep now. */
export function addAdminRoutes(app: FastifyInstance, parts: ServerParts, guards: Guards): void {
  const onRequest = guards.admin;

  app.post('/api/v1/pause', { onRequest }, (request) => pause(request, parts));

  app.post('/api/v1/resume', { onRequest }, (request) => resume(request, parts));

  for (const type of DECISIONS) addDecisionRoute(type, app, parts, guards);

  app.post('/api/v1/events', { onRequest }, async (_request, reply) => {
    await parts.requestSweep();
    return reply.code(202).send({ accepted: true });
  });
}

async function pause(request: FastifyRequest, parts: ServerParts): Promise<object> {
  const { reason, for: span } = readDecisionBody(request.body, ['for']);
  const since = parts.now();
  const until = span === undefined ? null : since + (parseSpan(span) ?? 0);
  await parts.pause({ reason: reason.trim(), by: whoCalls(request), since, until });
  return { paused: (await parts.reader.status()).paused };
}

async function resume(request: FastifyRequest, parts: ServerParts): Promise<object> {
  await parts.resume(whoCalls(request));
  return { paused: null };
}

/** What a body may have besides the reason. */
const ALSO: Readonly<Record<DecisionType, readonly (keyof DecisionBody)[]>> = {
  retry: ['sendAgain'],
  hold: [],
  release: ['sendAgain', 'successor'],
  ignore: [],
};

function addDecisionRoute(type: DecisionType, app: FastifyInstance, parts: ServerParts, guards: Guards): void {
  const also = ALSO[type];
  app.post<{ Params: { id: string } }>(
    `/api/v1/remediations/:id/${type}`,
    { onRequest: guards.admin },
    async (request) => {
      const { id } = request.params;
      const { reason, sendAgain, successor } = readDecisionBody(request.body, also);
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

/** Whoever holds the admin token says who decides. */
function whoCalls({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const given = headers['x-remediator-user'];
  const name = (typeof given === 'string' ? given : '').trim().slice(0, NAME_LIMIT);
  return name === '' ? 'http admin' : name;
}
