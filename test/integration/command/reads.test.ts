import { gzipSync } from 'node:zlib';
import { aCommandClient, type TestClient } from '../../support/command-client-parts.ts';
import { startScriptedServer, type PlannedReply, type ScriptedServer } from '../../support/command-server.ts';
import { TEST_CERTIFICATE } from '../../support/command-tls.ts';

const ID = '0f3b7a52-1111-4222-8333-444455556666';
const LIST = 'GET /Workflow/Instances';
const ONE = `GET /Workflow/Instances/${ID}`;
const STATUS = 'GET /Status/Endpoints';
const row = { Id: ID.toUpperCase(), Status: 'Failed', Title: 'a', LastModified: '2026-11-24T10:00:00Z' };
const everything = { order: 'lastModified', page: 1 } as const;

let server: ScriptedServer;
let client: TestClient;

beforeEach(async () => {
  server = await startScriptedServer();
  client = aCommandClient(server.url);
});

afterEach(async () => {
  await client.command.close();
  await server.stop();
  expect(server.unplanned).toEqual([]);
  expect(server.left()).toEqual([]);
});

describe('a single read', () => {
  test('is tried again where it got no useful answer', async () => {
    server.plan(ONE, { status: 503, text: '<html>' }, (_request, response) => response.destroy(), { body: row });

    const reading = await client.command.readInstance(ID, undefined, 'restart');

    expect(reading.detail).toMatchObject({ id: ID, status: 'Failed', rawStatus: 'Failed' });
    expect(reading.serverTime).toBeGreaterThan(0);
    expect(client.turns).toEqual(['restart', 'restart', 'restart']);
    expect(client.events.map(({ result }) => result)).toEqual(['failed', 'no-answer', 'ok']);
    expect(client.events.map(({ manner }) => manner)).toEqual(['badly', null, 'well']);
  });

  test('gives up after a few tries', async () => {
    server.plan(ONE, { status: 500 }, { status: 500 }, { status: 500, body: { Message: 'database away' } });

    await expect(client.command.readInstance(ID)).rejects.toMatchObject({ code: 'TRANSIENT' });
  });

  test.each<readonly [string, PlannedReply, Record<string, unknown>]>([
    ['400', { status: 400, body: { ErrorCode: '0xA0110001' } }, { code: 'REFUSED', errorCode: '0xA0110001' }],
    ['401', { status: 401, text: '<html>' }, { code: 'ACCESS', status: 401, route: 'GET /Workflow/Instances/{id}' }],
    ['403', { status: 403, body: { Message: 'no' } }, { code: 'ACCESS', status: 403 }],
    ['302', { status: 302, headers: { location: '/login' } }, { code: 'TRANSIENT' }],
    ['a page with a 200', { text: '<html>maintenance</html>' }, { code: 'TRANSIENT' }],
    ['another instance', { body: { ...row, Id: ID.replace('0', '1') } }, { code: 'TRANSIENT' }],
  ])('%s is told at once or after its tries, by kind', async (_title, reply, expected) => {
    server.plan(ONE, reply, ...(expected.code === 'TRANSIENT' && 'status' in reply ? [reply, reply] : []));
    if (expected.code === 'REFUSED') server.plan(LIST, { body: [row] });

    await expect(client.command.readInstance(ID)).rejects.toMatchObject(expected);
  });

  test('404 means that Command does not know the id', async () => {
    server.plan(ONE, { status: 404, text: '<html>' });
    server.plan(LIST, { body: [] });

    const reading = await client.command.readInstance(ID);

    expect(reading.detail).toBeNull();
    expect(reading.serverTime).not.toBeNull();
  });

  test('404 is no answer where the list shows the row: a proxy may have said it', async () => {
    server.plan(ONE, { status: 404, text: '<html>' });
    server.plan(LIST, { body: [row] });

    await expect(client.command.readInstance(ID)).rejects.toMatchObject({ code: 'TRANSIENT' });
  });

  test('404 stands where a list by id is refused, or ignores the id', async () => {
    server.plan(ONE, { status: 404 }, { status: 404 });
    server.plan(LIST, { status: 400 }, { body: [{ ...row, Id: ID.replace('0', '1') }] });

    expect((await client.command.readInstance(ID)).detail).toBeNull();
    expect((await client.command.readInstance(ID)).detail).toBeNull();
  });

  test('400 means that Command does not know the id where its list by id is empty', async () => {
    server.plan(ONE, { status: 400 }, { status: 400 });
    server.plan(LIST, { body: [] }, { status: 400 });

    expect((await client.command.readInstance(ID)).detail).toBeNull();
    await expect(client.command.readInstance(ID)).rejects.toMatchObject({ code: 'REFUSED', status: 400 });
  });

  test('a 503 that says how long makes everybody wait, and is not tried again here', async () => {
    server.plan(ONE, { status: 503, headers: { 'retry-after': '3' } });

    await expect(client.command.readInstance(ID)).rejects.toMatchObject({ code: 'TRANSIENT', retryAfterMs: 3000 });

    expect(client.holdOffs).toEqual([3000]);
  });

  test('a list in an envelope is refused, and its names are told', async () => {
    server.plan(LIST, { body: { Items: [row], Total: 1 } });

    await expect(client.command.listInstances(everything)).rejects.toThrow(
      'an object (Items, Total) instead of a list',
    );
  });

  test('a 403 names the permission that is needed', async () => {
    server.plan(ONE, { status: 403 });

    await expect(client.command.readInstance(ID)).rejects.toThrow('/workflows/instances/read/');
  });

  test('429 makes everybody wait and is not tried again here', async () => {
    server.plan(ONE, { status: 429, headers: { 'retry-after': '3' } });

    await expect(client.command.readInstance(ID)).rejects.toMatchObject({ code: 'TRANSIENT', retryAfterMs: 3_000 });

    expect(client.holdOffs).toEqual([3_000]);
  });

  test('a signal ends it with its own reason', async () => {
    const stop = new AbortController();
    server.plan(ONE, () => stop.abort(new Error('stopping')));

    await expect(client.command.readInstance(ID, stop.signal)).rejects.toThrow('stopping');
  });

  test('a server that hangs is a time-out', async () => {
    await client.command.close();
    client = aCommandClient(server.url, { timeoutMs: 200 });
    server.plan(ONE, () => {});

    await expect(client.command.readInstance(ID)).rejects.toThrow('in time');
  });
});

