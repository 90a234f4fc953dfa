import type { SimulatorOptions } from '../../../src/simulator/simulator.ts';
import {
  startClient,
  stopSimulators,
  until,
  type FullRow,
  type Row,
  type SimulatorClient,
} from '../../support/simulator-client.ts';

type Knobs = NonNullable<NonNullable<SimulatorOptions['scenario']>['knobs']>;

const PATH = '/Workflow/Instances';

/** One failed and one suspended instance, one finished one, a CA that is up and one that is down. */
function start(knobs: Knobs = {}, more: SimulatorOptions['scenario'] = {}): Promise<SimulatorClient> {
  const scenario = {
    cas: [
      { name: 'CA 1', host: 'ca1.example.com' },
      { name: 'CA 2', host: 'ca2.example.com', up: false },
    ],
    definitions: [
      { name: 'Enrol', version: 3, steps: ['enroll' as const] },
      { name: 'Approve', steps: ['approval' as const, 'enroll' as const] },
    ],
    instances: [
      { definition: 'Enrol', status: 'Failed' as const, ca: 'CA 1', user: 'KEYEXAMPLE\\jsmith', age: '1h' },
      { definition: 'Approve', status: 'Suspended' as const, age: '2h' },
      { definition: 'Enrol', status: 'Complete' as const, age: '3h' },
    ],
    ...more,
    knobs,
  };
  return startClient({ scenario });
}

async function failedId(client: SimulatorClient): Promise<string> {
  const found = client.simulator.control.truth().instances.find(({ status }) => status === 'Failed');
  return Promise.resolve(found?.id ?? '');
}

async function read(client: SimulatorClient, id: string): Promise<FullRow> {
  return (await client.ask<FullRow>(`${PATH}/${id}`)).body;
}

async function restartFailed(client: SimulatorClient): Promise<{ old: FullRow; fresh: FullRow }> {
  const id = await failedId(client);
  const old = await read(client, id);
  return { old, fresh: await read(client, await client.restart(id)) };
}

afterEach(stopSimulators);

test.each([
  [{}, 4],
  [{ statusForm: 'name' }, 'Failed'],
  [{ statusMap: { Failed: 2 } }, 2],
] as const)('status on the wire with %j is %j', async (knobs, expected) => {
  const client = await start(knobs);
  const row = await read(client, await failedId(client));

  expect(row.Status).toBe(expected);
});

test.each([
  [{}, 'Status -eq "Failed"', 1],
  [{}, 'Status -eq "4"', 1],
  [{ statusQuery: 'int' }, 'Status -eq "4"', 1],
  [{ statusQuery: 'int' }, 'Status -eq "Failed"', 400],
  [{ statusQuery: 'name' }, 'Status -eq "4"', 400],
  [{ statusQuery: 'name', statusQueryRefusal: 'empty' }, 'Status -eq "4"', 0],
  [{ dateLiterals: 'day' }, 'StartDate -gt "2020-01-01"', 3],
  [{ dateLiterals: 'day' }, 'StartDate -gt "2020-01-01T00:00:00Z"', 400],
  [{ dateLiterals: 'full' }, 'StartDate -gt "2020-01-01T00:00:00Z"', 3],
] as const)('with %j the query %s gives %j', async (knobs, query, expected) => {
  const client = await start(knobs);
  const reply = await client.ask<Row[]>(PATH, { query: { QueryString: query } });

  expect(reply.status === 200 ? reply.body.length : reply.status).toBe(expected);
});

test('oldRow: canceled, failed or deleted', async () => {
  const outcomes: unknown[] = [];
  for (const oldRow of ['canceled', 'failed', 'deleted']) {
    const client = await start({ oldRow, statusForm: 'name' });
    const id = await failedId(client);
    await client.restart(id);
    const reply = await client.ask<FullRow>(`${PATH}/${id}`);
    outcomes.push(reply.status === 200 ? reply.body.Status : reply.status);
  }

  expect(outcomes).toEqual(['CanceledForRestart', 'Failed', 404]);
});

test.each([
  [{}, (o: Row, n: Row) => n.ReferenceId > o.ReferenceId],
  [{ referenceId: 'same' }, (o: Row, n: Row) => n.ReferenceId === o.ReferenceId],
  [{}, (o: Row, n: Row) => n.Title === o.Title],
  [{ title: 'restarter' }, (o: Row, n: Row) => n.Title === o.Title.replace('jsmith', 'remediator')],
  [{}, (o: Row, n: Row) => n.StartDate > o.StartDate],
  [{ startDate: 'original' }, (o: Row, n: Row) => n.StartDate === o.StartDate],
  [{}, (o: FullRow, n: FullRow) => JSON.stringify(n.InitialData) === JSON.stringify(o.InitialData)],
  [
    { initialData: 'extended' },
    (o: FullRow, n: FullRow) => Object.keys(n.InitialData).length === Object.keys(o.InitialData).length + 1,
  ],
  [
    { initialData: 'extended', initialDataChange: 'render' },
    (_: FullRow, n: FullRow) => n.InitialData['IncludeChain'] === 'True',
  ],
] as [Knobs, (old: FullRow, fresh: FullRow) => boolean][])('the new row with %j', async (knobs, holds) => {
  const { old, fresh } = await restartFailed(await start(knobs));

  expect(holds(old, fresh)).toBe(true);
});

