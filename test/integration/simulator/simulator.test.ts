import { spawn } from 'node:child_process';
import {
  basic,
  fromJson,
  startClient,
  stopSimulators,
  until,
  type FullRow,
  type Row,
} from '../../support/simulator-client.ts';

const PATH = '/Workflow/Instances';
const ROW_KEYS = [
  'CurrentStepDisplayName',
  'CurrentStepId',
  'CurrentStepUniqueName',
  'Definition',
  'Id',
  'LastModified',
  'ReferenceId',
  'StartDate',
  'Status',
  'StatusMessage',
  'Title',
];

afterEach(stopSimulators);

describe('the default world', () => {
  test('is lively', async () => {
    const { simulator, ask, list } = await startClient();
    const rows = await list(undefined, { ReturnLimit: '200' });
    const withStatus = (status: number) => rows.filter((row) => row.Status === status);

    expect(rows.length).toBeGreaterThanOrEqual(30);
    for (const status of [2, 3, 4]) expect(withStatus(status).length).toBeGreaterThanOrEqual(2);
    expect((await ask<Row[]>(`${PATH}/AssignedToMe`)).body.length).toBeGreaterThanOrEqual(2);
    expect(new Set(rows.map(({ Definition }) => Definition.Id)).size).toBeGreaterThan(2);
    expect((await ask<Row[]>('/CertificateAuthority')).body.length).toBeGreaterThanOrEqual(2);
    const size = simulator.control.truth().instances.length;
    await until(() => simulator.control.truth().instances.length > size, 5000);
  });

  test('has rows with exactly the documented fields, and the single read adds three', async () => {
    const { ask, list } = await startClient();
    const [row] = await list();
    const full = await ask<FullRow>(`${PATH.toLowerCase()}/${row?.Id.toUpperCase()}`);

    expect(Object.keys(row ?? {}).sort()).toEqual(ROW_KEYS);
    expect(Object.keys(full.body).sort()).toEqual([...ROW_KEYS, 'CurrentStateData', 'InitialData', 'Signals'].sort());
    expect(full.headers.get('x-keyfactor-product-version')).toBe('25.1.1');
    expect(full.headers.get('date')).not.toBeNull();
  });
});

describe('lists', () => {
  test('pages through all rows by a stable field, 50 a page', async () => {
    const { ask } = await startClient({
      scenario: {
        instances: [{ definition: 'VPN Enrollment', status: 'Complete', count: 120, age: '1h', spread: '1d' }],
      },
    });
    const page = (PageReturned: string) => ask<Row[]>(PATH, { query: { PageReturned, SortField: 'ReferenceId' } });
    const pages = [await page('1'), await page('2'), await page('3'), await page('4')];

    expect(pages.map(({ body }) => body.length)).toEqual([50, 50, 20, 0]);
    expect(new Set(pages.flatMap(({ body }) => body.map(({ Id }) => Id))).size).toBe(120);
    expect(pages[3]?.headers.get('x-total-count')).toBe('120');
  });

  test('sorts ascending by default and by the step name if nothing is said', async () => {
    const { list } = await startClient();
    const names = (await list()).map(({ CurrentStepDisplayName }) => CurrentStepDisplayName);
    const ids = (await list(undefined, { SortField: 'referenceid', SortAscending: '1' })).map((row) => row.ReferenceId);

    expect(names).toEqual([...names].sort());
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
  });

  test.each([
    [{ PageReturned: '0' }, 400],
    [{ ReturnLimit: 'many' }, 400],
    [{ SortAscending: '7' }, 400],
    [{ QueryString: 'Nonsense -eq "1"' }, 400],
    [{ ReturnLimit: '1000' }, 200],
  ])('%j gets %i', async (query, status) => {
    const { ask } = await startClient();

    expect((await ask(PATH, { query })).status).toBe(status);
  });

  test('takes blanks as %20 and as +', async () => {
    const { simulator } = await startClient();
    const headers = { authorization: basic('KEYEXAMPLE\\remediator'), 'x-keyfactor-requested-with': 'APIClient' };
    const sizes: number[] = [];
    for (const blank of ['%20', '+']) {
      const url = `${simulator.url}${PATH}?QueryString=Status${blank}-eq${blank}%224%22`;
      const rows = fromJson<unknown[]>(await (await fetch(url, { headers })).text());
      sizes.push(rows.length);
    }

    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes[0]).toBe(sizes[1]);
  });
});

