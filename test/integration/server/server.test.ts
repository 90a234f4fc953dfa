import type { ServerOptions, ServerParts } from '../../../src/server/parts.ts';
import { createServer } from '../../../src/server/create-server.ts';
import type { HttpServer } from '../../../src/server/create-server.ts';
import { createReader } from '../../../src/daemon/reader.ts';
import { applyDecision } from '../../../src/remediation/apply-decision.ts';
import { fromJson } from '../../support/simulator-client.ts';
import { NOON, aPolicy, aRecord, aRemediation, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const running: HttpServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** What the answers have that tests look into. */
interface Body {
  readonly items: readonly Record<string, unknown>[];
  readonly nextCursor: string | null;
  readonly timeline: readonly unknown[];
  readonly paused: unknown;
  readonly components: { readonly schemas: Record<string, { readonly required: readonly string[] }> };
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, unknown> }>>;
}

/** A server over stores in memory. */
function aServer(options: Partial<ServerOptions> = {}, changes: Partial<ServerParts> = {}) {
  const stores = memoryStores();
  const sweeps: string[] = [];
  const server = createServer(
    {
      reader: createReader({ ...stores, policy: aPolicy() }),
      decide: async (id, wish) => applyDecision(id, wish, stores),
      pause: async (pause) => stores.ledger.pause(pause),
      resume: async () => stores.ledger.resume(),
      requestSweep: async () => void sweeps.push('sweep'),
      ready: async () => ({ ok: true, checks: { redis: null } }),
      metrics: async () => 'remediator_paused 0\n',
      now: stores.now,
      version: '1.2.3',
      ...changes,
    },
    { host: '127.0.0.1', port: 0, ...options },
  );
  running.push(server);
  const ask = async (url: string, asked: Asked = {}) => {
    const { method = 'GET', token, body, headers = {} } = asked;
    const response = await server.app.inject({
      method,
      url,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: fromJson<Body>(isJson ? response.body : 'null'),
    };
  };
  return { server, stores, sweeps, ask };
}

const TOKENS = { readToken: 'read-me', adminToken: 'rule-me' };
const READS = ['/api/v1/status', '/api/v1/remediations', '/api/v1/lineage', '/api/v1/dependencies', '/metrics'];
/** For people: not part of the API. */
const PAGES = ['/', '/remediations/:id', '/style.css'];
const OPEN = ['/healthz', '/readyz', '/api/v1/openapi.json'];

describe('tokens', () => {
  test.each(OPEN)('%s is always open', async (url) => {
    expect((await aServer(TOKENS).ask(url)).status).toBe(200);
  });

  test.each(READS)('%s is open without a read token', async (url) => {
    expect((await aServer({ adminToken: 'rule-me' }).ask(url)).status).toBe(200);
  });

  test.each(READS)('%s takes the read and the admin token, and no other', async (url) => {
    const { ask } = aServer(TOKENS);

    const answers = [
      await ask(url),
      await ask(url, { token: 'wrong' }),
      await ask(url, { token: 'read-me' }),
      await ask(url, { token: 'rule-me' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 200, 200]);
    expect(answers[0]?.headers['www-authenticate']).toBe('Bearer');
    expect(answers[0]?.body).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      message: expect.any(String) as unknown,
    });
  });

  test('admin calls answer 403 without an admin token in the configuration', async () => {
    const { ask } = aServer({ readToken: 'read-me' });

    expect((await ask('/api/v1/resume', { method: 'POST', token: 'read-me' })).status).toBe(403);
    expect((await ask('/api/v1/events', { method: 'POST' })).status).toBe(403);
  });

  test('the read token does not decide', async () => {
    const { ask, stores } = aServer(TOKENS);

    const answers = [
      await ask('/api/v1/pause', { method: 'POST', body: { reason: 'x' } }),
      await ask('/api/v1/pause', { method: 'POST', body: { reason: 'x' }, token: 'read-me' }),
      await ask('/api/v1/pause', { method: 'POST', body: { reason: 'x' }, token: 'rule-me' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 403, 200]);
    expect(await stores.ledger.paused()).toMatchObject({ reason: 'x', by: 'http admin' });
  });
});

describe('readiness', () => {
  test('is 503 with the reason where a check fails', async () => {
    const ready = async () => ({ ok: false, checks: { redis: 'does not answer' } });

    expect(await aServer({}, { ready }).ask('/readyz')).toMatchObject({
      status: 503,
      body: { ok: false, checks: { redis: 'does not answer' } },
    });
  });

  test('is 503 within two seconds where a check hangs', async () => {
    const begun = performance.now();

    const { status } = await aServer({}, { ready: async () => new Promise(() => undefined) }).ask('/readyz');

    expect(status).toBe(503);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('reads', () => {
  test('lists remediations in pages, each once', async () => {
    const { ask, stores } = aServer();
    for (let number = 1; number <= 7; number++)
      await stores.store.create(aRemediation({ rootInstanceId: guid(number), referenceId: number }));

    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: { body: Body } = await ask(`/api/v1/remediations?limit=3&cursor=${encodeURIComponent(cursor)}`);
      seen.push(...body.items.map(({ rootInstanceId }) => String(rootInstanceId)));
      cursor = body.nextCursor;
    }

    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7].map(guid));
  });

  test('narrows the list by phase, outcome, CA and text', async () => {
    const { ask, stores } = aServer();
    await stores.store.create(aRemediation({ rootInstanceId: guid(1), title: 'Building Services' }));
    await stores.store.create(aRemediation({ rootInstanceId: guid(2), ca: 'other' }));
    await stores.store.create(
      aRemediation({ rootInstanceId: guid(3), phase: 'ended', outcome: 'ignored', endedAt: NOON }),
    );
    const count = async (query: string) => (await ask(`/api/v1/remediations?${query}`)).body.items.length;

    expect(await count('')).toBe(3);
    expect(await count('limit=1000')).toBe(3);
    expect(await count('phase=waiting')).toBe(2);
    expect(await count('outcome=ignored')).toBe(1);
    expect(await count('ca=OTHER')).toBe(1);
    expect(await count('search=BUILDING')).toBe(1);
  });

  test.each(['limit=0', 'limit=x', 'limit=5000', 'phase=nowhere', 'outcome=good', 'cursor=x'])(
    'answers 400 to ?%s',
    async (query) => {
      expect(await aServer().ask(`/api/v1/remediations?${query}`)).toMatchObject({
        status: 400,
        body: { statusCode: 400 },
      });
    },
  );

  test('explains by any id of the lineage in any case, and by ReferenceId; 404 for an unknown one', async () => {
    const { ask, stores } = aServer();
    const current = 'aaaaaaaa-0000-4000-8000-00000000000a';
    await stores.store.create(
      aRemediation({ rootInstanceId: guid(1), currentInstanceId: current, lineage: [aRecord()] }),
    );

    for (const id of [guid(1), current.toUpperCase(), '812']) {
      expect(await ask(`/api/v1/remediations/${id}`)).toMatchObject({
        status: 200,
        body: { rootInstanceId: guid(1), timeline: [{}] },
      });
    }
    expect(await ask(`/api/v1/remediations/${guid(99)}`)).toMatchObject({ status: 404, body: { error: 'Not Found' } });
    expect(await ask('/api/v1/nothing')).toMatchObject({ status: 404, body: { statusCode: 404 } });
  });

  test('pages through lineage records, those that left the list last, never more than the limit, each once', async () => {
    const { ask, stores } = aServer();
    for (let number = 1; number <= 4; number++) {
      const records = [1, 2, 3].map((attempt) =>
        aRecord({ oldInstanceId: guid(number * 10 + attempt), attempt, restartedAt: NOON + attempt * 1000 }),
      );
      const record = aRemediation({ rootInstanceId: guid(number), lineage: records, phase: 'ended', endedAt: NOON });
      await stores.store.create(record);
      if (number < 3) await stores.archive.add(record);
    }

    const pages: string[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: { body: Body } = await ask(`/api/v1/lineage?limit=2&cursor=${encodeURIComponent(cursor)}`);
      pages.push(body.items.map(({ oldInstanceId }) => String(oldInstanceId)));
      cursor = body.nextCursor;
    }

    expect(pages.every((page) => page.length <= 2)).toBe(true);
    expect(pages.flat()).toEqual(
      [3, 4, 1, 2].flatMap((number) => [1, 2, 3].map((attempt) => guid(number * 10 + attempt))),
    );
    const since = new Date(NOON + 3000).toISOString();
    expect((await ask(`/api/v1/lineage?since=${since}`)).body.items).toHaveLength(4);
    expect((await ask('/api/v1/lineage?since=x')).status).toBe(400);
    const archived = encodeURIComponent(`archived~${NOON}~${guid(1)}`);
    expect((await ask(`/api/v1/remediations?cursor=${archived}`)).status).toBe(400);
  });

  test('shows dependencies that somebody knows, and creates none by looking', async () => {
    const { ask, stores } = aServer();
    await stores.store.create(aRemediation({ parkedOn: 'CA 1', wait: 'dependency' }));
    expect((await ask('/api/v1/dependencies')).body).toEqual({ items: [], nextCursor: null });
    await stores.gates.update('CA 1', 'ca', (dependency) => ({
      ...dependency,
      isDown: true,
      testedAt: NOON,
      lastGoodAt: NOON,
    }));

    const { body } = await ask('/api/v1/dependencies');

    expect(body.items).toEqual([expect.objectContaining({ name: 'CA 1', kind: 'ca', state: 'down', waiting: 1 })]);
    expect((await ask('/api/v1/remediations')).body.items[0]?.['nextAt']).toBe('2026-03-10T12:00:30.000Z');
  });

  test('every answer carries the security headers', async () => {
    for (const url of [...OPEN, ...READS, '/nothing']) {
      expect((await aServer().ask(url)).headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
      });
    }
  });
});

describe('decisions', () => {
  const post = (body: unknown, headers = {}): Asked => ({ method: 'POST', token: 'rule-me', body, headers });

  test('are carried out, with the caller as the one who decides', async () => {
    const { ask, stores } = aServer(TOKENS);
    await stores.store.create(aRemediation());

    const held = await ask(
      '/api/v1/remediations/812/hold',
      post({ reason: 'wait for the owner' }, { 'x-remediator-user': 'ann' }),
    );
    const released = await ask(`/api/v1/remediations/${guid(1)}/release`, post({ reason: 'owner agrees' }));
    const ignored = await ask('/api/v1/remediations/812/ignore', post({ reason: 'withdrawn' }));
    const retried = await ask('/api/v1/remediations/812/retry', post({ reason: 'after all' }));

    expect(held).toMatchObject({ status: 200, body: { phase: 'held', reason: 'held by ann: wait for the owner' } });
    expect(released.body).toMatchObject({ phase: 'waiting' });
    expect(ignored.body).toMatchObject({ phase: 'ended', outcome: 'ignored' });
    expect(retried.body).toMatchObject({ phase: 'waiting', outcome: null, maxAttempts: 5 });
    expect(retried.body.timeline).toContainEqual({
      at: '2026-03-10T12:00:00.000Z',
      by: 'ann',
      text: 'hold: wait for the owner',
    });
  });

  test('that do not fit the state answer 409 and why; an unknown id 404', async () => {
    const { ask, stores } = aServer(TOKENS);
    await stores.store.create(aRemediation());

    expect(await ask('/api/v1/remediations/812/release', post({ reason: 'x' }))).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('not held') as unknown },
    });
    expect((await ask('/api/v1/remediations/99/hold', post({ reason: 'x' }))).status).toBe(404);
  });

  test.each([
    [{}],
    [{ reason: '' }],
    [{ reason: 5 }],
    [{ reason: '   ' }],
    [{ reason: 'x', more: 1 }],
    [{ reason: 'x'.repeat(501) }],
    ['[]'],
  ])('with body %j answer 400', async (body) => {
    const { ask, stores } = aServer(TOKENS);
    await stores.store.create(aRemediation());

    expect((await ask('/api/v1/remediations/812/hold', post(body))).status).toBe(400);
    expect(await stores.store.load(guid(1))).toMatchObject({ phase: 'waiting' });
  });

  test('a body beyond the limit is refused', async () => {
    expect((await aServer(TOKENS).ask('/api/v1/pause', post({ reason: 'x'.repeat(70_000) }))).status).toBe(413);
  });

  test('pause with a duration ends by itself, resume ends it and the brake', async () => {
    const { ask, stores } = aServer(TOKENS);
    await stores.ledger.brake('one id twice');

    const paused = await ask('/api/v1/pause', post({ reason: 'patch night', for: '4h' }));
    expect(paused.body.paused).toMatchObject({ reason: 'patch night', until: '2026-03-10T16:00:00.000Z' });
    expect((await ask('/api/v1/pause', post({ reason: 'x', for: 'long' }))).status).toBe(400);

    expect(await ask('/api/v1/resume', { method: 'POST', token: 'rule-me' })).toMatchObject({
      status: 200,
      body: { paused: null },
    });
    expect([await stores.ledger.paused(), await stores.ledger.braked()]).toEqual([null, null]);
  });

  test.each([
    ['no body', {}],
    ['JSON', { body: { any: 'thing' } }],
    ['text of another kind', { body: '<x/>', headers: { 'content-type': 'application/xml' } }],
    ['an empty JSON body', { headers: { 'content-type': 'application/json' } }],
  ] as const)('a hint with %s asks for a sweep', async (_title, asked) => {
    const { ask, sweeps } = aServer(TOKENS);

    expect((await ask('/api/v1/events', { method: 'POST', token: 'rule-me', ...asked })).status).toBe(202);
    expect(sweeps).toEqual(['sweep']);
  });
});

