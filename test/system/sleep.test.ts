import { brokenPromises, untilSettled } from '../support/ground-check.ts';
import { DOOR, fail, lasting, startWatching, story } from '../support/story.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/world.ts';

/** Beyond the heartbeat (15 s): the others take a sleeper for dead. */
const SLEEP_MS = 20_000;

story('a replica that sleeps in the middle of its restarts finds them settled by another one', {}, async (world) => {
  const { control } = world.simulator;
  control.setKnobs({ restartMs: 3000, restartCommit: 'end' });
  const [sleeper] = await startWatching(world);
  const ids = fail(world, 8);
  await until(
    async () => world.unsettled(),
    (intents) => intents.length >= 4,
  );

  sleeper.signal('SIGSTOP');
  const asleep = (await world.unsettled()).map(({ instanceId }) => instanceId);
  await startWatching(world);
  await until(
    async () => world.unsettled(),
    (intents) => !intents.some(({ instanceId }) => asleep.includes(instanceId)),
    60_000,
  );
  sleeper.signal('SIGCONT');
  await untilSettled(world, ids);

  expect(asleep.length).toBeGreaterThanOrEqual(4);
  expect(await brokenPromises(world, ids)).toEqual([]);
  expect(control.truth().restarts.filter(({ instanceId }) => asleep.includes(instanceId))).toHaveLength(asleep.length);
});

story('a replica that sleeps between the door and its first byte sends nothing when it wakes', {}, async (world) => {
  const { control } = world.simulator;
  const line = await startTcpProxy({ port: Number(new URL(world.redis.url).port) });
  try {
    const [sleeper] = await startWatching(world, { 'redis.url': `redis://127.0.0.1:${line.port}` });
    line.holdFrom(DOOR); // the intent is written, and its sender does not learn of it
    const ids = fail(world, 1);
    await until(
      async () => world.unsettled(),
      (intents) => intents.length === 1,
    );

    sleeper.signal('SIGSTOP');
    line.set('open');
    await lasting(SLEEP_MS);
    expect(control.summary().restarts.received).toBe(0);
    sleeper.signal('SIGCONT');
    await untilSettled(world, ids);

    expect(await brokenPromises(world, ids)).toEqual([]);
    expect(control.summary().restarts).toEqual({ received: 1, tookEffect: 1 });
    expect(JSON.stringify((await world.records())[0]?.timeline)).toContain('not sent');
  } finally {
    await line.stop();
  }
});
