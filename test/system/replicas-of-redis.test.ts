import { brokenPromises, untilSettled } from '../support/ground-check.ts';
import { startTestRedis } from '../support/redis.ts';
import { fail, startWatching, story } from '../support/story.ts';
import { until, untilLogged } from '../support/world.ts';

story(
  'no restart leaves before the replicas of Redis have its intent, and none is lost for it',
  { settings: { 'redis.confirmReplicas': 1, 'backoff.unreachable.max': '1s' }, limitMs: 30_000 },
  async (world) => {
    const follower = await startTestRedis({ replicaOf: world.redis.url });
    try {
      await follower?.kill();
      const [replica] = await startWatching(world);
      await untilLogged(replica, '"event":"store.at-risk"');
      const ids = fail(world, 3);
      await until(
        async () => world.records(),
        (records) => records.some(({ reason }) => reason.includes('0 of 1 replicas of Redis confirmed it')),
      );
      expect(world.simulator.control.summary().restarts.received).toBe(0);

      await follower?.start();
      await untilSettled(world, ids);

      expect(await brokenPromises(world, ids)).toEqual([]);
      expect(world.simulator.control.summary().restarts).toEqual({ received: 3, tookEffect: 3 });
    } finally {
      await follower?.stop();
    }
  },
);