test('initiator: the restarter finds his restarts under My', async () => {
  const mine: number[] = [];
  for (const initiator of ['original', 'restarter']) {
    const client = await start({ initiator });
    await client.restart(await failedId(client));
    mine.push((await client.ask<Row[]>(`${PATH}/My`)).body.length);
  }

  expect(mine).toEqual([0, 1]);
});

test('appearMs: the new row is seen later', async () => {
  const client = await start({ appearMs: 1500 });
  const id = await client.restart(await failedId(client));

  expect((await client.ask(`${PATH}/${id}`)).status).toBe(404);
  expect(await client.list()).toHaveLength(3);
  await until(async () => (await client.ask(`${PATH}/${id}`)).status === 200);
  expect(await client.list()).toHaveLength(4);
});

test('restartMs: run answers when the workflow has ended, a number after that time', async () => {
  const inside = await start({ restartMs: 'run' });
  const { fresh } = await restartFailed(inside);
  const slow = await start({ restartMs: 60 });
  const startedAt = performance.now();
  await slow.restart(await failedId(slow));

  expect(fresh.Status).toBe(3);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
});

test('wrongState: what Restart of a finished row gets', async () => {
  const statuses: number[] = [];
  for (const wrongState of ['400', '404', '500']) {
    const client = await start({ wrongState });
    const [done] = await client.list('Status -eq "Complete"');
    statuses.push((await client.ask(`${PATH}/${done?.Id}/Restart`, { method: 'POST' })).status);
  }

  expect(statuses).toEqual([400, 404, 500]);
});

test.each([
  [{ restartMs: 50 }, [204, 400], 1],
  [{ restartMs: 50, secondRestart: 'succeeds' }, [204, 204], 2],
  [{ oldRow: 'failed' }, [204, 400], 1],
  [{ oldRow: 'failed', secondRestart: 'succeeds' }, [204, 204], 2],
] as [Knobs, number[], number][])('a second Restart with %j gets %j', async (knobs, statuses, runs) => {
  const client = await start(knobs);
  const id = await failedId(client);
  const post = () => client.ask(`${PATH}/${id}/Restart`, { method: 'POST' });
  const replies = await Promise.all([post(), post()]);

  expect(replies.map(({ status }) => status).sort((a, b) => a - b)).toEqual(statuses);
  const { instances, restarts } = client.simulator.control.truth();
  expect(instances.filter(({ predecessorId }) => predecessorId === id)).toHaveLength(runs);
  expect(restarts.filter(({ tookEffect }) => tookEffect)).toHaveLength(runs);
});

test.each([
  ['both', 1, 2],
  ['query', 1, 3],
  ['body', 3, 2],
])('versionIn %s: a version in the query runs %i, one in the body %i', async (versionIn, inQuery, inBody) => {
  const client = await start({ versionIn, oldRow: 'failed', secondRestart: 'succeeds' });
  const id = await failedId(client);
  await client.ask(`${PATH}/${id}/Restart`, { method: 'POST', query: { version: '1' } });
  await client.ask(`${PATH}/${id}/Restart`, { method: 'POST', body: { version: 2 } });

  const versions = client.simulator.control.truth().restarts.map(({ newId }) => newId ?? '');
  expect((await read(client, versions[0] ?? '')).Definition.Version).toBe(inQuery);
  expect((await read(client, versions[1] ?? '')).Definition.Version).toBe(inBody);
});

test('audit: none, the old id, or both', async () => {
  const named: number[] = [];
  for (const audit of ['none', 'old', 'both']) {
    const client = await start({ audit });
    const { old, fresh } = await restartFailed(client);
    const query = { QueryString: 'category -contains "Workflow" AND Operation -eq "21"' };
    const entries = await client.ask<{ Message: string }[]>('/Audit', { query });
    const text = entries.body.map(({ Message }) => Message).join();
    named.push([old.Id, fresh.Id].filter((id) => text.includes(id)).length);
  }

  expect(named).toEqual([0, 1, 2]);
});

test.each([
  [{}, { Id: 1 }, { Success: true }],
  [{}, { Id: 2 }, { Success: false }],
  [{ caTestSecrets: 'needed' }, { Id: 1 }, { Success: false }],
  [{ caTestSecrets: 'needed' }, { Id: 1, LogicalName: 'CA 1', HostName: 'ca1.example.com' }, { Success: true }],
  [{ caTestDead: 'http500' }, { Id: 2 }, 500],
] as [Knobs, object, number | object][])('CA Test with %j of %j', async (knobs, body, expected) => {
  const client = await start(knobs);
  const reply = await client.ask('/CertificateAuthority/Test', { method: 'POST', body });

  if (typeof expected === 'number') expect(reply.status).toBe(expected);
  else expect(reply.body).toMatchObject(expected);
});

