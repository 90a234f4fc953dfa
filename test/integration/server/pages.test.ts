import { createReader } from '../../../src/daemon/reader.ts';
import { createServer } from '../../../src/server/create-server.ts';
import type { HttpServer } from '../../../src/server/create-server.ts';
import type { ServerOptions } from '../../../src/server/parts.ts';
import { NOON, aPolicy, aRecord, aRemediation, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

let server: HttpServer;
let stores: ReturnType<typeof memoryStores>;

function serve(options: Partial<ServerOptions> = {}): void {
  stores = memoryStores();
  const nothing = async (): Promise<void> => undefined;
  server = createServer(
    {
      reader: createReader({ ...stores, policy: aPolicy() }),
      decide: async () => ({ type: 'unknown' }),
      pause: async (pause) => pause,
      resume: nothing,
      requestSweep: nothing,
      ready: async () => ({ ok: true, checks: {} }),
      metrics: async () => '',
      now: stores.now,
      version: '1.2.3',
    },
    { host: '127.0.0.1', port: 0, ...options },
  );
}

afterEach(async () => {
  await server.stop();
});

async function get(url: string, headers: Record<string, string> = {}) {
  const { statusCode, headers: answered, body } = await server.app.inject({ method: 'GET', url, headers });
  return { statusCode, headers: answered, body };
}

const HOSTILE = '<script>alert(1)</script>"&\u202e';

async function addHeld(root: number, changes: Parameters<typeof aRemediation>[0] = {}): Promise<void> {
  const id = guid(root);
  await stores.store.create(
    aRemediation({
      rootInstanceId: id,
      currentInstanceId: id,
      instanceIds: [id],
      phase: 'held',
      holdCause: 'ambiguous',
      reason: 'two runs cannot be told apart',
      firstSeenAt: NOON + root,
      ...changes,
    }),
  );
}

test('the overview tells the state and lists remediations with a link to each', async () => {
  serve();
  await addHeld(1, { title: 'CN=one.keyexample.com' });
  await stores.ledger.pause({ reason: 'CA works', by: 'jsmith', since: NOON, until: null });

  const { statusCode, headers, body } = await get('/');

  expect(statusCode).toBe(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(body).toContain('CA works (by jsmith, until somebody resumes)');
  expect(body).toContain(`<a href="/remediations/${guid(1)}">CN=one.keyexample.com</a>`);
  expect(body).toContain('two runs cannot be told apart');
});

test('one remediation shows its lineage, its timeline and what a person can do', async () => {
  serve();
  await addHeld(1, { lineage: [aRecord({ oldInstanceId: guid(1), newInstanceId: guid(2), confidence: 'exact' })] });

  const { body } = await get(`/remediations/${guid(1)}`);

  expect(body).toContain(guid(2));
  expect(body).toContain('exact');
  expect(body).toContain(`remediator release ${guid(1)}`);
});

test('text from Command is shown as text', async () => {
  serve();
  await addHeld(1, { title: HOSTILE, reason: HOSTILE, ca: HOSTILE });

  for (const url of ['/', `/remediations/${guid(1)}`, `/?search=${encodeURIComponent(HOSTILE)}`]) {
    const { body } = await get(url);
    expect(body).not.toContain('<script');
    expect(body).not.toContain('\u202e');
    expect(body).toContain('&lt;script&gt;');
  }
});

test('pages run no script and load nothing from elsewhere', async () => {
  serve();

  for (const url of ['/', '/style.css'])
    expect((await get(url)).headers['content-security-policy']).toContain("default-src 'none'");
  expect((await get('/style.css')).headers['content-type']).toContain('text/css');
});

test('goes on where a page ended, and finds by phase and by part of a title', async () => {
  serve();
  for (let root = 1; root <= 101; root++) await addHeld(root, { title: `CN=host${root}.` });

  const first = await get('/?phase=held');
  const next = /<a href="([^"]+)">older<\/a>/.exec(first.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const second = await get(next);

  const count = (body: string): number => body.split('<a href="/remediations/').length - 1;
  expect(next).toContain('phase=held');
  expect([count(first.body), count(second.body)]).toEqual([100, 1]);
  expect(count((await get('/?search=host77.')).body)).toBe(1);
  expect(count((await get('/?phase=waiting')).body)).toBe(0);
});

test.each(['/?phase=nonsense', '/?cursor=nonsense'])('%s is refused', async (url) => {
  serve();
  expect((await get(url)).statusCode).toBe(400);
});

test('an unknown id is not found', async () => {
  serve();
  expect((await get(`/remediations/${guid(9)}`)).statusCode).toBe(404);
});

const basic = (password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`,
});

test('with a read token a browser asks its user for it; the API takes bearer tokens only', async () => {
  serve({ readToken: 'read-me', adminToken: 'rule-me' });

  const refused = await get('/');
  expect(refused.statusCode).toBe(401);
  expect(refused.headers['www-authenticate']).toMatch(/^Basic realm=/);
  for (const headers of [basic('read-me'), basic('rule-me'), { authorization: 'Bearer read-me' }])
    expect((await get('/', headers)).statusCode).toBe(200);
  expect((await get('/', basic('guess'))).statusCode).toBe(401);
  expect((await get(`/remediations/${guid(1)}`)).statusCode).toBe(401);
  expect((await get('/api/v1/status', basic('read-me'))).statusCode).toBe(401);
});
