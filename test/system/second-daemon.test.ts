import { fail, startWatching, story } from '../support/story.ts';
import { until } from '../support/world.ts';

const COUNT = 6;

story(
  'two daemons with stores of their own on one Command: an alert tells of it, and no instance is restarted twice',
  { settings: { 'poll.interval': '300ms', 'alerts.groupWait': '500ms' }, limitMs: 60_000 },
  async (world) => {
    const { control } = world.simulator;
    control.setKnobs({ initiator: 'restarter' });
    const replicas = await startWatching(world, {}, { 'redis.prefix': `${world.prefix}-other` });
    const ids = fail(world, COUNT);

    await until(
      () => replicas.some((replica) => replica.log().includes('"key":"second-daemon"')),
      (isTold) => isTold,
    );
    await until(
      async () => world.records(),
      (records) => records.length === COUNT && records.every(({ outcome }) => outcome === 'recovered'),
    );

    const restarted = control.truth().restarts.filter(({ tookEffect }) => tookEffect);
    expect(restarted).toHaveLength(COUNT);
    expect(new Set(control.truth().instances.flatMap(({ predecessorId }) => predecessorId ?? []))).toEqual(
      new Set(ids),
    );
  },
);