describe('a list', () => {
  test.each<readonly [string, PlannedReply]>([
    ['a page', { text: '<html>maintenance</html>' }],
    ['nothing', { text: '' }],
    ['an object', { body: { Message: 'try later' } }],
  ])('that comes back as %s is no empty list', async (_title, reply) => {
    server.plan(LIST, reply);

    await expect(client.command.listInstances(everything)).rejects.toMatchObject({ code: 'TRANSIENT' });
  });

  test('longer than 32 MB is cut off, packed or not', async () => {
    const text = `[${' '.repeat(33 * 1024 * 1024)}]`;
    server.plan(LIST, { text }, (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text)),
    );

    const { command } = aCommandClient(server.url, { timeoutMs: 20_000 });

    await expect(command.listInstances(everything)).rejects.toThrow('32 MB');
    await expect(command.listInstances(everything)).rejects.toThrow('32 MB');
  });

  test('sends both parameter sets while it is not known which one is heeded, blanks as %20', async () => {
    server.plan(LIST, { body: [] });

    await client.command.listInstances({ ...everything, title: 'CN=a b' });

    const { url, search, headers } = server.seen[0] ?? {};
    expect(url).toContain('QueryString=Title%20-eq%20%22CN%3Da%20b%22');
    expect(search?.get('pq.queryString')).toBe('Title -eq "CN=a b"');
    expect(search?.get('SortField')).toBe('LastModified');
    expect(search?.get('SortAscending')).toBe('1');
    expect(headers?.['x-keyfactor-requested-with']).toBe('APIClient');
  });

  test('checks every row again and says what the server ignored', async () => {
    const rows = [
      { ...row, Title: 'b', LastModified: '2026-11-24T09:00:00Z' },
      row,
      { ...row, Id: 'none', Title: 'a' },
      { ...row, Id: ID.replace('0', '1'), Title: 'A' },
    ];
    server.plan(LIST, { body: rows, headers: { 'x-total-count': '40' } });

    const page = await client.command.listInstances({ ...everything, title: 'a' });

    expect(page).toMatchObject({ received: 4, isFiltered: false, isOrdered: false, isLast: false, total: 40 });
    expect(page.rows.map(({ id, title }) => [id, title])).toEqual([[ID, 'a']]);
  });

  test.each<readonly [string, readonly (readonly [number, number, number | null])[], boolean, number | null]>([
    ['as many as came may be the page’s own', [[1, 4, 4]], false, null],
    [
      'more than came counts the list, and is believed from then on',
      [
        [1, 1, 4],
        [1, 4, 4],
      ],
      true,
      4,
    ],
    [
      'a second page’s own is no count of the list',
      [
        [1, 1, 9],
        [2, 3, 3],
        [1, 4, 4],
      ],
      false,
      null,
    ],
    [
      'below what came it counts nothing',
      [
        [1, 1, 9],
        [1, 4, 2],
        [1, 4, 4],
      ],
      false,
      null,
    ],
    ['without one nothing is counted', [[1, 4, null]], false, null],
  ])('x-total-count: %s', async (_title, lists, isLast, total) => {
    const asked = lists.map(([page, rows, count]) => {
      const body = Array.from({ length: rows }, (_none, index) => ({ ...row, Id: ID.replace(/^./, String(index)) }));
      server.plan(LIST, { body, headers: count === null ? {} : { 'x-total-count': String(count) } });
      return page;
    });

    let latest;
    for (const page of asked) latest = await client.command.listInstances({ ...everything, page });

    expect(latest).toMatchObject({ isLast, total });
  });

  test('a refused sort field is remembered, and the next one is used', async () => {
    const refusal = { status: 400, body: { ErrorCode: '0xA011004A', Message: 'Invalid sort field: LastModified.' } };
    server.plan(LIST, refusal, { body: [row] }, { body: [row] });

    const first = await client.command.listInstances(everything);
    await client.command.listInstances(everything);

    expect(server.seen.map(({ search }) => search.get('SortField'))).toEqual([
      'LastModified',
      'ReferenceId',
      'ReferenceId',
    ]);
    expect(client.command.dialect().sortFields.lastModified).toBe('ReferenceId');
    // rows by another field stand newest change first by chance only: a sweep would take one page for all that changed
    expect(first.isOrdered).toBe(false);
  });

  test('a 400 without a code is the condition’s fault where the sort field alone is taken', async () => {
    server.plan(LIST, { status: 400 }, { body: [] });

    await expect(client.command.listInstances({ ...everything, title: 'abc' })).rejects.toMatchObject({
      code: 'REFUSED',
    });

    expect(client.command.dialect().sortFields.lastModified).toBe('LastModified');
  });

  test('a status condition that was learned and is refused now is left out and learned anew', async () => {
    const facts = JSON.stringify({ statusQuery: 'name', statusForm: 'name', acceptedSorts: ['LastModified'] });
    client.saved.set('unnamed', facts);
    const failed = { ...everything, statuses: ['Failed'] } as const;
    const learning = [{ body: [] }, { body: [] }, { body: [] }]; // parameters, moments, rows without a date
    server.plan(STATUS, { status: 404 });
    server.plan(LIST, ...learning, { status: 400 }, { body: [row, { ...row, Status: 'Complete' }] });
    await client.command.learnDialect();

    await expect(client.command.listInstances(failed)).rejects.toMatchObject({ code: 'REFUSED' });
    const page = await client.command.listInstances(failed);

    expect(page).toMatchObject({ received: 2, isFiltered: false });
    expect(page.rows).toHaveLength(1);
    expect(server.seen.slice(-2).map(({ search }) => search.get('QueryString'))).toEqual(['Status -eq "Failed"', null]);
  });

  test('the zone of zone-less dates is learned from a row that changed between two lists', async () => {
    const offsetMs = 2 * 3_600_000;
    const stamp = (ageMs: number) => new Date(Date.now() + offsetMs - ageMs).toISOString().replace('Z', '');
    server.plan(
      LIST,
      { body: [{ ...row, LastModified: stamp(3_600_000) }] },
      { body: [{ ...row, LastModified: stamp(0) }] },
    );

    await client.command.listInstances(everything);
    const page = await client.command.listInstances(everything);

    expect(client.command.dialect().zoneOffsetMs).toBe(-offsetMs);
    expect(Math.abs((page.rows[0]?.lastModified ?? 0) - Date.now())).toBeLessThan(5_000);
  });
});

