import { OUTCOMES, PHASES } from '../core/remediation.ts';
import { MOST, USUAL_LIMIT } from './read-routes.ts';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object, description = 'OK') => ({ description, content: { 'application/json': { schema } } });
const nullable = (type: string) => ({ type: [type, 'null'] });
const TEXT = { type: 'string' };
const TIME = { type: 'string', format: 'date-time' };
const TIME_OR_NULL = { type: ['string', 'null'], format: 'date-time' };
const GUID = { type: 'string', format: 'uuid' };
const GUIDS = { type: 'array', items: GUID };
const COUNT = { type: 'integer' };
const COUNTS = { type: 'object', additionalProperties: COUNT };

const HEALTH = { type: 'object', properties: { ok: { type: 'boolean' }, version: TEXT } };

const query = (name: string, schema: object, description: string) => ({ name, in: 'query', schema, description });
const PAGE = [
  query('limit', { type: 'integer', minimum: 1, maximum: MOST, default: USUAL_LIMIT }, 'most items of one page'),
  query('cursor', TEXT, 'nextCursor of the page before'),
];
const ID = {
  name: 'id',
  in: 'path',
  required: true,
  schema: TEXT,
  description: 'any instance of the lineage, or a ReferenceId',
};
const USER = { name: 'X-Remediator-User', in: 'header', schema: TEXT, description: 'who decides, for the record' };
const page = (name: string) => ({
  type: 'object',
  required: ['items', 'nextCursor'],
  properties: { items: { type: 'array', items: ref(name) }, nextCursor: nullable('string') },
});

const ERRORS = {
  '400': json(ref('Error'), 'wrong call'),
  '401': json(ref('Error'), 'no or a wrong token'),
  '503': json(ref('Error'), 'Redis does not answer'),
};
const READ = { security: [{}, { bearer: [] }] };
const ADMIN = { security: [{ bearer: [] }] };
const FORBIDDEN = { '403': json(ref('Error'), 'no admin token is configured, or this one only reads') };
const TOO_LARGE = { '413': json(ref('Error'), 'the body is too large') };
const NOT_FOUND = { '404': json(ref('Error'), 'no such id') };

const get = (summary: string, schema: object, parameters: readonly object[] = [], also: object = {}) => ({
  get: { summary, ...READ, parameters, responses: { '200': json(schema), ...ERRORS, ...also } },
});
const post = (summary: string, request: object | null, responses: object, parameters: readonly object[] = [USER]) => ({
  post: {
    summary,
    ...ADMIN,
    parameters,
    ...(request === null
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: request } } } }),
    responses: { ...responses, ...ERRORS, ...FORBIDDEN, ...TOO_LARGE },
  },
});
const reasoned = (also: object = {}) => ({
  type: 'object',
  required: ['reason'],
  additionalProperties: false,
  properties: { reason: { type: 'string', minLength: 1, maxLength: 500 }, ...also },
});
const SEND_AGAIN = { sendAgain: { type: 'boolean', description: 'again, although a restart may have happened' } };
const decision = (summary: string, also: object = {}) =>
  post(
    summary,
    reasoned(also),
    { '200': json(ref('Explanation')), ...NOT_FOUND, '409': json(ref('Error'), 'not in its present state') },
    [ID, USER],
  );

const PATHS = {
  '/healthz': { get: { summary: 'the process lives', security: [], responses: { '200': json(HEALTH) } } },
  '/readyz': {
    get: {
      summary: 'Redis and configuration are fit for work',
      security: [],
      responses: { '200': json(ref('Readiness')), '503': json(ref('Readiness'), 'not ready') },
    },
  },
  '/metrics': {
    get: {
      summary: 'metrics for Prometheus',
      ...READ,
      responses: { '200': { description: 'OK', content: { 'text/plain': { schema: TEXT } } } },
    },
  },
  '/api/v1/openapi.json': {
    get: { summary: 'this document', security: [], responses: { '200': json({ type: 'object' }) } },
  },
  '/api/v1/status': get('the state of everything', ref('Status')),
  '/api/v1/remediations': get('remediations, open ones first', page('Remediation'), [
    ...PAGE,
    query('phase', { type: 'string', enum: PHASES }, 'only this phase'),
    query('outcome', { type: 'string', enum: OUTCOMES }, 'only ended ones with this outcome'),
    query('ca', TEXT, 'only those of this certificate authority'),
    query('search', TEXT, 'part of a title or an id, in any case'),
  ]),
  '/api/v1/remediations/{id}': get('everything about one remediation', ref('Explanation'), [ID], NOT_FOUND),
  '/api/v1/lineage': get('which instance became which', page('LineageRecord'), [
    ...PAGE,
    query('since', TEXT, 'a duration back from now (7d) or a time'),
  ]),
  '/api/v1/dependencies': get('certificate authorities and endpoints', page('Dependency'), PAGE),
  '/api/v1/pause': post(
    'no new restart by any replica after one second',
    reasoned({ for: { type: 'string', description: 'ends by itself after this duration, such as 4h' } }),
    { '200': json({ type: 'object', properties: { paused: ref('Pause') } }) },
  ),
  '/api/v1/resume': post('end a pause and the brake', null, { '200': json({ type: 'object' }) }),
  '/api/v1/remediations/{id}/retry': decision('work on it again, with one more attempt', SEND_AGAIN),
  '/api/v1/remediations/{id}/hold': decision('send nothing for it until it is released'),
  '/api/v1/remediations/{id}/release': decision('back to work; what it was held for is waived once', {
    ...SEND_AGAIN,
    successor: { type: 'string', description: 'settles a restart: the id of the new run, or "none"' },
  }),
  '/api/v1/remediations/{id}/ignore': decision('end it: out of scope'),
  '/api/v1/events': post('a hint: sweep now', null, { '202': json({ type: 'object' }, 'accepted') }, []),
};