test('caTestDead: slow answers late, hang never', async () => {
  const slow = await start({ caTestDead: 'slow', caTestSlowMs: 60 });
  const startedAt = performance.now();
  const late = await slow.ask('/CertificateAuthority/Test', { method: 'POST', body: { Id: 2 } });
  const hanging = await start({ caTestDead: 'hang' });
  const signal = AbortSignal.timeout(100);

  expect(late.body).toMatchObject({ Success: false });
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
  const never = hanging.ask('/CertificateAuthority/Test', { method: 'POST', body: { Id: 2 }, signal });
  await expect(never).rejects.toThrow('timeout');
});

test('requireHeader: all, or on POST only', async () => {
  const headers = { 'x-keyfactor-requested-with': null };
  const statuses: number[] = [];
  for (const requireHeader of ['all', 'post']) {
    const client = await start({ requireHeader });
    statuses.push((await client.ask(PATH, { headers })).status);
    statuses.push(
      (await client.ask('/CertificateAuthority/Test', { method: 'POST', headers, body: { Id: 1 } })).status,
    );
  }

  expect(statuses).toEqual([400, 400, 200, 400]);
});

test.each([
  ['11', 1, 3],
  ['10', 3, 1],
  ['both', 1, 1],
])('parameters %s: 11+ names give %i rows, 10.x names %i', async (parameters, bare, prefixed) => {
  const client = await start({ parameters });
  const query = 'Status -eq "4"';

  expect((await client.ask<Row[]>(PATH, { query: { querystring: query } })).body).toHaveLength(bare);
  expect((await client.ask<Row[]>(PATH, { query: { 'pq.queryString': query } })).body).toHaveLength(prefixed);
});

test('sortFields: all queryable ones, a list, or ignored', async () => {
  const sort = (client: SimulatorClient, SortField: string) =>
    client.ask<Row[] & { ErrorCode?: string }>(PATH, { query: { SortField, SortAscending: '1' } });
  const all = await start();
  const some = await start({ sortFields: 'Title, Id' });
  const ignoring = await start({ sortFields: 'ignored' });

  expect((await sort(all, 'LastModified')).body.map(({ ReferenceId }) => ReferenceId)).toEqual([1001, 1002, 1003]);
  expect((await sort(all, 'StatusMessage')).body).toMatchObject({ ErrorCode: '0xA011004A' });
  expect((await sort(some, 'title')).status).toBe(200);
  expect((await sort(some, 'LastModified')).status).toBe(400);
  expect((await sort(some, 'CurrentStepDisplayName')).status).toBe(200);
  expect((await sort(ignoring, 'Nonsense')).status).toBe(200);
});

test('totalCount, dates, propertyCase and errors', async () => {
  const usual = await start();
  const other = await start({ totalCount: false, dates: 'nofraction', propertyCase: 'camel', errors: 'empty' });
  const third = await start({ dates: 'nozone', dateOffsetMinutes: 120, errors: 'html' });
  const [first] = await usual.list();
  const [local] = await third.list();
  const reply = await other.ask<Record<string, unknown>[]>(PATH);

  expect((await usual.ask(PATH)).headers.get('x-total-count')).toBe('3');
  expect(reply.headers.get('x-total-count')).toBeNull();
  expect(first?.LastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
  expect(reply.body[0]?.['lastModified']).toMatch(/T\d\d:\d\d:\d\dZ$/);
  expect(reply.body[0]?.['definition']).toHaveProperty('displayName');
  expect(local?.LastModified).toMatch(/\d$/);
  expect((await usual.ask(`${PATH}/nonsense`)).body).toHaveProperty('ErrorCode');
  expect((await other.ask(`${PATH}/nonsense`)).text).toBe('');
  expect((await third.ask(`${PATH}/nonsense`)).text).toContain('<html>');
});

test('oldSuspendedRow: the fate of a suspended row', async () => {
  const outcomes: unknown[] = [];
  for (const oldSuspendedRow of ['canceled', 'stays', 'deleted']) {
    const client = await start({ oldSuspendedRow, statusForm: 'name' });
    const [waiting] = await client.list('Status -eq "Suspended"');
    await client.restart(waiting?.Id ?? '');
    const reply = await client.ask<FullRow>(`${PATH}/${waiting?.Id}`);
    outcomes.push(reply.status === 200 ? reply.body.Status : reply.status);
  }

  expect(outcomes).toEqual(['CanceledForRestart', 'Suspended', 404]);
});

test('staleMs: reads lag behind', async () => {
  const client = await start({ staleMs: 150 });
  const id = await failedId(client);
  const freshId = await client.restart(id);

  expect((await read(client, id)).Status).toBe(4);
  expect((await client.ask(`${PATH}/${freshId}`)).status).toBe(404);
  await until(async () => (await read(client, id)).Status === 6);
  await until(async () => (await client.ask<FullRow>(`${PATH}/${freshId}`)).body.Status === 3);
});
