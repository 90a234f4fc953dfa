import { brokenPromises, silentWaits, untilSettled } from '../support/ground-check.ts';
import { CA, fail, lasting, seededRandom, startWatching, story, untilRestarted } from '../support/story.ts';

const COUNT = 120;
const KILLS = 6;

story(
  'replicas that are killed at random while a CA dies and comes back restart nothing twice and lose nothing',
  { settings: { 'restart.perMinute': 600 } }, // ten a second, so that the kills meet work
  async (world) => {
    const random = seededRandom();
    const { control } = world.simulator;
    control.setKnobs({ restartMs: 300 }); // long enough to be killed in the middle of one
    const replicas = await startWatching(world, {}, {}, {});
    const ids = fail(world, COUNT);
    await untilRestarted(world, 8);

    for (let kills = 1; kills <= KILLS; kills++) {
      const victim = random.between(0, replicas.length - 1);
      replicas[victim]?.signal('SIGKILL');
      await replicas[victim]?.exited;
      if (kills === 2) control.setCa(CA, { up: false });
      if (kills === 4) control.setCa(CA, { up: true });
      await lasting(random.between(200, 1500));
      replicas[victim] = await world.startWorking();
      expect(await silentWaits(world)).toEqual([]);
    }
    await untilSettled(world, ids, 90_000);

    expect(await brokenPromises(world, ids)).toEqual([]);
    expect(control.summary().instances['Complete']).toBeGreaterThan(COUNT / 2);
  },
);