const REMEDIATION = {
  rootInstanceId: GUID,
  currentInstanceId: GUID,
  referenceId: nullable('integer'),
  title: nullable('string'),
  definitionName: nullable('string'),
  instanceIds: GUIDS,
  phase: { type: 'string', enum: PHASES },
  outcome: { type: ['string', 'null'], enum: [...OUTCOMES, null] },
  reason: TEXT,
  rule: TEXT,
  ca: nullable('string'),
  attemptsMade: COUNT,
  maxAttempts: COUNT,
  nextAt: TIME_OR_NULL,
  firstSeenAt: TIME,
  endedAt: TIME_OR_NULL,
};

const LINEAGE_RECORD = {
  oldInstanceId: GUID,
  newInstanceId: { type: ['string', 'null'], format: 'uuid' },
  rootInstanceId: GUID,
  oldReferenceId: nullable('integer'),
  newReferenceId: nullable('integer'),
  attempt: COUNT,
  origin: { type: 'string', enum: ['remediator', 'external', 'move'] },
  confidence: { type: 'string', enum: ['exact', 'unique', 'ambiguous', 'none'] },
  candidates: GUIDS,
  evidence: { type: 'array', items: TEXT },
  definitionId: GUID,
  definitionName: nullable('string'),
  title: nullable('string'),
  restartedAt: TIME,
  resolvedAt: TIME_OR_NULL,
  newStatus: nullable('string'),
};

const PAUSE = { reason: TEXT, by: TEXT, since: TIME, until: TIME_OR_NULL };

const DEPENDENCY = {
  name: TEXT,
  kind: { type: 'string', enum: ['ca', 'endpoint', 'step'] },
  state: { type: 'string', enum: ['up', 'ramp', 'canary', 'down', 'untestable'] },
  waiting: COUNT,
  inFlight: COUNT,
  lastTestAt: TIME_OR_NULL,
  lastGoodAt: TIME_OR_NULL,
  nextAt: TIME_OR_NULL,
  message: nullable('string'),
};

const STATUS = {
  mode: { type: 'string', enum: ['observe', 'active'] },
  paused: { oneOf: [ref('Pause'), { type: 'null' }] },
  brake: nullable('string'),
  phases: COUNTS,
  outcomes: COUNTS,
  dependencies: { type: 'array', items: ref('Dependency') },
  limits: COUNTS,
  lastSweepAt: TIME_OR_NULL,
  replicas: COUNT,
  history: COUNT,
  causes: { type: 'array', items: { type: 'object', properties: { key: TEXT, count: COUNT } } },
  oldRow: { type: 'object', properties: { fate: TEXT, evidence: nullable('string') } },
};

const EXPLANATION = {
  ...REMEDIATION,
  isArchived: { type: 'boolean', description: 'it has left the list, and its timeline is not kept any more' },
  lineage: { type: 'array', items: ref('LineageRecord') },
  timeline: { type: 'array', items: { type: 'object', properties: { at: TIME, by: TEXT, text: TEXT } } },
  facts: { type: 'object' },
  gate: nullable('object'),
  restart: nullable('object'),
  whatPeopleCanDo: { type: 'array', items: { type: 'object', properties: { command: TEXT, does: TEXT } } },
};

/** All keys of these are always there. */
const whole = (properties: object) => ({ type: 'object', required: Object.keys(properties), properties });

/** The description of the API; a test compares it with the routes and with what they answer. */
export function openApiDocument(version: string) {
  return {
    openapi: '3.1.0',
    info: { title: 'Keyfactor Workflow Remediator', version },
    paths: PATHS,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Remediation: whole(REMEDIATION),
        LineageRecord: whole(LINEAGE_RECORD),
        Explanation: whole(EXPLANATION),
        Dependency: whole(DEPENDENCY),
        Status: whole(STATUS),
        Pause: whole(PAUSE),
        Readiness: whole({ ok: { type: 'boolean' }, checks: { type: 'object' } }),
        Error: whole({ statusCode: COUNT, error: TEXT, message: TEXT }),
      },
    },
  };
}