describe('certificate authorities', () => {
  const ca = {
    Id: 7,
    LogicalName: 'Corp CA',
    HostName: 'ca.example',
    CAType: 1,
    ExplicitCredentials: true,
    ExplicitPassword: 'x',
  };
  const CAS = 'GET /CertificateAuthority';
  const TEST = 'POST /CertificateAuthority/Test';

  test('are read page by page until nothing new comes, whatever the server does with the page', async () => {
    server.plan(CAS, { status: 400 }, { body: [ca, { ...ca, Id: 8 }] }, { body: [ca, { ...ca, Id: 8 }] });

    const found = await client.command.listCertificateAuthorities();

    expect(found.map(({ id }) => id)).toEqual([7, 8]);
    expect(server.seen.map(({ search }) => [search.get('PageReturned'), search.get('SortField')])).toEqual([
      ['1', 'Id'],
      ['1', null],
      ['2', null],
    ]);
  });

  test('are tested by id and names, never with a secret', async () => {
    server.plan(CAS, { body: [ca], headers: { 'x-total-count': '1' } });
    server.plan(TEST, { body: { success: false, message: 'RPC server unavailable' } });

    const [found] = await client.command.listCertificateAuthorities();
    if (!found) throw new Error('no CA');
    const test = await client.command.testCertificateAuthority(found, 500);

    expect(test).toEqual({ isGood: false, message: 'RPC server unavailable', broke: false });
    expect(client.turns).toEqual(['sweep', 'sweep']); // many reads that are due do not keep a CA shut
    expect(JSON.parse(server.seen[1]?.body ?? '')).toEqual({
      Id: 7,
      CAType: 1,
      LogicalName: 'Corp CA',
      HostName: 'ca.example',
      ExplicitCredentials: true,
    });
  });

  test.each<readonly [string, PlannedReply]>([
    ['500', { status: 500 }],
    ['no verdict', { body: {} }],
    ['a hang', () => {}],
    ['a cut connection', (_request, response) => response.destroy()],
  ])('a test that ends in %s broke', async (_title, reply) => {
    server.plan(TEST, reply);

    const test = await client.command.testCertificateAuthority(
      { id: 7, logicalName: 'a', hostName: 'b', type: null },
      200,
    );

    expect(test).toMatchObject({ isGood: false, broke: true });
  });

  test('a page instead of a verdict is about Command, not about the CA', async () => {
    server.plan(TEST, { text: '<html>maintenance</html>' });

    const test = client.command.testCertificateAuthority({ id: 7, logicalName: 'a', hostName: 'b', type: null }, 200);

    await expect(test).rejects.toMatchObject({ code: 'TRANSIENT' });
  });

  test.each<readonly [number, string]>([
    [401, 'ACCESS'],
    [403, 'ACCESS'],
    [429, 'TRANSIENT'],
    [400, 'REFUSED'],
  ])('a test that is answered with %d says nothing about the CA', async (status, code) => {
    server.plan(TEST, { status });

    const test = client.command.testCertificateAuthority({ id: 7, logicalName: 'a', hostName: 'b', type: null }, 200);

    await expect(test).rejects.toMatchObject({ code });
  });
});

