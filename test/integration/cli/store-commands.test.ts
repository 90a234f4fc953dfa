import { randomUUID } from 'node:crypto';
import { connectStore } from '../../../src/adapters/redis/connect.ts';
import { createProgram } from '../../../src/cli/program.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { createStoreParts } from '../../../src/daemon/store-parts.ts';
import { NOON, aFailure, aRecord, aRemediation, aSearch, aSighting, guid } from '../../support/builders.ts';
import { startTestRedis } from '../../support/redis.ts';
import { fromJson } from '../../support/simulator-client.ts';

const redis = await startTestRedis();
const withRedis = redis ? describe : describe.skip;
afterAll(async () => redis?.stop());

class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

interface Ran {
  out: string;
  error: string;
  exitCode: number;
}

/** Runs `remediator …` in this process, on a prefix of its own. */
function aCommandLine(prefix = `test-${randomUUID().slice(0, 8)}`, changes: Partial<Terminal> = {}) {
  const env = { REDIS_URL: redis?.url ?? '', REMEDIATOR__REDIS__PREFIX: prefix };
  return async (...words: string[]): Promise<Ran> => {
    const ran: Ran = { out: '', error: '', exitCode: 0 };
    const terminal: Terminal = {
      env,
      writeOut: (text) => void (ran.out += text),
      writeError: (text) => void (ran.error += text),
      exit: (code) => {
        throw new Exit(code);
      },
      isTerminal: false,
      columns: 160,
      drained: async () => true,
      confirm: async () => null,
      ...changes,
    };
    try {
      await createProgram(terminal).parseAsync(words, { from: 'user' });
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      ran.exitCode = error.exitCode;
    }
    return ran;
  };
}

const opened: { disconnect(): void }[] = [];
afterEach(() => {
  for (const connection of opened.splice(0)) connection.disconnect();
});

async function someStores() {
  const prefix = `test-${randomUUID().slice(0, 8)}`;
  const connection = connectStore({ url: redis?.url ?? '' }, 3000);
  opened.push(connection);
  const parts = createStoreParts(connection, { prefix, replica: 'test', requestsPerSecond: 1 });
  await parts.kv.attach();
  return {
    ...parts,
    prefix,
    connection,
    run: aCommandLine(prefix),
    atTerminal: aCommandLine(prefix, { isTerminal: true }),
  };
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => fromJson<Record<string, unknown>>(line));

