import { startSimulator, type ScenarioInput, type Simulator } from '../../../src/simulator/simulator.ts';
import type { CommandDialect } from '../../../src/ports/command.ts';
import { aCommandClient, type TestClient } from '../../support/command-client-parts.ts';

type Knobs = NonNullable<ScenarioInput['knobs']>;

let simulator: Simulator;
let client: TestClient;

async function start(knobs: Knobs, options: Parameters<typeof aCommandClient>[1] = {}): Promise<void> {
  simulator = await startSimulator({ seed: 7, scenario: { knobs, traffic: { perSecond: 0 } } });
  client = aCommandClient(new URL(simulator.url).origin, options);
}

afterEach(async () => {
  await client.command.close();
  await simulator.stop();
});

const failed = { statuses: ['Failed'], order: 'lastModified', page: 1 } as const;
const MAP = { Failed: 4, Complete: 3, Suspended: 2 };

test.each<readonly [string, Knobs, Partial<CommandDialect>, number]>([
  ['integers, learned by name', {}, { statusForm: 'int', parameters: '11', isFailedKnown: true, statusMap: MAP }, 13],
  ['another map', { statusMap: { Failed: 0, Running: 4 } }, { statusMap: { Failed: 0 } }, 13],
  ['names', { statusForm: 'name' }, { statusForm: 'name', statusMap: {}, isFailedKnown: true }, 7],
  ['names, conditions by integer', { statusForm: 'name', statusQuery: 'int' }, { isFailedKnown: true }, 15],
  ['names only', { statusQuery: 'name' }, { statusMap: MAP }, 13],
  ['10.x names', { parameters: '10' }, { parameters: '10', statusMap: MAP }, 14],
  ['10.x names, no total', { parameters: '10', totalCount: false }, { parameters: '10', hasTotalCount: false }, 14],
  ['both sets, no total', { parameters: 'both', totalCount: false }, { parameters: '11', hasTotalCount: false }, 15],
  ['camel case and days', { propertyCase: 'camel', dateLiterals: 'day' }, { dateLiterals: 'day', statusMap: MAP }, 14],
  ['no zone', { dates: 'nozone' }, { statusMap: MAP, zoneOffsetMs: null }, 13],
  ['refused sorts', { sortFields: ['Title'], errors: 'html' }, { statusMap: MAP }, 13],
])('%s', async (_title, knobs, expected, calls) => {
  await start(knobs);

  const dialect = await client.command.learnDialect();

  expect(dialect).toMatchObject(expected);
  expect(client.turns.length).toBeLessThanOrEqual(calls);
  const page = await client.command.listInstances(failed);
  const all = await client.command.listInstances({ order: 'lastModified', page: 1 });
  expect(page.rows.length).toBeGreaterThan(1);
  expect(page.rows.every(({ status }) => status === 'Failed')).toBe(true);
  expect(page.rows.length).toBe(all.rows.filter(({ status }) => status === 'Failed').length);
  expect(page.isFiltered).toBe(true);
  expect(page.received).toBe(page.rows.length);

  const before = client.turns.length;
  await client.command.learnDialect();
  expect(client.turns.length).toBe(before);
});

test.each(['400', 'empty'])('integers that no name leads to stay unknown (%s)', async (statusQueryRefusal) => {
  await start({ statusQuery: 'int', statusQueryRefusal });

  const dialect = await client.command.learnDialect();

  expect(dialect).toMatchObject({ isFailedKnown: false, statusMap: {}, statusForm: 'int' });
  const page = await client.command.listInstances(failed);
  expect(page).toMatchObject({ rows: [], isFiltered: false });
  const all = await client.command.listInstances({ order: 'lastModified', page: 1 });
  expect(all.rows.every(({ status, rawStatus }) => status === 'Unknown' && /^\d$/.test(rawStatus))).toBe(true);
});

test('the map of the config makes such a server usable', async () => {
  await start({ statusQuery: 'int' }, { statusMap: { Failed: 4 } });

  await client.command.learnDialect();
  const page = await client.command.listInstances(failed);

  expect(page.rows.length).toBeGreaterThan(1);
  expect(page).toMatchObject({ isFiltered: true, received: page.rows.length });
});

test('what was learned is shared: another replica asks for the version, and for what may have shown up', async () => {
  await start({});
  await client.command.learnDialect();
  const other = aCommandClient(new URL(simulator.url).origin, {
    memory: { load: async (version) => client.saved.get(version) ?? null, save: async () => {} },
  });

  const dialect = await other.command.learnDialect();

  expect(dialect.statusMap).toMatchObject(MAP);
  expect(dialect.evidence.join('\n')).toContain('Status -eq "Failed"');
  expect(other.turns).toEqual(['sweep', 'sweep']);
  await other.command.close();
});