describe('actions', () => {
  test('a Restart answers 204 without a body, and the new run completes', async () => {
    const { simulator, ask, list } = await startClient();
    const [row] = await list('Status -eq "4"', { SortField: 'ReferenceId' });
    const reply = await ask(`${PATH}/${row?.Id}/Restart`, { method: 'POST' });
    const { restarts } = simulator.control.truth();

    expect([reply.status, reply.text]).toEqual([204, '']);
    expect(restarts).toMatchObject([
      { instanceId: row?.Id, tookEffect: true, answer: 204, user: 'KEYEXAMPLE\\remediator' },
    ]);
    await until(async () => (await ask<Row>(`${PATH}/${restarts[0]?.newId}`)).body.Status === 3);
    expect((await ask<FullRow>(`${PATH}/${restarts[0]?.newId}`)).body.CurrentStateData).toHaveProperty('CACertificate');
    expect((await ask<Row>(`${PATH}/${row?.Id}`)).body.Status).toBe(6);
  });

  test('signals, stop and delete', async () => {
    const { ask } = await startClient();
    const [first, second, third] = (await ask<Row[]>(`${PATH}/AssignedToMe`)).body.map(({ Id }) => Id);
    const signal = { SignalKey: 'RequireApproval1.ApprovalStatus', Data: { Approved: true } };

    expect((await ask<FullRow>(`${PATH}/${first}`)).body.Signals).toMatchObject([
      { SignalName: 'RequireApproval1.ApprovalStatus', SignalReceived: false },
    ]);
    expect((await ask(`${PATH}/${first}/Signals`, { method: 'POST', body: signal })).status).toBe(204);
    await until(async () => (await ask<Row>(`${PATH}/${first}`)).body.Status === 3);
    expect((await ask(`${PATH}/${first}/Signals`, { method: 'POST', body: signal })).status).toBe(400);
    expect((await ask(`${PATH}/${second}/Stop`, { method: 'POST' })).status).toBe(204);
    expect((await ask<Row>(`${PATH}/${second}`)).body.Status).toBe(5);
    expect((await ask(`${PATH}/${second}/Stop`, { method: 'POST' })).status).toBe(400);
    expect((await ask(`${PATH}/${third}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(`${PATH}/${third}`)).status).toBe(404);
  });
});

describe('access', () => {
  test.each([
    [null, PATH, 401],
    [basic('KEYEXAMPLE\\remediator', 'wrong'), PATH, 401],
    [basic('remediator@keyexample'), PATH, 200],
    [basic('KEYEXAMPLE\\reader'), PATH, 200],
    [basic('KEYEXAMPLE\\reader'), '/Audit', 403],
    [basic('KEYEXAMPLE\\jsmith'), PATH, 403],
    [basic('KEYEXAMPLE\\jsmith'), `${PATH}/My`, 200],
    ['Bearer nonsense', PATH, 401],
  ])('%s on %s gets %i', async (authorization, path, status) => {
    const { ask } = await startClient();

    expect((await ask(path, { headers: { authorization } })).status).toBe(status);
  });

  test('a Restart needs the manage permission, and a refused one has no effect', async () => {
    const { simulator, ask, list } = await startClient();
    const [row] = await list('Status -eq "4"');
    const headers = { authorization: basic('KEYEXAMPLE\\reader') };
    const reply = await ask<{ ErrorCode: string }>(`${PATH}/${row?.Id}/Restart`, { method: 'POST', headers });

    expect(reply).toMatchObject({ status: 403, body: { ErrorCode: '0xA0140002' } });
    expect(simulator.control.truth().restarts).toMatchObject([{ tookEffect: false, answer: 403 }]);
  });

  test('OAuth tokens expire and can be revoked', async () => {
    const clients = [{ id: 'app', secret: 'hush', user: 'KEYEXAMPLE\\remediator', tokenSeconds: 1 }];
    const { simulator, ask } = await startClient({ scenario: { clients } });
    const token = async (client_secret = 'hush') => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'app', client_secret });
      const reply = await fetch(simulator.tokenUrl, { method: 'POST', body });
      const given = fromJson<{ access_token: string; expires_in: number }>(await reply.text());
      return { status: reply.status, ...given };
    };
    const use = async (bearer: string) =>
      (await ask('/Status/Endpoints', { headers: { authorization: `Bearer ${bearer}` } })).status;
    const first = await token();

    expect(first).toMatchObject({ status: 200, expires_in: 1 });
    expect(await use(first.access_token)).toBe(200);
    await until(async () => (await use(first.access_token)) === 401);
    const second = await token();
    simulator.control.revokeTokens();
    expect(await use(second.access_token)).toBe(401);
    expect((await token('wrong')).status).toBe(401);
  });
});

describe('other endpoints', () => {
  test('definitions, their versions and steps, in both endpoint versions', async () => {
    const { ask } = await startClient();
    const { body: all } = await ask<Record<string, unknown>[]>('/Workflow/Definitions', {
      query: { QueryString: 'DisplayName -eq "Web Server Enrollment"' },
    });
    const id = String(all[0]?.['Id']);
    const one = await ask<{ Steps: Record<string, unknown>[] }>(`/Workflow/Definitions/${id}`, {
      query: { definitionVersion: '2' },
    });
    const second = await ask(`/Workflow/Definitions/${id}`, { headers: { 'x-keyfactor-api-version': '2' } });

    expect(all[0]).toMatchObject({ PublishedVersion: 3, WorkflowType: 'Enrollment', Key: '1', Enabled: true });
    expect(one.body).toMatchObject({ IsPublished: false });
    expect(one.body.Steps.map((step) => step['UniqueName'])).toEqual([
      'StartNOOP',
      'LookUpOwner1',
      'Enroll1',
      'SendMail1',
      'EndNOOP',
    ]);
    expect(second.body).toMatchObject({ Keys: [{ Value: '1' }], IsPublished: true });
    expect((await ask(`/Workflow/Definitions/${id}`, { query: { definitionVersion: '9' } })).status).toBe(404);
    expect((await ask<unknown[]>('/Workflow/Definitions/Types')).body.length).toBeGreaterThan(2);
  });

  test.each([
    ['10.4', { health: 404, connectors: 404, newField: false, test: 400 }],
    ['11.3', { health: 404, connectors: 404, newField: false, test: 200 }],
    ['24.4', { health: 404, connectors: 200, newField: false, test: 200 }],
    ['25.1.1', { health: 204, connectors: 200, newField: true, test: 200 }],
  ])('a server of version %s', async (version, expected) => {
    const { ask } = await startClient({ scenario: { version } });
    const ca = await ask('/CertificateAuthority/1');

    expect({
      health: (await ask('/Status/HealthCheck')).status,
      connectors: (await ask('/CertificateAuthority/CAConnectors')).status,
      newField: 'UseForEnrollment' in ca.body,
      test: (await ask('/CertificateAuthority/Test', { method: 'POST', body: { Id: 1 } })).status,
    }).toEqual(expected);
    expect(ca.headers.get('x-keyfactor-product-version')).toBe(version);
  });

  test('unknown paths, methods and ids', async () => {
    const { simulator, ask } = await startClient();

    expect((await ask('/Nonsense')).status).toBe(404);
    expect((await ask(PATH, { method: 'PUT' })).status).toBe(405);
    expect((await ask(`${PATH}/00000000-0000-4000-8000-000000000000`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${simulator.port}/_control/truth`)).status).toBe(404);
  });
});

