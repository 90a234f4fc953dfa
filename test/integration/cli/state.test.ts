import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectStore } from '../../../src/adapters/redis/connect.ts';
import type { RedisConnection } from '../../../src/adapters/redis/connect.ts';
import { createProgram } from '../../../src/cli/program.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { createStoreParts } from '../../../src/daemon/store-parts.ts';
import { aFailure, anInput, anIntent, aRecord, aRemediation, aSearch, guid, NOON } from '../../support/builders.ts';
import { startTestRedis } from '../../support/redis.ts';
import { fromJson } from '../../support/simulator-client.ts';

// Always a private server: it is emptied, as a loss would.
const redis = await startTestRedis({ isDurable: true });
const withRedis = redis ? describe : describe.skip;
const folder = mkdtempSync(join(tmpdir(), 'remediator-state-'));
const connection: RedisConnection = connectStore({ url: redis?.url ?? 'redis://127.0.0.1:1' }, 3000);
if (redis === null) connection.disconnect(); // then no hook runs
afterAll(async () => {
  connection.disconnect();
  await redis?.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  if (redis !== null) await connection.flushall();
});

class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

const SERVER = 'https://command.example.com/keyfactorapi';
const KEY = { REMEDIATOR__SECURITY__FINGERPRINTKEY: 'a key of the operator' };