test('a definition that shows a draft is read again in its published version', async () => {
  const route = `GET /Workflow/Definitions/${ID}`;
  const definition = { Id: ID, DisplayName: 'Enrol', WorkflowType: 'Enrollment', PublishedVersion: 2, DraftVersion: 3 };
  server.plan(route, { body: { ...definition, IsPublished: false, Steps: [] } });
  server.plan(route, {
    body: {
      ...definition,
      IsPublished: true,
      Steps: [{ UniqueName: 'E1', ConfigurationParameters: { CA: 'x\\y', Deep: {} } }],
    },
  });
  server.plan(`GET /Workflow/Definitions/${ID.replace('0', '1')}`, { status: 404 });

  expect(await client.command.readDefinition(ID)).toMatchObject({
    version: 2,
    publishedVersion: 2,
    steps: [{ uniqueName: 'E1', parameters: { ca: 'x\\y' } }],
  });
  expect(server.seen[1]?.search.get('definitionVersion')).toBe('2');
  expect(await client.command.readDefinition(ID.replace('0', '1'))).toBeNull();
});

test('access is checked with the credentials, and TLS by the given CA', async () => {
  server.plan(STATUS, { body: ['/Workflow/Instances'] }, { status: 401 });
  await client.command.checkAccess();
  await expect(client.command.checkAccess()).rejects.toMatchObject({ code: 'ACCESS', status: 401 });

  const secure = await startScriptedServer({ isTls: true });
  const trusting = aCommandClient(secure.url, { tls: { caFile: TEST_CERTIFICATE } });
  const wary = aCommandClient(secure.url);
  secure.plan(STATUS, { body: [] });
  try {
    await trusting.command.checkAccess();
    await expect(wary.command.checkAccess()).rejects.toThrow('command.tls.caFile');
  } finally {
    await Promise.all([trusting.command.close(), wary.command.close(), secure.stop()]);
  }
});

test('a Command that is not there is told in words a person can act on', async () => {
  const gone = await startScriptedServer();
  await gone.stop();
  const lost = aCommandClient(gone.url);

  await expect(lost.command.checkAccess()).rejects.toThrow(/connection refused by 127\.0\.0\.1:\d+: is Command up/);
});
