import {
  auditEntry,
  caConnector,
  caTest,
  certificateAuthority,
  definition,
  definitionRow,
  definitionType,
  endpoints,
  errorBody,
  instance,
  instanceRow,
  license,
  list,
} from '../../support/command-shapes.ts';
import { startClient, stopSimulators, type Ask, type FullRow, type Row } from '../../support/simulator-client.ts';

const PATH = '/Workflow/Instances';
const PREFIX = { '10': 'pq.', '11': '', '25': '' } as const;

afterEach(stopSimulators);

describe.each([
  ['10', '10.4'],
  ['11', '11.5.1'],
  ['25', '25.1.1'],
] as const)('the answers of version %s', (generation, version) => {
  const major = Number(generation);

  async function start() {
    const client = await startClient({
      scenario: { version, knobs: { audit: 'both', parameters: generation === '10' ? '10' : '11' } },
    });
    const names = (more: Readonly<Record<string, string>>, prefix: string = PREFIX[generation]) =>
      Object.fromEntries(Object.entries(more).map(([name, value]) => [`${prefix}${name}`, value]));
    const ok = async (path: string, asked: Ask = {}): Promise<unknown> => {
      const reply = await client.ask<unknown>(path, asked);
      expect([path, reply.status]).toEqual([path, 200]);
      expect(reply.headers.get('content-type')).toContain('application/json');
      expect(reply.headers.get('x-keyfactor-product-version')).toBe(version);
      return reply.body;
    };
    const rows = async (query: string): Promise<readonly Row[]> =>
      (await client.ask<Row[]>(PATH, { query: names({ QueryString: query, ReturnLimit: '200' }) })).body;
    return { ...client, ok, rows, names };
  }

  test('instances: every row of the lists, and every single read', async () => {
    const { ok, rows, names, ask } = await start();
    const all = await ok(PATH, { query: names({ ReturnLimit: '1000' }) });

    expect(list(instanceRow)(all)).toBeNull();
    for (const { Id } of await rows('ReferenceId -gt "0"')) expect(instance(await ok(`${PATH}/${Id}`))).toBeNull();
    const assigned = (await ask<Row[]>(`${PATH}/AssignedToMe`)).body;
    expect(assigned.length).toBeGreaterThan(1);
    expect(list(instanceRow)(assigned)).toBeNull();
    expect(list(instanceRow)(await ok(`${PATH}/My`))).toBeNull();
  });

  test('actions: 204 and no body, and what they leave behind', async () => {
    const { ask, rows, restart, ok } = await start();
    const [failed] = await rows('Status -eq "4"');
    const [first, second, third] = await rows('Status -eq "2"');
    const signals = (await ask<FullRow>(`${PATH}/${first?.Id}`)).body.Signals;
    const key = signals.find(({ SignalReceived }) => !SignalReceived)?.SignalName;
    const calls: [string, Ask][] = [
      [`${PATH}/${failed?.Id}/Restart`, { method: 'POST' }],
      [`${PATH}/${first?.Id}/Signals`, { method: 'POST', body: { SignalKey: key, Data: { Approved: true } } }],
      [`${PATH}/${second?.Id}/Stop`, { method: 'POST' }],
      [`${PATH}/${third?.Id}`, { method: 'DELETE' }],
    ];

    for (const [path, asked] of calls) {
      const reply = await ask(path, asked);
      expect([path, reply.status, reply.text]).toEqual([path, 204, '']);
    }
    const other = (await rows('Status -eq "4"'))[0];
    expect(instance(await ok(`${PATH}/${await restart(other?.Id ?? '')}`))).toBeNull();
    expect((await ask(`${PATH}/${third?.Id}`)).status).toBe(404);
  });

  test('definitions: the list with its query and pages, each version, and the types', async () => {
    const { ok, ask, names } = await start();
    const prefix = generation === '10' ? 'query.' : '';
    const pages = await Promise.all(
      ['1', '2', '3'].map(async (PageReturned) =>
        ask<{ Id: string; DisplayName: string }[]>('/Workflow/Definitions', {
          query: names({ PageReturned, ReturnLimit: '2', SortField: 'DisplayName' }, prefix),
        }),
      ),
    );
    const shown = pages.flatMap(({ body }) => body);

    expect(list(definitionRow(major))(shown)).toBeNull();
    expect(shown.map(({ DisplayName }) => DisplayName)).toEqual(shown.map(({ DisplayName }) => DisplayName).sort());
    expect(pages.map(({ body }) => body.length)).toEqual([2, 2, 1]);
    expect(pages[0]?.headers.get('x-total-count')).toBe('5');
    const query = names({ QueryString: 'WorkflowType -eq "Expiration"' }, prefix);
    expect(await ok('/Workflow/Definitions', { query })).toMatchObject([{ DisplayName: 'Renew Expiring' }]);
    for (const { Id } of shown) {
      expect(definition(major)(await ok(`/Workflow/Definitions/${Id}`))).toBeNull();
      const old = await ok(`/Workflow/Definitions/${Id}`, { query: { definitionVersion: '1', exportable: 'false' } });
      expect(definition(major)(old)).toBeNull();
    }
    expect(list(definitionType)(await ok('/Workflow/Definitions/Types'))).toBeNull();
  });

  test('certificate authorities: list, read, Test, connectors', async () => {
    const { ok, ask, simulator } = await start();
    const all = await ok('/CertificateAuthority');
    simulator.control.setCa('Corp Issuing CA 1', { up: false });
    const body = (id: number, LogicalName: string, HostName: string) => ({ Id: id, LogicalName, HostName });
    const test = (asked: object) => ok('/CertificateAuthority/Test', { method: 'POST', body: asked });
    const dead = await test(body(1, 'Corp Issuing CA 1', 'ca1.keyexample.com'));
    const alive = await test(body(2, 'Corp Issuing CA 2', 'ca2.keyexample.com'));
    const connectors = await ask<unknown[]>('/CertificateAuthority/CAConnectors');

    expect(list(certificateAuthority(major))(all)).toBeNull();
    expect(certificateAuthority(major)(await ok('/CertificateAuthority/3'))).toBeNull();
    expect([dead, alive].map(caTest)).toEqual([null, null]);
    expect([dead, alive]).toMatchObject([{ Success: false }, { Success: true }]);
    expect(connectors.status).toBe(major >= 25 ? 200 : 404);
    if (major < 25) return;
    expect(connectors.body.length).toBeGreaterThan(0);
    expect(list(caConnector)(connectors.body)).toBeNull();
  });

  test('the audit log: workflow entries, one entry, and related ones', async () => {
    const { ok, ask, rows, restart, names } = await start();
    const [failed] = await rows('Status -eq "4"');
    await restart(failed?.Id ?? '');
    const query = names({ QueryString: 'Category -contains "Workflow" AND Operation -eq "21"' });
    const found = await ok('/Audit', { query });
    const related = await ok('/Audit/RelatedEntities', {
      query: names({ QueryString: `ImmutableIdentifier -eq ${failed?.ReferenceId}` }),
    });

    expect(list(auditEntry)(found)).toBeNull();
    expect(found).toMatchObject([{ EntityType: 'WorkflowInstance', ImmutableIdentifier: String(failed?.ReferenceId) }]);
    expect(list(auditEntry)(related)).toBeNull();
    expect(related).not.toEqual([]);
    expect(auditEntry(await ok('/Audit/1'))).toBeNull();
    expect((await ask('/Audit', { query: names({ SortField: 'Timestamp' }) })).status).toBe(200);
    expect((await ask('/Audit', { query: names({ SortField: 'User' }) })).status).toBe(400);
  });

  test('status, health and licence', async () => {
    const { ok, ask } = await start();
    const health = await ask('/Status/HealthCheck');

    expect(endpoints(await ok('/Status/Endpoints'))).toBeNull();
    expect([health.status, health.text].slice(0, major >= 25 ? 2 : 1)).toEqual(major >= 25 ? [204, ''] : [404]);
    expect(license(await ok('/License'))).toBeNull();
  });

  test('errors carry a code and a message', async () => {
    const { ask, names } = await start();
    const replies = await Promise.all([
      ask(`${PATH}/00000000-0000-4000-8000-000000000000`),
      ask(`${PATH}/no-guid`),
      ask(PATH, { query: names({ SortField: 'Nothing' }) }),
      ask(PATH, { headers: { authorization: 'Basic bm86Ym9keQ==' } }),
    ]);

    expect(replies.map(({ status }) => status)).toEqual([404, 400, 400, 401]);
    expect(replies.map(({ body }) => errorBody(body))).toEqual([null, null, null, null]);
    expect(replies[2]?.body).toMatchObject({ ErrorCode: '0xA011004A' });
  });
});

test('version 2 of the definition endpoints: keys and roles as lists', async () => {
  const { ask } = await startClient();
  const headers = { 'x-keyfactor-api-version': '2' };
  const rows = await ask<{ Id: string }[]>('/Workflow/Definitions', { headers });

  expect(list(definitionRow(25, 'keys'))(rows.body)).toBeNull();
  for (const { Id } of rows.body) {
    const read = await ask<unknown>(`/Workflow/Definitions/${Id}`, { headers });
    expect(definition(25, 'keys')(read.body)).toBeNull();
  }
});

test('a shape names what is wrong: a property too many, one that is missing, a wrong type', () => {
  const good = { Success: true, Message: null };

  expect(caTest(good)).toBeNull();
  expect(caTest({ ...good, More: 1 })).toBe('More is a property too many');
  expect(caTest({ Success: true })).toBe('Message is missing');
  expect(caTest({ ...good, Success: 'yes' })).toBe('Success: "yes" is no boolean');
});
