import { instance, instanceRow, list } from '../../support/command-shapes.ts';
import { basic, fromJson, startClient, stopSimulators, until } from '../../support/simulator-client.ts';
import type { FullRow, Reply, Row } from '../../support/simulator-client.ts';
import type { SimulatorOptions } from '../../../src/simulator/simulator.ts';

afterEach(stopSimulators);

/** What clients generated from Command's OpenAPI documents of that generation send, and no more than that. */
interface Generation {
  readonly version: string;
  readonly apiVersion: string;
  readonly accept: string;
  readonly knobs: NonNullable<NonNullable<SimulatorOptions['scenario']>['knobs']>;
  /** The wire name of a list parameter that the documents call `QueryString` and so on. */
  readonly parameter: (name: string, prefix: string) => string;
}

const GENERATIONS: readonly Generation[] = [
  {
    version: '10.4',
    apiVersion: '1',
    accept: 'application/json, text/json, application/xml, text/xml',
    knobs: { parameters: '10', dates: 'nozone' },
    parameter: (name, prefix) => `${prefix}.${name.charAt(0).toLowerCase()}${name.slice(1)}`,
  },
  {
    version: '11.5.1',
    apiVersion: '1.0',
    accept: 'text/plain, application/json, text/json',
    knobs: { dates: 'nofraction' },
    parameter: (name) => name,
  },
  { version: '25.1.1', apiVersion: '1', accept: 'application/json', knobs: {}, parameter: (name) => name },
];

type Parameters = Readonly<Record<string, string | number>>;