test('Failed is learned as soon as a first failed row shows up, and nothing is asked before', async () => {
  simulator = await startSimulator({
    seed: 7,
    scenario: {
      traffic: { perSecond: 0 },
      instances: [{ definition: 'Web Server Enrollment', status: 'Complete', count: 3 }],
    },
  });
  client = aCommandClient(new URL(simulator.url).origin);
  expect(await client.command.learnDialect()).toMatchObject({ isFailedKnown: false, statusMap: { Complete: 3 } });
  const before = client.turns.length;
  await client.command.learnDialect();
  expect(client.turns.length).toBe(before);

  simulator.control.makeInstances({ definition: 'Web Server Enrollment', status: 'Failed' });
  const [row] = (await client.command.listInstances({ order: 'lastModified', page: 1 })).rows.filter(
    ({ status }) => status === 'Unknown',
  );
  const dialect = await client.command.learnDialect();

  expect(row?.rawStatus).toBe('4');
  expect(dialect).toMatchObject({ isFailedKnown: true, statusMap: { Failed: 4 } });
  expect(client.turns.length - before).toBeLessThanOrEqual(4);
  expect((await client.command.listInstances(failed)).rows.map(({ id }) => id)).toEqual([row?.id]);
});

describe('the integer that the config gives to Failed', () => {
  async function startWithout(given: number, knobs: Knobs = {}): Promise<void> {
    const instances = [{ definition: 'Web Server Enrollment', status: 'Complete' as const, count: 3 }];
    simulator = await startSimulator({ seed: 7, scenario: { knobs, traffic: { perSecond: 0 }, instances } });
    client = aCommandClient(new URL(simulator.url).origin, { statusMap: { Failed: given } });
    expect(await client.command.learnDialect()).toMatchObject({ isFailedKnown: true, statusMap: { Failed: given } });
  }

  const newest = { order: 'lastModified', page: 1 } as const;

  test('is never taken for it where Command lists the first row that shows it by another name', async () => {
    await startWithout(2);
    simulator.control.makeInstances({ definition: 'VPN Enrollment', status: 'Suspended' });

    const { rows } = await client.command.listInstances(newest);

    expect(rows.map(({ status }) => status).toSorted()).toEqual(['Complete', 'Complete', 'Complete', 'Suspended']);
    const contraryFailed = { name: 'Suspended', integer: 2 };
    expect(client.command.dialect()).toMatchObject({ isFailedKnown: false, contraryFailed });

    simulator.control.makeInstances({ definition: 'Web Server Enrollment', status: 'Failed' });
    await client.command.listInstances(newest);
    const learned = await client.command.learnDialect();
    expect(learned).toMatchObject({ isFailedKnown: false, contraryFailed: { name: 'Failed', integer: 4 } });
  });

  test.each<readonly [string, Knobs]>([
    ['lists it by that name', {}],
    ['takes no names', { statusQuery: 'int' }],
    ['lists nothing by name', { statusQuery: 'int', statusQueryRefusal: 'empty' }],
  ])('is believed where Command %s, in the list that shows it first', async (_title, knobs) => {
    await startWithout(4, knobs);
    simulator.control.makeInstances({ definition: 'Web Server Enrollment', status: 'Failed' });

    const { rows } = await client.command.listInstances(newest);

    expect(rows.filter(({ status }) => status === 'Failed')).toHaveLength(1);
    const before = client.turns.length;
    await client.command.learnDialect();
    await client.command.listInstances(newest);
    expect(client.turns.length - before).toBe(1);
  });
});

test('an upgrade of Command is noticed after it was away', async () => {
  await start({});
  await client.command.learnDialect();
  const before = client.turns.length;
  simulator.control.setFaults([{ kind: 'resetBefore', route: 'list' }]);
  await expect(client.command.listInstances(failed)).rejects.toMatchObject({ code: 'TRANSIENT' });
  simulator.control.setFaults([]);

  await client.command.learnDialect();

  expect(client.turns.length - before).toBe(3 + 1);
});

test('work through all routes of the simulated Command', async () => {
  await start({});
  const { command } = client;
  await command.checkAccess();
  await command.learnDialect();

  const [row] = (await command.listInstances(failed)).rows;
  if (!row?.title) throw new Error('no failed row');
  const byTitle = await command.listInstances({ title: row.title, order: 'startDate', page: 1 });
  const cas = await command.listCertificateAuthorities();
  const [ca] = cas;
  if (!ca) throw new Error('no CA');

  expect(byTitle.rows.map(({ id }) => id)).toContain(row.id);
  expect(byTitle).toMatchObject({ isFiltered: true, isOrdered: true });
  expect((await command.readInstance(row.id)).detail?.initialData).not.toBeNull();
  expect(await command.testCertificateAuthority(ca, 2_000)).toMatchObject({ broke: false });
  expect(await command.readDefinition(row.definitionId)).toMatchObject({ id: row.definitionId });

  const line = await command.openRestartLine();
  expect(await line.send({ instanceId: row.id, version: null, withBody: false }, () => true)).toMatchObject({
    type: 'accepted',
  });
  expect((await command.readInstance(row.id)).detail?.status).toBe('CanceledForRestart');
});
