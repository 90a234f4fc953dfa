import { brokenPromises, untilSettled } from '../support/ground-check.ts';
import { fail, startWatching, story, untilRestarted } from '../support/story.ts';

const COUNT = 80;

story(
  'all replicas are replaced one by one under load; nothing is held for it and nothing is lost',
  { settings: { 'restart.perMinute': 300 } },
  async (world) => {
    const { control } = world.simulator;
    control.setKnobs({ restartMs: 1000 }); // a POST is open at almost any time
    const replicas = await startWatching(world, {}, {}, {});
    const ids = fail(world, COUNT);

    for (const [index, old] of replicas.entries()) {
      await untilRestarted(world, 10 * (index + 1));
      old.signal('SIGTERM');
      expect(await old.exited).toBe(0);
      await world.startWorking();
    }
    await untilSettled(world, ids);

    expect(await brokenPromises(world, ids)).toEqual([]);
    expect((await world.records()).filter(({ phase }) => phase === 'held')).toEqual([]);
    expect(control.summary().restarts).toEqual({ received: COUNT, tookEffect: COUNT });
    // Every open request ended within the grace: no answer had to be looked up.
    const logs = world.programs().map((program) => program.log());
    expect(logs.filter((log) => log.includes('"result":"unknown"'))).toEqual([]);
  },
);
