import type { FastifyInstance } from 'fastify';
import type { Time } from '../core/instance.ts';
import { fromCursor, toCursor } from '../core/list-position.ts';
import type { ListPosition } from '../core/list-position.ts';
import { OUTCOMES, PHASES } from '../core/remediation.ts';
import type { Outcome, Phase } from '../core/remediation.ts';
import { SINCE_FORMS, parseSince } from '../core/since.ts';
import type { RemediationFilter } from '../ports/remediation-store.ts';
import { HttpError } from './guards.ts';
import type { Guards } from './guards.ts';
import { readLineagePage } from './lineage-page.ts';
import type { ServerParts } from './parts.ts';

/** Items a page has where the caller names no limit, and at most. */
export const USUAL_LIMIT = 50;
export const MOST = 1000;

const PAGE_QUERY = {
  limit: { type: 'integer', minimum: 1, maximum: MOST, default: USUAL_LIMIT },
  cursor: { type: 'string', maxLength: 200 },
} as const;

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

interface FilterQuery {
  readonly phase?: Phase | undefined;
  readonly outcome?: Outcome | undefined;
  readonly ca?: string | undefined;
  readonly search?: string | undefined;
}

const LIST_QUERY = {
  ...PAGE_QUERY,
  phase: { type: 'string', enum: PHASES },
  outcome: { type: 'string', enum: OUTCOMES },
  ca: { type: 'string', maxLength: 400 },
  search: { type: 'string', maxLength: 400 },
} as const;

/** The reads of the API. */
export function addReadRoutes(app: FastifyInstance, { reader, now }: ServerParts, guards: Guards): void {
  const onRequest = guards.read;

  app.get('/api/v1/status', { onRequest }, async () => reader.status());

  app.get<{ Querystring: PageQuery & FilterQuery }>(
    '/api/v1/remediations',
    { onRequest, schema: { querystring: { type: 'object', properties: LIST_QUERY } } },
    async ({ query }) => {
      const { limit, cursor } = query;
      const page = await reader.list(filterOf(query), limit, positionFrom(cursor));
      const last = page.at(-1);
      const nextCursor = last === undefined || page.length < limit ? null : toCursor(last.position);
      return { items: page.map(({ view }) => view), nextCursor };
    },
  );

  app.get<{ Params: { id: string } }>('/api/v1/remediations/:id', { onRequest }, async ({ params }) => {
    const view = await reader.explain(params.id);
    if (view === null) throw new HttpError(404, 'no remediation has such an instance or ReferenceId');
    return view;
  });

  app.get<{ Querystring: PageQuery & { since?: string } }>(
    '/api/v1/lineage',
    {
      onRequest,
      schema: { querystring: { type: 'object', properties: { ...PAGE_QUERY, since: { type: 'string' } } } },
    },
    async ({ query }) => readLineagePage({ ...query, since: sinceFrom(query.since, now()) }, reader),
  );

  app.get<{ Querystring: PageQuery }>(
    '/api/v1/dependencies',
    { onRequest, schema: { querystring: { type: 'object', properties: PAGE_QUERY } } },
    async ({ query: { limit, cursor } }) => {
      const sorted = [...(await reader.dependencies())].sort((a, b) => (a.name < b.name ? -1 : 1));
      const rest = cursor === undefined ? sorted : sorted.filter(({ name }) => name > cursor);
      const items = rest.slice(0, limit);
      return { items, nextCursor: rest.length > limit ? (items.at(-1)?.name ?? null) : null };
    },
  );
}

/** The filter that a query asks for. */
export function filterOf({ phase, outcome, ca, search }: FilterQuery): RemediationFilter {
  return {
    ...(phase === undefined ? {} : { phase }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(ca === undefined ? {} : { ca }),
    ...(search === undefined ? {} : { search }),
  };
}

/** @throws HttpError 400 for anything that is not a cursor of ours */
export function positionFrom(cursor: string | undefined): ListPosition | undefined {
  if (cursor === undefined || cursor === '') return undefined;
  const position = fromCursor(cursor);
  if (position === null) throw new HttpError(400, 'cursor: pass nextCursor of the page before');
  return position;
}

function sinceFrom(text: string | undefined, now: Time): Time | null {
  if (text === undefined) return null;
  const since = parseSince(text, now);
  if (since === null) throw new HttpError(400, `since: allowed: ${SINCE_FORMS}`);
  return since;
}
