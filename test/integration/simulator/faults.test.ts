import type { SimulatorOptions, Truth } from '../../../src/simulator/simulator.ts';
import {
  fromJson,
  startClient,
  stopSimulators,
  until,
  type Row,
  type SimulatorClient,
} from '../../support/simulator-client.ts';

type Faults = NonNullable<NonNullable<SimulatorOptions['scenario']>['faults']>;

const PATH = '/Workflow/Instances';

afterEach(stopSimulators);

function start(faults: Faults = []): Promise<SimulatorClient> {
  const instances = [{ definition: 'Web Server Enrollment', status: 'Failed' as const, count: 5 }];
  return startClient({ control: true, scenario: { instances, faults } });
}

async function anyId({ simulator }: SimulatorClient): Promise<string> {
  return Promise.resolve(simulator.control.truth().instances.find(({ status }) => status === 'Failed')?.id ?? '');
}

test.each([
  ['resetBefore', false, 'reset'],
  ['resetAfter', true, 'reset'],
  ['hang', false, 'hang'],
  ['hangAfter', true, 'hang'],
] as const)('%s: the client sees no answer, took effect: %s', async (kind, tookEffect, answer) => {
  const client = await start([{ kind, route: 'restart' }]);
  const id = await anyId(client);
  const post = client.ask(`${PATH}/${id}/Restart`, { method: 'POST', signal: AbortSignal.timeout(150) });

  await expect(post).rejects.toThrow();
  expect(client.simulator.control.truth().restarts).toMatchObject([{ instanceId: id, tookEffect, answer }]);
});

test.each([
  [{ kind: 'status', status: 429, retryAfter: 7 }, 429, false, '7'],
  [{ kind: 'status', status: 401 }, 401, false, null],
  [{ kind: 'html', status: 503 }, 503, false, null],
  [{ kind: 'statusAfter', status: 502 }, 502, true, null],
] as [Faults[number], number, boolean, string | null][])(
  '%j on a restart: status %i, took effect: %s',
  async (fault, status, effect, retryAfter) => {
    const client = await start([fault]);
    const reply = await client.ask(`${PATH}/${await anyId(client)}/Restart`, { method: 'POST' });

    expect(reply.status).toBe(status);
    expect(reply.headers.get('retry-after')).toBe(retryAfter);
    expect(client.simulator.control.truth().restarts[0]?.tookEffect).toBe(effect);
  },
);

test('a maintenance page is HTML with status 200, an answer that is cut off ends early', async () => {
  const client = await start([{ kind: 'html', count: 1 }]);
  const page = await client.ask(PATH);
  client.simulator.control.setFaults([{ kind: 'cutAnswer', route: 'list' }]);

  expect(page.status).toBe(200);
  expect(page.text).toContain('maintenance');
  await expect(client.ask(PATH)).rejects.toThrow();
});

test('count, skip, route, user and time narrow a fault down', async () => {
  const client = await start([
    { kind: 'status', status: 500, route: 'list', skip: 1, count: 2 },
    { kind: 'status', status: 501, route: 'GET /CertificateAuthority*' },
    { kind: 'status', status: 502, user: 'KEYEXAMPLE\\reader' },
    { kind: 'status', status: 503, from: 3600 },
  ]);
  const statuses: number[] = [];
  for (let index = 0; index < 4; index += 1) statuses.push((await client.ask(PATH)).status);

  expect(statuses).toEqual([200, 500, 500, 200]);
  expect((await client.ask('/CertificateAuthority/1')).status).toBe(501);
  expect((await client.ask('/Status/Endpoints')).status).toBe(200);
});

test('a probability is repeatable by the seed', async () => {
  const series: string[] = [];
  for (let run = 0; run < 2; run += 1) {
    const client = await start([{ kind: 'status', status: 500, probability: 0.5 }]);
    const statuses: number[] = [];
    for (let index = 0; index < 20; index += 1) statuses.push((await client.ask('/Status/Endpoints')).status);
    series.push(statuses.join());
  }

  expect(series[0]).toBe(series[1]);
  expect(new Set(series[0]?.split(','))).toEqual(new Set(['200', '500']));
});

