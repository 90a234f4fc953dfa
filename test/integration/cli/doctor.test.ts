import { randomUUID } from 'node:crypto';
import { connectStore } from '../../../src/adapters/redis/connect.ts';
import type { RedisConnection } from '../../../src/adapters/redis/connect.ts';
import { createProgram } from '../../../src/cli/program.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import type { Finding } from '../../../src/core/doctor-finding.ts';
import { createStoreParts } from '../../../src/daemon/store-parts.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { ScenarioInput, Simulator } from '../../../src/simulator/simulator.ts';
import { aDependency } from '../../support/builders.ts';
import { freePort, startTestRedis } from '../../support/redis.ts';
import { fromJson } from '../../support/simulator-client.ts';

const redis = await startTestRedis();
const withRedis = redis ? test : test.skip;
afterAll(async () => redis?.stop());

const simulators: Simulator[] = [];
const connections: RedisConnection[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.disconnect();
  for (const simulator of simulators.splice(0)) await simulator.stop();
});

class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** A world without traffic, so that counts stand still. */
const QUIET: ScenarioInput = { traffic: { perSecond: 0 } };

async function startCommand(scenario: ScenarioInput = {}): Promise<Simulator> {
  const simulator = await startSimulator({ scenario: { ...QUIET, ...scenario } });
  simulators.push(simulator);
  return simulator;
}

interface Ran {
  out: string;
  error: string;
  exitCode: number;
}