async function state(words: readonly string[], env: NodeJS.ProcessEnv = KEY, answer: boolean | null = null) {
  const ran = { out: '', error: '', exitCode: 0 };
  const terminal: Terminal = {
    env: { REDIS_URL: redis?.url ?? '', KEYFACTOR_HOSTNAME: 'command.example.com', ...env },
    writeOut: (text) => void (ran.out += text),
    writeError: (text) => void (ran.error += text),
    exit: (code) => {
      throw new Exit(code);
    },
    isTerminal: false,
    columns: 160,
    drained: async () => true,
    confirm: async () => answer,
  };
  try {
    await createProgram(terminal).parseAsync(['state', ...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    ran.exitCode = error.exitCode;
  }
  return ran;
}

async function someStores() {
  const parts = createStoreParts(connection, { prefix: 'remediator', replica: 'test', requestsPerSecond: 1 });
  await parts.kv.attach();
  return parts;
}

type Stores = Awaited<ReturnType<typeof someStores>>;

const aLineage = (number: number, changes: Parameters<typeof aRemediation>[0] = {}) =>
  aRemediation({
    rootInstanceId: guid(number),
    currentInstanceId: guid(number),
    instanceIds: [guid(number)],
    referenceId: number,
    currentReferenceId: number,
    ...changes,
  });

const door = (instanceId: string, before: ReturnType<typeof aRemediation>) => ({
  intent: anIntent({ instanceId, rootInstanceId: before.rootInstanceId, requestKey: `request of ${instanceId}` }),
  before,
  after: before,
  caSlots: 8,
  gates: [],
  limits: { concurrency: 8, perMinute: 6000, perCaPerMinute: 6000 },
  canaryWindowMs: 1000,
});

/** Restarts it as a daemon does, and leaves it as it then stands. */
async function sent({ journal }: Stores, record: ReturnType<typeof aRemediation>, instanceId: string) {
  const answer = await journal.open(door(instanceId, record));
  if (answer.type !== 'opened') throw new Error(answer.because);
  await journal.close({ ...answer.intent, state: 'accepted', endedAt: NOON });
}

/** A recovered lineage of two, a held one, a waiting one, one whose new run is being looked for. */
async function aStoreWithHistory(): Promise<void> {
  const stores = await someStores();
  const { store, ledger } = stores;
  await ledger.update('server', () => ({ server: SERVER }));
  await ledger.update('old-row', () => ({ fate: 'leaves', evidence: 'seen', withoutVerdict: 0 }));
  const lineage = [aRecord({ oldInstanceId: guid(1), newInstanceId: guid(2), rootInstanceId: guid(1) })];
  const recovered = aLineage(1, {
    phase: 'ended',
    wait: null,
    outcome: 'recovered',
    endedAt: NOON,
    currentInstanceId: guid(2),
    instanceIds: [guid(1), guid(2)],
    attemptsMade: 1,
    lineage,
  });
  const records = [
    recovered,
    aLineage(3, { phase: 'held', wait: null, holdCause: 'already issued', reason: 'already issued: CACertificate' }),
    aLineage(4, { phase: 'waiting', attemptsMade: 2, failure: aFailure({ instanceId: guid(4) }) }),
    aLineage(5, {
      phase: 'resolving',
      wait: null,
      input: anInput({ instanceId: guid(5) }),
      search: aSearch({ predecessorId: guid(5), mark: 900 }),
    }),
  ];
  for (const record of records) await store.create(record);
  await sent(stores, recovered, guid(1));
  const [resolving] = await store.loadMany([guid(5)]);
  if (resolving) await sent(stores, resolving, guid(5));
}

const file = (name: string): string => join(folder, name);

withRedis('export and import', () => {
  test('after the loss of Redis ends, holds, attempts and sent ids are back', async () => {
    await aStoreWithHistory();
    const exported = await state(['export', '--out', file('state.jsonl')]);
    await connection.flushall();

    const imported = await state(['import', file('state.jsonl'), '--yes', '--json']);

    expect(exported).toMatchObject({
      exitCode: 0,
      error: expect.stringContaining('4 remediations, 2 sent restarts') as unknown,
    });
    expect(fromJson(imported.out)).toEqual({ brought: 4, kept: 0, sent: 2, isSameKey: true });
    const { store, journal, ledger } = await someStores();
    const [recovered, held, waiting, resolving] = await Promise.all([1, 3, 4, 5].map(async (n) => store.load(guid(n))));
    expect(recovered).toMatchObject({ phase: 'ended', outcome: 'recovered', lineage: [{ newInstanceId: guid(2) }] });
    expect(held).toMatchObject({ phase: 'held', holdCause: 'already issued' });
    expect(waiting).toMatchObject({ phase: 'waiting', past: 'unproved', attemptsMade: 2 });
    expect(resolving).toMatchObject({ phase: 'resolving', search: { predecessorId: guid(5), mark: 0 } });
    expect(await store.counts()).toMatchObject({
      phases: { ended: 1, held: 1, waiting: 1, resolving: 1 },
      outcomes: { recovered: 1 },
    });
    expect(await store.find(guid(2))).toBe(guid(1));
    expect(await ledger.read('server')).toEqual({ server: SERVER });
    expect(await ledger.read('old-row')).toMatchObject({ fate: 'leaves' });
    expect((await journal.unsettled()).map(({ instanceId }) => instanceId).sort()).toEqual([guid(1), guid(5)].sort());
    for (const [record, id] of [
      [recovered, guid(1)],
      [resolving, guid(5)],
    ] as const) {
      if (!record) throw new Error('not there');
      expect(await journal.open(door(id, record))).toMatchObject({ type: 'shut', because: 'sent before' });
    }
  });

  test('what had left the list comes back into the archive, with its sent ids', async () => {
    await aStoreWithHistory();
    const before = await someStores();
    await before.journal.settle(guid(1));
    const [recovered] = await before.store.loadMany([guid(1)]);
    expect(recovered && (await before.archive.add(recovered))).toBe(true);
    await state(['export', '--out', file('archive.jsonl')]);
    await connection.flushall();

    const imported = await state(['import', file('archive.jsonl'), '--yes', '--json']);
    const again = await state(['import', file('archive.jsonl'), '--yes', '--json']);

    expect(fromJson(imported.out)).toMatchObject({ brought: 4, kept: 0, sent: 2 });
    expect(fromJson(again.out)).toMatchObject({ brought: 0, kept: 4, sent: 0 });
    const { store, archive, journal } = await someStores();
    expect(await store.counts()).toMatchObject({ phases: { ended: 0 }, outcomes: { recovered: 0 } });
    expect(await archive.list(9)).toMatchObject([
      { rootInstanceId: guid(1), lineage: recovered?.lineage, timeline: [] },
    ]);
    expect(await journal.load(guid(1))).toMatchObject({ state: 'accepted' });
  });

  test('a second import brings nothing more', async () => {
    await aStoreWithHistory();
    await state(['export', '--out', file('twice.jsonl')]);
    await connection.flushall();
    await state(['import', file('twice.jsonl'), '--yes']);

    const again = await state(['import', file('twice.jsonl'), '--yes', '--json']);

    expect(fromJson(again.out)).toMatchObject({ brought: 0, kept: 4, sent: 0 });
  });

  test('what a daemon admitted anew since the loss is taken into its old lineage', async () => {
    await aStoreWithHistory();
    await state(['export', '--out', file('late.jsonl')]);
    await connection.flushall();
    const after = await someStores();
    await after.store.create(aLineage(2, { timeline: [], changedAt: NOON + 1000 })); // the new run failed since
    await after.store.create(aLineage(4, { timeline: [], changedAt: NOON + 1000 })); // still failed
    await after.store.create(aLineage(9, { timeline: [] })); // failed since, unknown to the export

    await state(['import', file('late.jsonl'), '--yes']);

    expect(await after.store.load(guid(2))).toBeNull();
    expect(await after.store.find(guid(2))).toBe(guid(1));
    expect(await after.store.load(guid(1))).toMatchObject({ instanceIds: [guid(1), guid(2)], outcome: 'recovered' });
    expect(await after.store.load(guid(4))).toMatchObject({ attemptsMade: 2, past: 'unproved' });
    expect(await after.store.load(guid(9))).toMatchObject({ phase: 'waiting' });
    expect(await after.store.counts()).toMatchObject({ phases: { ended: 1, held: 1, waiting: 2, resolving: 1 } });
  });

  test('what the store knows better stays', async () => {
    await aStoreWithHistory();
    await state(['export', '--out', file('old.jsonl')]);
    const { store } = await someStores();
    const [before] = await store.loadMany([guid(4)]);
    if (!before) throw new Error('not there');
    await store.save(before, { ...before, attemptsMade: 3, reason: 'went on', changedAt: before.changedAt + 1000 });

    const imported = await state(['import', file('old.jsonl'), '--yes', '--json']);

    expect(fromJson(imported.out)).toMatchObject({ brought: 0, kept: 4, sent: 0 });
    expect(await store.load(guid(4))).toMatchObject({ attemptsMade: 3, reason: 'went on' });
  });

  test('without a key of the operator an open restart is held, and nothing secret is in the file', async () => {
    await aStoreWithHistory();
    const stores = await someStores();
    await stores.ledger.update('fingerprint-key', () => ({ key: 'generated-and-secret' }));
    await state(['export', '--out', file('nokey.jsonl')], {});
    await connection.flushall();

    const imported = await state(['import', file('nokey.jsonl'), '--yes', '--json'], {});

    expect(readFileSync(file('nokey.jsonl'), 'utf8')).not.toContain('generated-and-secret');
    expect(statSync(file('nokey.jsonl')).mode & 0o077).toBe(0);
    expect(fromJson(imported.out)).toMatchObject({ brought: 4, isSameKey: false });
    const { store } = await someStores();
    expect(await store.load(guid(5))).toMatchObject({ phase: 'held', holdCause: 'restart may have happened' });
  });

  test('exports to stdout leave the store as it is', async () => {
    const { out, exitCode } = await state(['export']);

    const types = out
      .trimEnd()
      .split('\n')
      .map((line) => fromJson<{ type: string }>(line).type);
    expect({ types, exitCode }).toEqual({ types: ['header', 'end'], exitCode: 0 });
    expect(await connection.dbsize()).toBe(0);
  });

  test.each([
    ['a file that is cut off', (text: string) => text.slice(0, text.lastIndexOf('{"type":"end"')), 'is not whole'],
    [
      'a file with a broken line',
      (text: string) => text.replace('"type":"remediation"', '"type":"rem'),
      'line 5: is not a JSON object',
    ],
    ['another kind of file', () => '{"a":1}\n', 'line 1: has the unknown type'],
    ['an empty file', () => '', 'is empty'],
    [
      'the state of another Command',
      (text: string) => text.replace(SERVER, 'https://other/keyfactorapi'),
      '--server-renamed',
    ],
  ])('%s is refused before anything is written', async (_title, change, told) => {
    await aStoreWithHistory();
    await state(['export', '--out', file('bad.jsonl')]);
    await connection.flushall();
    writeFileSync(file('bad.jsonl'), change(readFileSync(file('bad.jsonl'), 'utf8')));

    const ran = await state(['import', file('bad.jsonl'), '--yes']);

    expect(ran).toMatchObject({ exitCode: 1, error: expect.stringContaining(told) as unknown });
    expect(await connection.dbsize()).toBe(0);
  });

  test('asks where --yes was not given; with nobody to ask it is a wrong call', async () => {
    await aStoreWithHistory();
    await state(['export', '--out', file('ask.jsonl')]);
    await connection.flushall();

    expect(await state(['import', file('ask.jsonl')])).toMatchObject({ exitCode: 2 });
    expect(await state(['import', file('ask.jsonl')], KEY, false)).toMatchObject({ exitCode: 1 });
    expect(await connection.dbsize()).toBe(0);
    expect(await state(['import', file('ask.jsonl')], KEY, true)).toMatchObject({ exitCode: 0 });
  });

  test('a file that cannot be read or written is told', async () => {
    expect(await state(['import', file('none.jsonl'), '--yes'])).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('cannot be read') as unknown,
    });
    expect(await state(['export', '--out', join(folder, 'no', 'such', 'file')])).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('cannot be written') as unknown,
    });
  });
});

withRedis('adopt-server', () => {
  test('shows both addresses and changes the record', async () => {
    const { ledger } = await someStores();
    await ledger.update('server', () => ({ server: 'https://old.example.com/keyfactorapi' }));

    const unasked = await state(['adopt-server']);
    const adopted = await state(['adopt-server', '--yes', '--json']);
    const again = await state(['adopt-server', '--json']);

    expect(unasked).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('https://old.example.com') as unknown,
    });
    expect(fromJson(adopted.out)).toEqual({
      before: 'https://old.example.com/keyfactorapi',
      after: SERVER,
      isChanged: true,
    });
    expect(await ledger.read('server')).toEqual({ server: SERVER });
    expect(fromJson(again.out)).toMatchObject({ isChanged: false });
  });

  test('without a configured Command it is a bad configuration', async () => {
    expect(await state(['adopt-server', '--yes'], { KEYFACTOR_HOSTNAME: '' })).toMatchObject({ exitCode: 78 });
  });
});