/** A client as a generator writes it: fixed headers, form encoding with `+` for a blank, no repeats, strict reading. */
function generatedClient(url: string, { apiVersion, accept, parameter }: Generation) {
  async function call<T>(method: string, path: string, query: Parameters = {}, body?: object): Promise<Reply<T>> {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
    const response = await fetch(`${url}${path}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: {
        authorization: basic('KEYEXAMPLE\\remediator'),
        'x-keyfactor-requested-with': 'APIClient',
        'x-keyfactor-api-version': apiVersion,
        accept,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (response.status >= 300) throw new Error(`${response.status} ${text}`);
    return { status: response.status, headers: response.headers, text, body: fromJson<T>(text === '' ? 'null' : text) };
  }

  const listed = (path: string, parameters: Parameters, prefix = 'pq') =>
    call<Row[]>(
      'GET',
      path,
      Object.fromEntries(Object.entries(parameters).map(([name, value]) => [parameter(name, prefix), value])),
    );
  return {
    call,
    listed,
    /** All pages, as published scripts read them: until one is short. */
    async all(QueryString: string, ReturnLimit: number): Promise<{ rows: readonly Row[]; pages: number }> {
      const rows: Row[] = [];
      for (let page = 1; ; page += 1) {
        const query = { QueryString, PageReturned: page, ReturnLimit, SortField: 'ReferenceId', SortAscending: 0 };
        const { body } = await listed('/Workflow/Instances', query);
        rows.push(...body);
        if (body.length < ReturnLimit) return { rows, pages: page };
      }
    },
  };
}

/** Reads a date as lenient clients do: up to seven digits of a fraction, no zone is UTC. */
function toMs(text: string): number {
  const [, head = '', fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  return Date.parse(`${head}${fraction.slice(0, 4)}${zone === '' ? 'Z' : zone}`);
}

describe.each(GENERATIONS)('a client generated for version $version works unchanged', (generation) => {
  const { version, knobs } = generation;
  const id = '0a1b2c3d-0000-4000-8000-00000000abcd';
  const startDate = new Date(Date.now() - 7_200_000).toISOString();
  const instances = [
    { definition: 'VPN Enrollment', status: 'Rejected' as const, id, startDate, age: '1h' },
    { definition: 'Web Server Enrollment', status: 'Failed' as const, count: 23, age: '1h', spread: '1d' },
    { definition: 'VPN Enrollment', status: 'Suspended' as const, count: 2, age: '1h' },
    { definition: 'VPN Enrollment', status: 'Complete' as const, count: 9, age: '1h', user: 'KEYEXAMPLE\\remediator' },
  ];

  async function start() {
    const { simulator } = await startClient({ scenario: { version, knobs, instances } });
    return { simulator, client: generatedClient(simulator.url, generation) };
  }

  test('pages through a query, by number and by name', async () => {
    const { client } = await start();
    const { rows, pages } = await client.all('Status -eq "4"', 5);

    expect(list(instanceRow)(rows)).toBeNull();
    expect([rows.length, pages, new Set(rows.map(({ Id }) => Id)).size]).toEqual([23, 5, 23]);
    expect((await client.all('Status -eq "Failed" AND Title -contains "is enrolling for"', 100)).rows).toHaveLength(23);
    expect((await client.all('StartDate -ge "%TODAY-7%"', 100)).rows).toHaveLength(35);
  });

  test('reads one, with its id in capitals, and its dates', async () => {
    const { client } = await start();
    const { body } = await client.call<FullRow>('GET', `/Workflow/Instances/${id.toUpperCase()}`);

    expect(instance(body)).toBeNull();
    expect(Math.abs(toMs(body.StartDate) - Date.parse(startDate))).toBeLessThan(1000);
    expect(toMs(body.LastModified)).toBeGreaterThan(toMs(body.StartDate));
  });

  test('restarts, with a version in the query, and gets 204 without a body', async () => {
    const { simulator, client } = await start();
    const [first, second] = (await client.all('Status -eq "4"', 50)).rows;
    const plain = await client.call('POST', `/Workflow/Instances/${first?.Id}/Restart`);
    const older = await client.call('POST', `/Workflow/Instances/${second?.Id}/Restart`, { version: 2 });

    expect([plain.status, plain.text, older.status, older.text]).toEqual([204, '', 204, '']);
    expect(simulator.control.truth().restarts).toMatchObject([
      { instanceId: first?.Id, version: null, tookEffect: true },
      { instanceId: second?.Id, version: 2, tookEffect: true },
    ]);
  });

  test('finds what is assigned to it and what it started, and sends a signal', async () => {
    const { simulator, client } = await start();
    const assigned = (await client.listed('/Workflow/Instances/AssignedToMe', { ReturnLimit: 1 })).body;
    const mine = (await client.listed('/Workflow/Instances/My', { ReturnLimit: 4 }, 'instanceQuery')).body;
    const approved = assigned[0]?.Id ?? '';
    const { Signals } = (await client.call<FullRow>('GET', `/Workflow/Instances/${approved}`)).body;
    const body = { SignalKey: Signals[0]?.SignalName, Data: { Approved: true, Comment: 'fine' } };
    const sent = await client.call('POST', `/Workflow/Instances/${approved}/Signals`, {}, body);

    expect([assigned.length, mine.length, sent.status]).toEqual([1, 4, 204]);
    await until(() => simulator.control.truth().instances.find((one) => one.id === approved)?.status === 'Complete');
  });

  test('reads the definitions, the authorities, the audit log and what it may use', async () => {
    const { client } = await start();
    const query = { QueryString: 'DisplayName -startswith "VPN"' };
    const [found] = (await client.listed('/Workflow/Definitions', query, 'query')).body;
    const read = await client.call<{ Steps: unknown[] }>('GET', `/Workflow/Definitions/${found?.Id}`, {
      definitionVersion: 1,
      exportable: 'true',
    });
    const cas = await client.listed('/CertificateAuthority', { ReturnLimit: 2, SortField: 'Id' });
    const tested = await client.call<{ Success: boolean }>(
      'POST',
      '/CertificateAuthority/Test',
      {},
      { Id: 1, LogicalName: 'Corp Issuing CA 1', HostName: 'ca1.keyexample.com', CAType: 0 },
    );

    expect(read.body.Steps.length).toBeGreaterThan(3);
    expect(cas.body).toHaveLength(2);
    expect(tested.body.Success).toBe(true);
    expect((await client.listed('/Audit', { SortField: 'Timestamp', SortAscending: 1 })).status).toBe(200);
    expect((await client.call<string[]>('GET', '/Status/Endpoints')).body.length).toBeGreaterThan(5);
  });
});
