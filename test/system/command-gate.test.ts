import { brokenPromises, untilSettled } from '../support/ground-check.ts';
import { fail, startWatching, story } from '../support/story.ts';
import { untilLogged } from '../support/world.ts';

const COUNT = 30;

story(
  'ten bad answers in a row stop all restarts and their reads, until a sweep goes well',
  { settings: { 'poll.interval': '3s' }, limitMs: 90_000 },
  async (world) => {
    const { control } = world.simulator;
    const [replica] = await startWatching(world);
    control.setFaults([{ kind: 'status', status: 503, route: 'read' }]);
    const ids = fail(world, COUNT);
    await untilLogged(replica, '"isShut":true');
    await untilLogged(replica, '"isShut":false');
    expect(control.summary().restarts.received).toBe(0);
    control.setFaults([]);
    await untilSettled(world, ids);

    expect(await brokenPromises(world, ids)).toEqual([]);
    expect(control.summary().restarts.tookEffect).toBe(COUNT);
  },
);