withRedis('reading', () => {
  test('an empty store is shown as empty, and stays untouched', async () => {
    const prefix = `test-${randomUUID().slice(0, 8)}`;
    const run = aCommandLine(prefix);

    const status = await run('status', '--json');
    expect(fromJson(status.out)).toMatchObject({
      mode: 'observe',
      paused: null,
      dependencies: [],
      lastSweepAt: null,
      replicas: 0,
      phases: { waiting: 0 },
      outcomes: { recovered: 0 },
    });
    expect(await run('list', '--json')).toEqual({ out: '', error: 'no remediation matches\n', exitCode: 0 });
    expect((await run('lineage', '--json')).out).toBe('');
    expect(await run('explain', '812')).toMatchObject({
      out: '',
      exitCode: 1,
      error: expect.stringContaining('"812"') as unknown,
    });

    const connection = connectStore({ url: redis?.url ?? '' }, 3000);
    opened.push(connection);
    expect(await connection.keys(`${prefix}:*`)).toEqual([]);
  });

  test('list prints one object a line and takes every filter', async () => {
    const { store, run } = await someStores();
    await store.create(aRemediation({ rootInstanceId: guid(1), title: 'Building' }));
    await store.create(aRemediation({ rootInstanceId: guid(2), ca: 'CA 2' }));
    await store.create(aRemediation({ rootInstanceId: guid(3), phase: 'ended', outcome: 'recovered', endedAt: NOON }));
    const roots = async (...words: string[]) =>
      lines((await run('list', '--json', ...words)).out).map(({ rootInstanceId }) => rootInstanceId);

    expect(await roots()).toEqual([guid(1), guid(2), guid(3)]);
    expect(await roots('--phase', 'waiting')).toEqual([guid(1), guid(2)]);
    expect(await roots('--outcome', 'recovered')).toEqual([guid(3)]);
    expect(await roots('--ca', 'ca 2')).toEqual([guid(2)]);
    expect(await roots('--search', 'BUILD')).toEqual([guid(1)]);
    expect(await roots('--search', guid(2).slice(-6))).toEqual([guid(2)]);
  });

  test('list tells each of many once, though all were first seen in one moment', async () => {
    const { store, run } = await someStores();
    await Promise.all(
      Array.from({ length: 1203 }, async (_unused, index) =>
        store.create(aRemediation({ rootInstanceId: guid(index + 1) })),
      ),
    );

    const { out } = await run('list', '--json');

    expect(new Set(lines(out).map(({ rootInstanceId }) => rootInstanceId)).size).toBe(1203);
    expect(out.trimEnd().split('\n')).toHaveLength(1203);
  });

  test('what Command wrote cannot steer a terminal', async () => {
    const { store, atTerminal, run } = await someStores();
    const evil = '\u001b]0;gone\u0007\u009b2J\r\nfake line';
    await store.create(
      aRemediation({ title: evil, failure: aFailure({ message: evil }), lineage: [aRecord({ title: evil })] }),
    );

    for (const words of [['list'], ['explain', '812'], ['lineage'], ['lineage', '--format', 'csv']]) {
      for (const print of [run, atTerminal]) {
        const { out } = await print(...words);
        for (const order of ['\u0007', '\u009b', '\r', '\u001b]']) expect(out).not.toContain(order);
        expect(out).not.toMatch(/^fake line/m);
      }
    }
  });

  test('lineage as JSON and as CSV, since a time', async () => {
    const { store, run } = await someStores();
    const old = aRecord({ oldInstanceId: guid(9), restartedAt: NOON - 1000 });
    await store.create(aRemediation({ lineage: [old, aRecord()] }));
    const since = new Date(NOON).toISOString();

    expect(lines((await run('lineage')).out).map(({ oldInstanceId }) => oldInstanceId)).toEqual([guid(9), guid(1)]);
    expect(lines((await run('lineage', '--since', since, '--format', 'json')).out)).toHaveLength(1);
    const [header, ...rows] = (await run('lineage', '--since', since, '--format', 'csv')).out.trimEnd().split('\n');
    expect(header?.split(',')[0]).toBe('oldInstanceId');
    expect(rows).toEqual([expect.stringContaining(`${guid(1)},${guid(2)},`)]);
    expect((await run('lineage', '--since', '7d')).out).toBe('');
    expect(await run('lineage', '--since', 'soon')).toMatchObject({ exitCode: 2 });
  });

  test('lineage and explain tell of one that has left the list', async () => {
    const { store, archive, run } = await someStores();
    const ended = aRemediation({
      phase: 'ended',
      outcome: 'recovered',
      endedAt: NOON,
      nextAt: null,
      lineage: [aRecord()],
    });
    await store.create(ended);
    await archive.add(ended);

    expect(lines((await run('lineage', '--json')).out)).toMatchObject([
      { oldInstanceId: guid(1), newInstanceId: guid(2) },
    ]);
    expect((await run('list', '--json')).out).toBe('');
    expect(fromJson((await run('status', '--json')).out)).toMatchObject({
      phases: { ended: 0 },
      outcomes: { recovered: 0 },
    });
    expect(fromJson((await run('explain', guid(1), '--json')).out)).toMatchObject({
      outcome: 'recovered',
      isArchived: true,
      lineage: [{ newInstanceId: guid(2) }],
      timeline: [],
    });
    expect((await run('explain', '812')).out).toContain('it has left the list');
    const retried = await run('retry', guid(1), '--reason', 'again', '--json');
    expect(retried).toMatchObject({ exitCode: 1 });
    expect(fromJson(retried.out)).toMatchObject({
      result: 'refused',
      why: expect.stringContaining('it has recovered') as unknown,
    });
    expect((await run('list', '--json')).out).toBe('');
  });

  test('retry brings one back that has left the list', async () => {
    const { store, archive, run } = await someStores();
    const ended = aRemediation({ phase: 'ended', outcome: 'exhausted', endedAt: NOON, nextAt: null });
    await store.create(ended);
    await archive.add(ended);

    const retried = await run('retry', '812', '--reason', 'again', '--json');

    expect(fromJson(retried.out)).toMatchObject({ result: 'done', phase: 'waiting', rootInstanceId: guid(1) });
    expect(lines((await run('list', '--json')).out)).toMatchObject([{ phase: 'waiting', maxAttempts: 5 }]);
    expect(fromJson((await run('explain', '812', '--json')).out)).toMatchObject({ isArchived: false });
  });

  test('explain takes any id of the lineage in any case, and a ReferenceId', async () => {
    const { store, run } = await someStores();
    const current = 'aaaaaaaa-0000-4000-8000-00000000000a';
    await store.create(aRemediation({ currentInstanceId: current, lineage: [aRecord({ newInstanceId: current })] }));

    for (const id of [guid(1), current.toUpperCase(), '812'])
      expect(fromJson((await run('explain', id, '--json')).out)).toMatchObject({
        rootInstanceId: guid(1),
        lineage: [{}],
        timeline: [{}],
      });
    expect((await run('explain', '812')).out).toContain('What people can do');
  });

  test('says where Redis was looked for when it does not answer', async () => {
    const run = aCommandLine('x', { env: { REDIS_URL: 'redis://127.0.0.1:1' } });

    expect(await run('status')).toEqual({
      out: '',
      exitCode: 1,
      error: expect.stringMatching(/^Redis at 127\.0\.0\.1:1 does not answer: .*ECONNREFUSED.*redis\.url/) as unknown,
    });
  });

  test('says that Redis refuses the password, not that it is away', async () => {
    const url = new URL(redis?.url ?? '');
    Object.assign(url, { username: 'nobody', password: 'wrong' });
    const { error, exitCode } = await aCommandLine('x', { env: { REDIS_URL: url.href } })('status');

    expect(error).toMatch(/^Redis at .* refuses us: WRONGPASS .*; are user and password in redis\.url right\?/);
    expect({ exitCode, isSecretShown: error.includes('nobody:wrong') }).toEqual({ exitCode: 1, isSecretShown: false });
  });

  test('a bad configuration is exit 78', async () => {
    expect(await aCommandLine('x', { env: { REDIS_URL: 'nonsense' } })('status')).toMatchObject({
      out: '',
      exitCode: 78,
    });
  });
});