describe('the OpenAPI document', () => {
  test('names the routes that there are, and no others', async () => {
    const { server, ask } = aServer();
    const document = (await ask('/api/v1/openapi.json')).body;
    await server.app.ready();
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1')] as const),
    );

    for (const [method, url] of described)
      expect([method, url, server.app.hasRoute({ method: method as 'GET', url })]).toEqual([method, url, true]);
    const routes = server.app.printRoutes({ commonPrefix: false }).match(/\((?:GET|POST)[^)]*\)/g) ?? [];
    expect(routes).toHaveLength(described.length + PAGES.length);
  });

  test('describes how each call of the API can fail', async () => {
    const { paths } = (await aServer().ask('/api/v1/openapi.json')).body;
    const failures = ['400', '401', '503'];
    const told = ['/api/v1/status', '/api/v1/lineage', '/api/v1/remediations/{id}'].map((path) =>
      Object.keys(paths[path]?.['get']?.responses ?? {}),
    );

    for (const statuses of told) expect(statuses).toEqual(expect.arrayContaining(failures));
    expect(Object.keys(paths['/api/v1/pause']?.['post']?.responses ?? {})).toEqual(
      expect.arrayContaining([...failures, '403', '413']),
    );
  });

  test('describes all keys of the answers', async () => {
    const { ask, stores } = aServer();
    await stores.store.create(aRemediation({ lineage: [aRecord()] }));
    await stores.gates.update('CA 1', 'ca', (dependency) => ({ ...dependency, testedAt: NOON }));
    const { schemas } = (await ask('/api/v1/openapi.json')).body.components;
    const first = async (url: string) => (await ask(url)).body.items[0] ?? {};

    expect(Object.keys(await first('/api/v1/remediations'))).toEqual(schemas['Remediation']?.required);
    expect(Object.keys(await first('/api/v1/lineage'))).toEqual(schemas['LineageRecord']?.required);
    expect(Object.keys(await first('/api/v1/dependencies'))).toEqual(schemas['Dependency']?.required);
    expect(Object.keys((await ask('/api/v1/status')).body)).toEqual(schemas['Status']?.required);
    expect(Object.keys((await ask('/api/v1/remediations/812')).body)).toEqual(schemas['Explanation']?.required);
  });
});

test('listens on a free port, answers there, and stops', async () => {
  const { server } = aServer();

  const address = await server.start();

  expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ ok: true, version: '1.2.3' });
  await server.stop();
  await expect(fetch(`${address}/healthz`)).rejects.toThrow();
});
