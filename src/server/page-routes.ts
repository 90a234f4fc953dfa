import type { FastifyInstance, FastifyReply } from 'fastify';
import { toCursor } from '../core/list-position.ts';
import { OUTCOMES, PHASES } from '../core/remediation.ts';
import { HttpError } from './guards.ts';
import type { Guards } from './guards.ts';
import { STYLE } from './pages/layout.ts';
import { overviewPage } from './pages/overview-page.ts';
import type { OverviewQuery } from './pages/overview-page.ts';
import { remediationPage } from './pages/remediation-page.ts';
import type { ServerParts } from './parts.ts';
import { filterOf, positionFrom } from './read-routes.ts';

const ROWS = 100;

/** Pages run no script, load nothing from elsewhere and send their form here only. */
const CONTENT_SECURITY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'";

const QUERY = {
  type: 'object',
  properties: {
    phase: { type: 'string', enum: PHASES },
    outcome: { type: 'string', enum: OUTCOMES },
    search: { type: 'string', maxLength: 400 },
    cursor: { type: 'string', maxLength: 200 },
  },
} as const;

/** The dashboard, for reading: nothing is decided here. */
export function addPageRoutes(app: FastifyInstance, { reader }: ServerParts, guards: Guards): void {
  const onRequest = guards.page;

  app.get<{ Querystring: OverviewQuery & { cursor?: string } }>(
    '/',
    { onRequest, schema: { querystring: QUERY } },
    async ({ query: { cursor, ...query } }, reply) => {
      const asked = { ...query, search: query.search || undefined };
      const [status, page] = await Promise.all([
        reader.status(),
        reader.list(filterOf(asked), ROWS, positionFrom(cursor)),
      ]);
      const last = page.at(-1);
      const next = last === undefined || page.length < ROWS ? null : addressOf(asked, toCursor(last.position));
      const items = page.map(({ view }) => view);
      return sendPage(reply, overviewPage({ status, query: asked, items, next, isFirst: cursor === undefined }));
    },
  );

  app.get<{ Params: { id: string } }>('/remediations/:id', { onRequest }, async ({ params }, reply) => {
    const view = await reader.explain(params.id);
    if (view === null) throw new HttpError(404, 'no remediation has such an instance or ReferenceId');
    return sendPage(reply, remediationPage(view));
  });

  app.get('/style.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
}

function addressOf(query: OverviewQuery, cursor: string): string {
  const pairs = Object.entries({ ...query, cursor }).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return `/?${new URLSearchParams(pairs).toString()}`;
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.header('content-security-policy', CONTENT_SECURITY).type('text/html; charset=utf-8').send(page);
}
