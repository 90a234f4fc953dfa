import { startWorld, until } from '../support/world.ts';
import type { World } from '../support/world.ts';

const DEFINITION = '5a0c0000-0000-4000-8000-000000000001';

/** Suspended ones of an old version: two that were approved once already, one on the wanted version, one in another definition. */
const SCENARIO = `
definitions:
  - name: Code Signing
    id: ${DEFINITION}
    version: 3
    steps: [{ kind: approval, name: First approval }, { kind: approval, name: Second approval }, enroll]
  - { name: Other, steps: [approval, enroll] }
instances:
  - { definition: Code Signing, status: Suspended, version: 1, step: First approval, count: 22, age: 1h, spread: 2h }
  - { definition: Code Signing, status: Suspended, version: 1, step: Second approval, count: 2, age: 40d }
  - { definition: Code Signing, status: Suspended, version: 3, age: 1h }
  - { definition: Other, status: Suspended, age: 1h }
`;
const FAILED = `
  - { definition: Code Signing, status: Failed, version: 1, count: 2, age: 1h, failures: 1 }
  - { definition: Code Signing, status: Failed, version: 1, step: Enroll1, issued: yes, age: 1h }
`;

interface Line {
  readonly instanceId: string;
  readonly newInstanceId: string | null;
  readonly result: string;
  readonly reason: string | null;
}

const probe = await startWorld('instances: []');
const suite = probe === null ? describe.skip : describe;
await probe?.stop();

const worlds: (World | null)[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world?.stop();
});

const move = (...more: string[]) => ['move-version', '--definition', DEFINITION, '--to', '2', ...more];

function toLines(output: string): readonly Line[] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

async function start(more = ''): Promise<World> {
  const settings = { 'command.statusMap': '{"Failed": 4, "Suspended": 2}', 'command.oldRow': 'leaves' };
  const world = await startWorld(`${SCENARIO.trimEnd()}${more}`, { settings });
  worlds.push(world);
  if (world === null) throw new Error('no Redis');
  return world;
}

suite('move-version', () => {
  test('moves suspended instances, once each, through the daemon, and tells what became of each', async () => {
    const world = await start();
    const dry = await world.run(move('--dry-run', '--json'));
    const alone = await world.run(move('--yes'));
    const replica = world.startReplica();
    await until(
      () => replica.log(),
      (log) => log.includes('daemon started'),
    );
    const unasked = await world.run(move());
    const done = await world.run(move('--yes', '--json'));
    const again = await world.run(move('--yes', '--json'));

    expect([dry.code, toLines(dry.output).length]).toEqual([0, 25]);
    expect(dry.log).toContain('2 of them lose an approval');
    expect([alone.code, alone.log]).toEqual([1, expect.stringContaining('no daemon')]);
    expect([unasked.code, unasked.log]).toEqual([2, expect.stringContaining('--yes')]);
    const lines = toLines(done.output);
    expect(lines.filter(({ result }) => result !== 'moved')).toEqual([]);
    expect([done.code, lines.length]).toEqual([0, 25]);
    expect([again.code, toLines(again.output)]).toEqual([0, []]);
    const { restarts, instances } = world.simulator.control.truth();
    const moved = restarts.filter(({ version }) => version === 2);
    expect([moved.length, new Set(moved.map(({ instanceId }) => instanceId)).size]).toEqual([25, 25]);
    for (const { instanceId, newInstanceId } of lines)
      expect(instances.find(({ id }) => id === newInstanceId)).toMatchObject({ predecessorId: instanceId, version: 2 });
    const [first] = lines;
    expect(await world.json(['explain', first?.instanceId ?? '', '--json'])).toMatchObject({
      phase: 'handed-over',
      attemptsMade: 0,
      lineage: [{ oldInstanceId: first?.instanceId, newInstanceId: first?.newInstanceId, origin: 'move', attempt: 0 }],
    });
  }, 110_000);

  test('failed ones go by the rules of every restart: what was issued stays held', async () => {
    const world = await start(FAILED);
    const replica = world.startReplica({ 'restart.perMinute': 1, 'backoff.failed.first': '1h', mode: 'observe' });
    await until(
      async () => (await world.records()).length,
      (count) => count === 3,
    );
    const waiting = await world.run(move('--status', 'failed', '--yes', '--json'));
    replica.signal('SIGTERM');
    await replica.exited;
    world.startReplica();
    await until(
      () => world.simulator.control.truth().restarts.filter(({ tookEffect }) => tookEffect).length,
      (count) => count >= 2,
    );
    const again = await world.run(move('--status', 'failed', '--yes', '--json'));

    expect(waiting.code).toBe(1);
    expect(toLines(waiting.output).map(({ result }) => result)).toContain('waiting');
    expect(again.code).toBe(1);
    expect(toLines(again.output)).toMatchObject([
      { result: 'held', reason: expect.stringContaining('already issued') as string },
    ]);
    const { restarts } = world.simulator.control.truth();
    expect(restarts.map(({ version, tookEffect }) => ({ version, tookEffect }))).toEqual([
      { version: 2, tookEffect: true },
      { version: 2, tookEffect: true },
    ]);
  }, 110_000);

  test('what cannot be moved is said before anything is changed', async () => {
    const world = await start();
    const run = async (...args: string[]) => world.run(['move-version', ...args]);
    const none = await run('--definition', DEFINITION, '--to', '9', '--dry-run');
    const bad = await run('--definition', 'Code Signing', '--to', '2');

    expect([none.code, none.log]).toEqual([1, expect.stringContaining('no version 9')]);
    expect([bad.code, bad.log]).toEqual([2, expect.stringContaining('GUID')]);
    expect(world.simulator.control.truth().restarts).toEqual([]);
  }, 60_000);
});