withRedis('deciding', () => {
  test('hold, release, ignore and retry, with who and why', async () => {
    const { store, run } = await someStores();
    await store.create(aRemediation());

    expect(await run('hold', '812', '--reason', 'wait')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('held') as unknown,
    });
    expect(await run('release', guid(1).toUpperCase(), '--reason', 'go on')).toMatchObject({ exitCode: 0 });
    expect(await run('ignore', '812', '--reason', 'withdrawn')).toMatchObject({ exitCode: 0 });
    expect(lines((await run('retry', '812', '--reason', 'after all', '--json')).out)).toEqual([
      expect.objectContaining({ id: '812', rootInstanceId: guid(1), result: 'done', phase: 'waiting' }),
    ]);

    const after = await store.load(guid(1));
    expect(after?.timeline.slice(1).map(({ text }) => text)).toEqual([
      'hold: wait',
      'release: go on',
      'ignore: withdrawn',
      'retry: after all',
    ]);
    expect(after?.timeline.at(-1)?.by).toMatch(/^\S+@\S+$/);
    expect(await store.takeDue(5, 1000)).toEqual([guid(1)]);
  });

  test('is exit 1 with the reason where the state does not allow it, or the id is unknown', async () => {
    const { store, run } = await someStores();
    await store.create(aRemediation());

    expect(await run('release', '812', '--reason', 'x')).toMatchObject({
      exitCode: 1,
      out: '',
      error: expect.stringContaining('it is not held but waiting') as unknown,
    });
    expect(await run('hold', '77', '--reason', 'x')).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('77: no remediation') as unknown,
    });
  });

  test('many at once: the count first, and only with a yes; what may have been sent is left out', async () => {
    const { store, run, atTerminal } = await someStores();
    const key = 'held:a:b:approvals';
    for (const number of [1, 2])
      await store.create(
        aRemediation({
          rootInstanceId: guid(number),
          phase: 'held',
          wait: null,
          holdCause: 'approvals',
          alertKey: key,
        }),
      );
    await store.create(
      aRemediation({
        rootInstanceId: guid(3),
        phase: 'held',
        wait: null,
        holdCause: 'ambiguous',
        search: aSearch({ predecessorId: guid(3) }),
        alertKey: key,
      }),
    );
    const words = ['release', '--cause', key, '--reason', 'granted'];

    expect(await run(...words)).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('release: 2 chosen; 1 left out') as unknown,
    });
    expect(await atTerminal(...words)).toMatchObject({ exitCode: 2 });
    expect((await store.load(guid(1)))?.phase).toBe('held');

    expect(await run(...words, '--yes')).toMatchObject({ exitCode: 0 });
    expect((await store.loadMany([1, 2, 3].map(guid))).map(({ phase }) => phase)).toEqual([
      'waiting',
      'waiting',
      'held',
    ]);
  });

  test('all of a CA: what a certificate may exist for is left out, and goes by its cause', async () => {
    const { store, run } = await someStores();
    const key = 'held:a:b:maybe-issued';
    const held = { ca: 'CA 1', phase: 'held', wait: null } as const;
    await store.create(aRemediation({ ...held, holdCause: 'approvals' }));
    for (const [number, holdCause] of [
      [2, 'maybe issued'],
      [3, 'already issued'],
    ] as const)
      await store.create(aRemediation({ ...held, rootInstanceId: guid(number), holdCause, alertKey: key }));

    expect(await run('retry', '--ca', 'CA 1', '--reason', 'CA renewed', '--yes')).toMatchObject({
      exitCode: 0,
      error: expect.stringContaining('retry: 1 chosen; 2 left out: a certificate may exist') as unknown,
    });
    expect((await store.loadMany([2, 3].map(guid))).map(({ phase }) => phase)).toEqual(['held', 'held']);
    expect(await run('release', '--cause', key, '--reason', 'looked', '--yes')).toMatchObject({
      exitCode: 0,
      error: expect.stringContaining('release: 2 chosen\n') as unknown,
    });
  });

  test('a restart that may have happened: its evidence is shown, then it is sent again by its own id', async () => {
    const { store, sightings, run } = await someStores();
    await sightings.observe([{ row: aSighting(), requestedAt: NOON }]);
    await store.create(
      aRemediation({
        phase: 'held',
        wait: null,
        holdCause: 'restart may have happened',
        reason: 'its answer was lost',
        attemptsMade: 1,
      }),
    );

    expect(await run('retry', '812', '--reason', 'x')).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('--send-again') as unknown,
    });
    const again = await run('retry', '812', '--reason', 'no new run in Command', '--send-again');
    expect(again).toMatchObject({ exitCode: 0, error: expect.stringContaining('its answer was lost') as unknown });
    expect(await store.load(guid(1))).toMatchObject({ phase: 'waiting', attemptsMade: 1 });
  });

  test.each([
    [['retry', '812']],
    [['retry', '--reason', 'x']],
    [['retry', '812', '--ca', 'CA', '--reason', 'x']],
    [['retry', '812', '813', '--send-again', '--reason', 'x']],
    [['release', '812', '--reason', ' ']],
    [['hold', '812', '--send-again', '--reason', 'x']],
    [['adopt']],
    [['adopt', '--since', '1d', '--limit', '0']],
    [['pause']],
    [['pause', '--reason', 'x', '--for', 'ever']],
    [['explain']],
    [['explian', '812']],
    [['list', '--phse', 'held']],
    [[]],
  ])('a wrong call is exit 2: %j', async (words) => {
    const ran = await aCommandLine()(...words);

    expect(ran).toMatchObject({ exitCode: 2, out: '' });
    expect(ran.error).not.toBe('');
  });

  test('adopts the newest parked failures, up to the limit', async () => {
    const { store, run } = await someStores();
    for (const [number, age] of [
      [1, 3],
      [2, 1],
      [3, 2],
      [4, 9],
    ] as const) {
      const lastModified = Date.now() - age * 86_400_000 + 3_600_000;
      await store.create(
        aRemediation({
          rootInstanceId: guid(number),
          phase: 'held',
          wait: null,
          holdCause: 'history',
          past: 'unproved',
          failure: aFailure({ lastModified }),
        }),
      );
    }

    const ran = await run('adopt', '--since', '5d', '--limit', '2', '--json');

    expect(fromJson(ran.out)).toEqual({ parked: 4, chosen: 2, adopted: 2 });
    expect((await store.loadMany([1, 2, 3, 4].map(guid))).map(({ phase }) => phase)).toEqual([
      'held',
      'waiting',
      'waiting',
      'held',
    ]);
  });

  test('pause, seen in status, and resume, which also ends the brake', async () => {
    const { ledger, run } = await someStores();
    await ledger.brake('one id twice');

    expect(await run('pause', '--reason', 'patch night', '--for', '4h')).toMatchObject({ exitCode: 0, out: '' });
    expect(fromJson((await run('status', '--json')).out)).toMatchObject({
      paused: { reason: 'patch night', until: expect.stringMatching(/Z$/) as unknown },
      brake: 'one id twice',
    });
    expect(await run('resume')).toMatchObject({
      exitCode: 0,
      error: expect.stringContaining('patch night') as unknown,
    });
    expect(fromJson((await run('status', '--json')).out)).toMatchObject({ paused: null, brake: null });
  });

  test('of two pauses the longer one stands, and who came second is told', async () => {
    const { run } = await someStores();

    await run('pause', '--reason', 'CA migration');

    expect(await run('pause', '--reason', 'patch night', '--for', '1h')).toMatchObject({
      exitCode: 0,
      error: expect.stringMatching(/stands already and stays .*CA migration/) as unknown,
    });
    expect(fromJson((await run('status', '--json')).out)).toMatchObject({ paused: { reason: 'CA migration' } });
  });

  test('a wrong call says where help is', async () => {
    const { run } = await someStores();

    expect((await run('state', 'export', '--bogus')).error).toContain('see: remediator state export --help');
  });

  test('a pause before the first start is kept', async () => {
    const run = aCommandLine(`test-${randomUUID().slice(0, 8)}`);

    await run('pause', '--reason', 'not yet');

    expect(fromJson((await run('status', '--json')).out)).toMatchObject({ paused: { reason: 'not yet', until: null } });
  });
});

describe('help', () => {
  test.each([
    '',
    'status',
    'list',
    'explain',
    'lineage',
    'retry',
    'hold',
    'release',
    'ignore',
    'adopt',
    'pause',
    'resume',
  ])('"%s --help" teaches with examples and exit codes', async (name) => {
    const ran = await aCommandLine()(...(name === '' ? [] : [name]), '--help');

    expect(ran).toMatchObject({ exitCode: 0, error: '' });
    expect(ran.out).toMatch(name === '' ? /Start here/ : /Examples?:/);
    expect(ran.out).toMatch(/Exit:/);
    expect(Math.max(...ran.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(130);
  });

  test('--version prints that of the package', async () => {
    expect(await aCommandLine()('--version')).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as unknown,
    });
  });

  test('a mistyped command gets a suggestion', async () => {
    expect((await aCommandLine()('explian', '812')).error).toContain('Did you mean explain?');
  });
});
