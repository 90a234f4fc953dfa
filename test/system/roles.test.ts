import { brokenPromises, silentWaits, untilSettled } from '../support/ground-check.ts';
import { fail, lasting, story, untilRestarted } from '../support/story.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until, untilLogged } from '../support/world.ts';

const COUNT = 60;

/** A pause counts for all replicas after this time (DESIGN.md 6). */
const PAUSE_MS = 1000;

/** A replica is ready after this time, Command or no Command. */
const READY_LIMIT_MS = 20_000;

story(
  'a poller and two workers share the work; a pause under load stops all of them within a second',
  { settings: { 'restart.perMinute': 600 } },
  async (world) => {
    const { control } = world.simulator;
    await world.startWorking({}, ['--role', 'worker']);
    await world.startWorking({ 'restart.concurrency': 4 }, ['--role', 'worker']);
    const early = fail(world, 3);
    expect(await world.records()).toEqual([]); // nobody looks yet
    const poller = await world.startWorking({}, ['--role', 'poller']);
    await untilSettled(world, early);
    const ids = fail(world, COUNT);
    await untilRestarted(world, 12);

    await world.run(['pause', '--reason', 'a test']);
    const pausedAt = Date.now();
    await lasting(PAUSE_MS * 4);
    const { restarts } = control.truth();
    expect(restarts.filter(({ at }) => Date.parse(at) > pausedAt + PAUSE_MS)).toEqual([]);
    expect(restarts.length).toBeLessThan(COUNT);
    expect(await silentWaits(world)).toEqual([]);
    await world.run(['resume']);
    await until(
      () => control.truth().restarts.length,
      (count) => count > restarts.length,
    );
    await untilSettled(world, [...early, ...ids]);

    expect(await brokenPromises(world, [...early, ...ids])).toEqual([]);
    expect(poller.log()).not.toContain('"event":"restart.sending"');
  },
);

story('replicas that start while Command does not answer are ready, and work once it does', {}, async (world) => {
  const line = await startTcpProxy({ port: Number(new URL(world.simulator.url).port) });
  const far = { 'command.url': `http://127.0.0.1:${line.port}`, 'command.timeout': '60s', 'http.port': 0 };
  try {
    line.set('silent');
    const replicas = [world.startReplica(far, ['--role', 'worker']), world.startReplica(far, ['--role', 'poller'])];
    for (const replica of replicas) {
      await untilLogged(replica, '"event":"daemon.started"', READY_LIMIT_MS);
      const url = /"url":"(http:[^"]+)"/.exec(replica.log())?.[1] ?? '';
      await until(
        async () => (await fetch(`${url}/readyz`)).status,
        (status) => status === 200,
      );
    }

    line.set('open');
    const ids = fail(world, 3);
    await untilSettled(world, ids);

    expect(await brokenPromises(world, ids)).toEqual([]);
  } finally {
    await line.stop();
  }
});
