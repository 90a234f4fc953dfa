import { Redis } from 'ioredis';
import { brokenAfterLoss, brokenPromises, silentWaits, untilSettled } from '../support/ground-check.ts';
import { fail, lasting, startWatching, story, untilRestarted } from '../support/story.ts';
import { until, untilLogged } from '../support/world.ts';
import type { Program, World } from '../support/world.ts';

const COUNT = 60;
const STEADY = { 'restart.perMinute': 240 };

/** Everything that is Failed or was restarted comes to an end, whichever record knows it now. */
async function untilAllSettled(world: World): Promise<void> {
  const failed = world.simulator.control
    .truth()
    .instances.filter(({ status }) => status === 'Failed')
    .map(({ id }) => id);
  await untilSettled(world, failed, 90_000);
  await until(
    async () => (await world.records()).filter(({ phase }) => phase !== 'ended' && phase !== 'held'),
    (open) => open.length === 0,
    90_000,
  );
}

async function emptyUnderway(world: World): Promise<void> {
  const redis = new Redis(world.redis.url);
  await redis.flushall();
  redis.disconnect();
}

function tellsOfLoss(replicas: readonly Program[]): boolean {
  return replicas.some((replica) => replica.log().includes('"event":"store.lost"'));
}

story(
  'Redis that is killed and started again (appendfsync everysec) forgets no restart',
  { fsync: 'everysec', settings: STEADY },
  async (world) => {
    world.simulator.control.setKnobs({ restartMs: 300 });
    const replicas = await startWatching(world, {}, {});
    const ids = fail(world, COUNT);

    for (let round = 1; round <= 3; round++) {
      await untilRestarted(world, round * 10);
      await world.redis.kill();
      await untilLogged(replicas[0], '"event":"daemon.waiting"');
      await lasting(round * 700);
      await world.redis.start();
    }
    await untilSettled(world, ids, 90_000);

    expect(await brokenPromises(world, ids)).toEqual([]);
  },
);

story('a store that is set back to an older copy leads to no second restart', { settings: STEADY }, async (world) => {
  world.simulator.control.setKnobs({ restartMs: 300 });
  const replicas = await startWatching(world, {}, {});
  const ids = fail(world, COUNT);
  await untilRestarted(world, 10);
  const old = world.redis.copyData();
  await untilRestarted(world, 30);

  await world.redis.kill();
  old.putBack();
  await world.redis.start();
  await until(
    () => tellsOfLoss(replicas),
    (isTold) => isTold,
  );
  expect(await silentWaits(world)).toEqual([]);
  const more = fail(world, 5);
  await untilAllSettled(world);

  expect(await brokenAfterLoss(world, [...ids, ...more])).toEqual([]);
});

story(
  'FLUSHALL under live daemons leads to no second restart and loses nothing',
  { settings: STEADY },
  async (world) => {
    world.simulator.control.setKnobs({ restartMs: 300 });
    const replicas = await startWatching(world, {}, {});
    const ids = fail(world, COUNT);
    await untilRestarted(world, 20);

    const server = await world.note('server');
    await emptyUnderway(world);
    await until(
      () => tellsOfLoss(replicas),
      (isTold) => isTold,
    );
    const more = fail(world, 5);
    await untilAllSettled(world);

    expect(await brokenAfterLoss(world, [...ids, ...more])).toEqual([]);
    expect(world.simulator.control.summary().instances['Complete']).toBeGreaterThanOrEqual(COUNT);
    expect(await world.note('layout')).not.toBeNull();
    expect(await world.note('server')).toEqual(server);
  },
);

/** Every replica has seen a pause after this time. */
const SEEN_MS = 1000;

story('a pause holds over FLUSHALL under live daemons', {}, async (world) => {
  const replicas = await startWatching(world, {}, {});
  await world.run(['pause', '--reason', 'a test']);
  await lasting(SEEN_MS);

  await emptyUnderway(world);
  await until(
    () => tellsOfLoss(replicas),
    (isTold) => isTold,
  );
  fail(world, 5);
  await until(
    async () => (await world.records()).filter(({ wait }) => wait === 'pause'),
    (paused) => paused.length === 5,
  );

  expect(world.simulator.control.summary().restarts.tookEffect).toBe(0);
  expect(await world.json(['status', '--json'])).toMatchObject({ paused: { reason: 'a test' } });
});

/** Restarted by people, superseded, issued: what an empty store must see in the rows alone. */
const HISTORY = `
instances:
  - { definition: Web Server Enrollment, status: Failed, ca: Corp Issuing CA 1, count: 20, age: 10m, spread: 1h }
  - { definition: Web Server Enrollment, status: Failed, ca: Corp Issuing CA 1, subject: CN=again.keyexample.com, user: 'KEYEXAMPLE\\tchen', age: 50m }
  - { definition: Web Server Enrollment, status: Complete, ca: Corp Issuing CA 1, subject: CN=again.keyexample.com, user: 'KEYEXAMPLE\\tchen', age: 20m }
  - { definition: Web Server Enrollment, status: Failed, ca: Corp Issuing CA 1, count: 5, age: 3d, spread: 1h }
  - { definition: Web Server Enrollment, status: CanceledForRestart, ca: Corp Issuing CA 1, count: 5, age: 2h }
`;

story('an empty store beside a server with a history restarts what is proved', { scenario: HISTORY }, async (world) => {
  const { control } = world.simulator;
  const failed = control.truth().instances.filter(({ status }) => status === 'Failed');
  const ids = failed.map(({ id }) => id);
  await startWatching(world, {}, {});
  await untilSettled(world, ids);

  expect(await brokenPromises(world, ids)).toEqual([]);
  const outcomes = (await world.records()).map(({ outcome, holdCause }) => outcome ?? holdCause);
  const count = (name: string): number => outcomes.filter((outcome) => outcome === name).length;
  expect({ recovered: count('recovered'), obsolete: count('obsolete'), history: count('history') }).toEqual({
    recovered: 20,
    obsolete: 1,
    history: 5,
  });
});
