import { toGround } from '../../src/cli/demo/facts.ts';
import type { DemoFacts } from '../../src/cli/demo/facts.ts';
import { checkDeadCa } from '../../src/cli/demo/timing-promises.ts';
import type { LineageView } from '../../src/core/views.ts';
import { startWorld, until } from '../support/world.ts';
import type { World } from '../support/world.ts';

const CA = 'Corp Issuing CA 1';
const COUNT = 500;

/** Completed traffic of the same kind goes on all the time. */
const SCENARIO = `
instances: []
traffic: { perSecond: 3, keep: 5000, mix: [{ definition: Web Server Enrollment, ca: ${CA} }] }
`;

interface Listed {
  readonly rootInstanceId: string;
  readonly instanceIds: readonly string[];
  readonly phase: string;
  readonly outcome: string | null;
  readonly reason: string;
  readonly attemptsMade: number;
}

const worlds: (World | null)[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world?.stop();
});

async function createWorld(settings = {}): Promise<World | null> {
  const world = await startWorld(SCENARIO, { isDurable: true, settings });
  worlds.push(world);
  return world;
}

const probe = await startWorld('instances: []');
const isRedisHere = probe !== null;
await probe?.stop();
const suite = isRedisHere ? describe : describe.skip;

/** Failures while the daemons watch; then the CA dies, and comes back. */
async function tellStory(world: World): Promise<readonly string[]> {
  const replicas = [world.startReplica(), world.startReplica(), world.startReplica()];
  for (const replica of replicas)
    await until(
      () => replica.log(),
      (log) => log.includes('daemon started'),
    );
  await until(
    () => world.simulator.control.summary().requests,
    (requests) => (requests['list'] ?? 0) > 2,
  );
  const { control } = world.simulator;
  const ids = control.makeInstances({ definition: 'Web Server Enrollment', ca: CA, status: 'Failed', count: COUNT });
  await until(
    () => control.summary().restarts.tookEffect,
    (count) => count >= 20,
    120_000,
  );
  control.setCa(CA, { up: false });
  await new Promise((wait) => setTimeout(wait, 5000));
  control.setCa(CA, { up: true });
  await until(
    () => control.summary().restarts.tookEffect,
    (count) => count >= 120,
    120_000,
  );
  await until(
    async () => world.records(),
    (items) => {
      const done = new Set(items.filter(isDone).map(({ rootInstanceId }) => rootInstanceId));
      return ids.every((id) => done.has(id));
    },
    120_000,
  );
  return ids;
}

/** Ended, or a person's turn: a run that was cut off inside the dying CA may have been issued (P7). */
function isDone({ phase, reason }: Listed): boolean {
  return phase === 'ended' || (phase === 'held' && /^(maybe|already) issued/.test(reason));
}

/** The store against the ground truth of the simulated Command. */
async function compare(world: World, ids: readonly string[]): Promise<void> {
  const truth = world.simulator.control.truth();
  const summary = world.simulator.control.summary();
  const items = await world.lines<Listed>(['list', '--json']);
  const records = await world.lines<LineageView>(['lineage']);
  const successors = new Map(truth.instances.map(({ id, successorIds }) => [id, successorIds]));
  const statuses = new Map(truth.instances.map(({ id, status }) => [id, status]));

  expect(summary.restartedTwice).toEqual([]);
  expect(summary.issuedTwice).toEqual([]);
  const isOurs = ({ rootInstanceId }: { readonly rootInstanceId: string }): boolean => ids.includes(rootInstanceId);
  for (const record of records) {
    // Traffic goes on: a restart of its own may still be on its way.
    if (isOurs(record) || record.newInstanceId !== null)
      expect(successors.get(record.oldInstanceId)).toEqual([record.newInstanceId]);
  }
  const restarted = new Set(records.map(({ oldInstanceId }) => oldInstanceId));
  const effective = truth.restarts.filter(({ tookEffect }) => tookEffect);
  expect(effective.filter(({ instanceId }) => !restarted.has(instanceId))).toEqual([]);
  const ours = items.filter(isOurs);
  expect(ours.length).toBe(COUNT);
  for (const { outcome, instanceIds } of ours) {
    if (outcome === 'recovered') expect(statuses.get(instanceIds.at(-1) ?? '')).toBe('Complete');
  }
  expect(beyondGate(world, records)).toEqual([]);
}

/**
 * Restarts into the CA while it was dead for longer than tests may take to tell (unhealthyAfter x interval + timeout), and
 * restarts beyond canary and ramp after its return.
 */
function beyondGate(world: World, records: readonly LineageView[]): readonly string[] {
  const truth = world.simulator.control.truth();
  const lineage = records.map(({ resolvedAt, ...record }) => ({
    ...record,
    resolvedAt: resolvedAt === null ? null : Date.parse(resolvedAt),
  }));
  const health = { unhealthyAfter: 2, interval: 500, timeout: 2000, rampFactor: 2, canaryWindow: 3000 };
  const facts = { truth, outageCa: CA, records: [{ lineage }], config: { health } } as unknown as DemoFacts;
  return checkDeadCa(facts, toGround(truth)).faults;
}

suite('three replicas and 500 failures behind a CA that dies and comes back', () => {
  test('bring every instance to an end, as the ground truth says', async () => {
    const world = await createWorld({ 'command.oldRow': 'leaves' });
    if (world === null) throw new Error('no Redis');

    const ids = await tellStory(world);

    await compare(world, ids);
  }, 400_000);
});