test('latency delays, stale reads lag', async () => {
  const client = await start([{ kind: 'latency', ms: 60, route: 'status' }]);
  const startedAt = performance.now();
  await client.ask('/Status/Endpoints');
  const tookMs = performance.now() - startedAt;
  client.simulator.control.setFaults([{ kind: 'stale', ms: 60_000, route: 'read' }]);
  const id = await anyId(client);
  const before = await client.ask(`${PATH}/${id}`);
  await client.restart(id);

  expect(tookMs).toBeGreaterThanOrEqual(59);
  expect(before.status).toBe(404);
  client.simulator.control.setFaults([]);
  expect((await client.ask<Row>(`${PATH}/${id}`)).body.Status).toBe(6);
});

describe('the control endpoint', () => {
  async function post(client: SimulatorClient, path: string, body: unknown) {
    const url = `${client.simulator.controlUrl}/${path}`;
    const reply = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    return { status: reply.status, text: await reply.text() };
  }

  test('switches CAs, knobs and faults, makes instances and acts for people', async () => {
    const client = await start();
    const ca = await post(client, 'ca/Corp%20Issuing%20CA%201', { up: false });
    const made = await post(client, 'instances', { definition: 'Web Server Enrollment', count: 2 });
    const { ids } = fromJson<{ ids: string[] }>(made.text);
    const { control } = client.simulator;
    const failed = () => control.truth().instances.filter(({ id, status }) => ids.includes(id) && status === 'Failed');
    await until(() => failed().length === 2);
    const knobs = await post(client, 'knobs', { oldRow: 'failed' });
    const restart = { do: 'restart', instance: ids[0], who: 'KEYEXAMPLE\\tchen' };
    const acted = fromJson<{ done: unknown[] }>((await post(client, 'actions', restart)).text);
    const fault = await post(client, 'faults', { kind: 'status', status: 500, route: 'status' });
    const truth = fromJson<Truth>(await (await fetch(`${client.simulator.controlUrl}/truth`)).text());

    expect(ca.status).toBe(204);
    expect(failed()).toHaveLength(2);
    expect(knobs.text).toContain('"oldRow":"failed"');
    expect(acted.done).toMatchObject([{ id: ids[0] }]);
    expect(fault.status).toBe(200);
    expect((await client.ask('/Status/Endpoints')).status).toBe(500);
    expect(truth.cas).toMatchObject({ 'Corp Issuing CA 1': 'down' });
    expect(truth.caHistory.at(-1)).toMatchObject({ ca: 'Corp Issuing CA 1', mode: 'down' });
    expect(truth.actions).toMatchObject([{ action: 'restart', user: 'KEYEXAMPLE\\tchen' }]);
    expect(truth.restarts).toEqual([]);
  });

  test.each([
    ['ca/Nowhere', { up: true }, 'allowed: Corp Issuing CA 1'],
    ['knobs', { oldRow: 'gone' }, 'allowed: canceled, failed, deleted'],
    ['faults', { kind: 'gone' }, 'allowed: latency'],
    ['instances', { definition: 'Nothing' }, 'allowed: Web Server Enrollment'],
    ['actions', { do: 'dance', instance: 'x' }, 'allowed: restart, stop'],
    ['definitions/VPN%20Enrollment', { published: 9 }, 'allowed: 0 to 2'],
  ])('refuses a bad POST %s %j', async (path, body, message) => {
    const client = await start();
    const reply = await post(client, path, body);

    expect(reply.status).toBe(400);
    expect(reply.text).toContain(message);
  });

  test('its summary names what was restarted or issued twice', async () => {
    const client = await start();
    client.simulator.control.setKnobs({ oldRow: 'failed', secondRestart: 'succeeds', restartMs: 'run' });
    const id = await anyId(client);
    await client.restart(id);
    await client.restart(id);
    const summary = client.simulator.control.summary();

    expect(summary.restarts).toEqual({ received: 2, tookEffect: 2 });
    expect(summary.restartedTwice).toEqual([id]);
    expect(summary.issuedTwice).toHaveLength(1);
  });
});

test('people act when the scenario says so', async () => {
  const client = await startClient({
    scenario: {
      instances: [{ definition: 'VPN Enrollment', status: 'Suspended', title: 'approve me' }],
      people: [{ at: '50ms', do: 'sign', instance: 'approve*' }],
    },
  });

  await until(() => client.simulator.control.truth().instances[0]?.status === 'Complete');
  expect(client.simulator.control.truth().actions).toMatchObject([{ action: 'sign' }]);
});