test('as a command it prints where it listens and stops on SIGTERM', async () => {
  const code = `import { runSimulator } from './src/simulator/run-simulator.ts'; console.error(await runSimulator());`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], { stdio: 'pipe' });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString()));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await until(() => out.join('').includes('\n'), 5000);
  const line = fromJson<{ event: string; url: string }>(out.join(''));

  expect(line.event).toBe('listening');
  expect(line.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/KeyfactorAPI$/);
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
  expect(err.join('')).toContain('SIGTERM');
});

test('one page of 200 from 50,000 rows is no matter of seconds', async () => {
  const instances = [
    { definition: 'VPN Enrollment', status: 'Complete' as const, count: 49_000, age: '1h', spread: '20d' },
    { definition: 'VPN Enrollment', status: 'Failed' as const, count: 1000, age: '1h', spread: '2d' },
  ];
  const { list } = await startClient({ scenario: { instances } });
  const newest = { SortField: 'LastModified', SortAscending: '1', ReturnLimit: '200' };
  const timesMs: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const startedAt = performance.now();
    expect(await list('LastModified -ge "%TODAY-3%"', newest)).toHaveLength(200);
    timesMs.push(performance.now() - startedAt);
  }

  expect(Math.min(...timesMs)).toBeLessThan(500); // 6 to 20 ms on an idle machine; a scan of all rows takes seconds
});

test('a Restart that takes effect at its end does so although the client has gone', async () => {
  const { simulator, ask } = await startClient({ scenario: { knobs: { restartMs: 1500, restartCommit: 'end' } } });
  const id = simulator.control.truth().instances.find(({ status }) => status === 'Failed')?.id ?? '';
  const given = ask(`${PATH}/${id}/Restart`, { method: 'POST', signal: AbortSignal.timeout(400) });

  await expect(given).rejects.toThrow();
  expect(simulator.control.truth().restarts).toMatchObject([{ tookEffect: false, answer: null }]);
  await until(() => simulator.control.truth().restarts[0]?.tookEffect === true);
});

test('a server whose clock is ahead shows it in its rows and in the Date header', async () => {
  const { ask } = await startClient({
    scenario: { clockSkewSeconds: 3600, instances: [{ definition: 'VPN Enrollment' }] },
  });
  const reply = await ask<Row[]>(PATH);
  const ahead = [reply.headers.get('date'), reply.body[0]?.StartDate].map(
    (text) => Date.parse(text ?? '') - Date.now(),
  );

  for (const ms of ahead) expect(Math.abs(ms - 3_600_000)).toBeLessThan(5000);
});