async function runDoctor(
  env: NodeJS.ProcessEnv,
  words: readonly string[] = ['--json'],
  isTerminal = false,
): Promise<Ran> {
  const ran: Ran = { out: '', error: '', exitCode: 0 };
  const terminal: Terminal = {
    env,
    writeOut: (text) => void (ran.out += text),
    writeError: (text) => void (ran.error += text),
    exit: (code) => {
      throw new Exit(code);
    },
    isTerminal,
    columns: 160,
    drained: async () => true,
    confirm: async () => null,
  };
  try {
    await createProgram(terminal).parseAsync(['doctor', ...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    ran.exitCode = error.exitCode;
  }
  return ran;
}

function environment(simulator: Simulator, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    REDIS_URL: redis?.url ?? '',
    REMEDIATOR__REDIS__PREFIX: `test-${randomUUID().slice(0, 8)}`,
    REMEDIATOR__COMMAND__REQUESTSPERSECOND: '1000',
    KEYFACTOR_HOSTNAME: new URL(simulator.url).origin,
    KEYFACTOR_USERNAME: 'KEYEXAMPLE\\remediator',
    KEYFACTOR_PASSWORD: 'simulated',
    ...more,
  };
}

interface Report {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

async function examined(simulator: Simulator, more: NodeJS.ProcessEnv = {}): Promise<Report & { exitCode: number }> {
  const { out, exitCode } = await runDoctor(environment(simulator, more));
  return { ...fromJson<Report>(out), exitCode };
}

const finding = (level: string, text: string): unknown =>
  expect.objectContaining({ level, text: expect.stringContaining(text) as unknown });

function aConnection(url: string): RedisConnection {
  const connection = connectStore({ url }, 3000);
  connections.push(connection);
  return connection;
}

withRedis('works before the first start, says so, and leaves nothing in the store', async () => {
  const simulator = await startCommand();
  const env = environment(simulator);

  const { out, error, exitCode } = await runDoctor(env);

  const { ok, findings } = fromJson<Report>(out);
  expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
  expect({ ok, exitCode }).toEqual({ ok: true, exitCode: 0 });
  expect(findings).toContainEqual(finding('ok', 'Failed is 4 on the wire'));
  expect(findings).toContainEqual(finding('ok', 'Command 25.1.1'));
  expect(findings).toContainEqual(finding('info', 'the store is empty'));
  expect(findings.filter(({ topic }) => topic === 'certificate authorities')).toHaveLength(3);
  expect(error).toContain('looking at Redis');
  expect(await aConnection(redis?.url ?? '').keys(`${env['REMEDIATOR__REDIS__PREFIX']}*`)).toEqual([]);
  expect(simulator.control.truth().restarts).toEqual([]);
});

withRedis('tells it by topic, with signs on a terminal and plain words elsewhere', async () => {
  const simulator = await startCommand();

  const plain = await runDoctor(environment(simulator), []);
  const atTerminal = await runDoctor(environment(simulator), [], true);

  expect(plain.out).toMatch(/^configuration\n {2}info {4}mode is observe/);
  expect(plain.out).toContain('\nRedis\n  ok ');
  expect(plain.out).not.toContain('✓');
  expect(plain.out).toContain('It would work (');
  expect(atTerminal.out).toContain('✓');
});

withRedis.each([
  ['names on the wire', { statusForm: 'name' }, 'statuses are names on the wire'],
  ['another map', { statusMap: { Failed: 0, Complete: 6, CanceledForRestart: 3 } }, 'Failed is 0 on the wire'],
  ['10.x parameters', { parameters: '10' }, 'list parameters: 10.x'],
] as const)('learns %s', async (_title, knobs, text) => {
  const simulator = await startCommand({ knobs });

  const { ok, findings } = await examined(simulator);

  expect(findings).toContainEqual(finding('ok', text));
  expect(ok).toBe(true);
});

withRedis('where nothing tells which integer is Failed, shows rows of each and the line that settles it', async () => {
  const simulator = await startCommand({ knobs: { statusQuery: 'int' } });
  const [failed] = simulator.control.truth().instances.filter(({ status }) => status === 'Failed');

  const unknown = await examined(simulator);
  const set = await examined(simulator, { REMEDIATOR__COMMAND__STATUSMAP: '{"Failed":4}' });

  expect(unknown).toMatchObject({ ok: false, exitCode: 1 });
  expect(unknown.findings).toContainEqual(finding('fail', 'which integer stands for Failed is not known'));
  const samples = unknown.findings.find(({ text }) => text.startsWith('status 4:'));
  expect(samples?.text).toContain('command.statusMap: {Failed: 4}');
  expect(samples?.evidence?.split('\n')).toHaveLength(3);
  expect(failed).toBeDefined();
  expect(set).toMatchObject({ ok: true, exitCode: 0 });
});

withRedis('a wrong password is told as such after one try', async () => {
  const simulator = await startCommand();

  const { ok, exitCode, findings } = await examined(simulator, { KEYFACTOR_PASSWORD: 'wrong' });

  expect({ ok, exitCode }).toEqual({ ok: false, exitCode: 1 });
  expect(findings).toContainEqual(finding('fail', 'credentials are not accepted (401)'));
  expect(findings.some(({ topic }) => topic === 'dialect')).toBe(false);
});

withRedis('names the permission that is missing for the CAs, which it can do without', async () => {
  const name = 'KEYEXAMPLE\\remediator';
  const users = [{ name, password: 'simulated', permissions: ['/workflows/instances/read/'] }];
  const simulator = await startCommand({ users });

  const { ok, findings } = await examined(simulator);

  expect(ok).toBe(true);
  const denied = findings.find(({ text }) => text.startsWith('list of CAs: denied (403)'));
  expect(denied).toMatchObject({
    level: 'warn',
    fix: expect.stringContaining('/certificate_authorities/read/') as unknown,
  });
  expect(findings).toContainEqual(finding('info', 'definitions: denied (403)'));
  expect(findings).toContainEqual(finding('warn', 'Restart: is not among the endpoints that we may use'));
});

withRedis('without the right to read instances it would not work', async () => {
  const users = [
    { name: 'KEYEXAMPLE\\remediator', password: 'simulated', permissions: ['/workflows/instances/read/mine/'] },
  ];
  const simulator = await startCommand({ users });

  const { ok, findings } = await examined(simulator);

  expect(ok).toBe(false);
  expect(JSON.stringify(findings)).toContain('/workflows/instances/read/');
});

withRedis('a dead CA that never tested well is called untestable, one that did is called down', async () => {
  const simulator = await startCommand();
  simulator.control.setCa('Corp Issuing CA 1', { up: false });
  simulator.control.setCa('Corp Issuing CA 2', { up: false, test: 'down' });
  const prefix = `test-${randomUUID().slice(0, 8)}`;
  const stores = createStoreParts(aConnection(redis?.url ?? ''), { prefix, replica: 'test', requestsPerSecond: 1 });
  await stores.kv.attach();
  const name = 'ca2.keyexample.com\\Corp Issuing CA 2';
  await stores.gates.update(name, 'ca', () => aDependency({ name, lastGoodAt: Date.now() - 60_000 }));

  const { ok, findings } = await examined(simulator, { REMEDIATOR__REDIS__PREFIX: prefix });

  expect(ok).toBe(true);
  expect(findings).toContainEqual(finding('warn', 'Corp Issuing CA 1: untestable until its first good test'));
  expect(findings).toContainEqual(finding('warn', 'Corp Issuing CA 2: Command does not reach it now'));
});

test('Redis that is down is told with its reason, and Command is looked at all the same', async () => {
  const simulator = await startCommand();
  const port = await freePort();

  const { ok, exitCode, findings } = await examined(simulator, { REDIS_URL: `redis://127.0.0.1:${port}` });

  expect({ ok, exitCode }).toEqual({ ok: false, exitCode: 1 });
  expect(findings).toContainEqual(finding('fail', 'ECONNREFUSED'));
  expect(findings).toContainEqual(finding('ok', 'Command 25.1.1'));
});

withRedis('a Redis that evicts is refused, one that is a store of another Command too', async () => {
  const own = await startTestRedis({ isDurable: true }); // always a private one: its settings are changed
  if (own === null) return;
  try {
    const connection = aConnection(own.url);
    await connection.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const prefix = 'test';
    const stores = createStoreParts(connection, { prefix, replica: 'test', requestsPerSecond: 1 });
    await stores.kv.attach();
    await stores.ledger.update('server', () => ({ server: 'https://other.example.com/keyfactorapi' }));
    const simulator = await startCommand();

    const { ok, findings } = await examined(simulator, { REDIS_URL: own.url, REMEDIATOR__REDIS__PREFIX: prefix });

    expect(ok).toBe(false);
    expect(findings).toContainEqual(finding('fail', 'it evicts keys'));
    expect(findings).toContainEqual(finding('fail', 'it belongs to https://other.example.com/keyfactorapi'));
    expect(findings).toContainEqual(finding('ok', 'every write is on disk'));
  } finally {
    await own.stop();
  }
});

withRedis('Command that cannot be reached is told with the exact reason', async () => {
  const simulator = await startCommand();
  const port = await freePort();

  const refused = await examined(simulator, { KEYFACTOR_HOSTNAME: `http://127.0.0.1:${port}` });
  const notTls = await examined(simulator, { KEYFACTOR_HOSTNAME: `https://127.0.0.1:${new URL(simulator.url).port}` });
  const wrongPath = await examined(simulator, { KEYFACTOR_API_PATH: 'Elsewhere' });

  expect(refused.findings).toContainEqual(finding('fail', 'connection refused by'));
  expect(refused.findings.find(({ level }) => level === 'fail')?.evidence).toContain('ECONNREFUSED');
  expect(notTls.findings).toContainEqual(finding('fail', 'TLS with'));
  expect(wrongPath.findings).toContainEqual(finding('fail', 'the API is not found there'));
});

test('a configuration that cannot be used ends with 78', async () => {
  const { exitCode, error } = await runDoctor({});

  expect(exitCode).toBe(78);
  expect(error).toContain('command.url');
});
