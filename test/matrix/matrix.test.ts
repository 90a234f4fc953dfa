import { startTestRedis } from '../support/redis.ts';
import { combinedPlan, singlePlans } from './plan.ts';
import type { Ending } from './live.ts';
import { endingText, runWorlds, slowText } from './run-worlds.ts';

/** Random combinations per run of the tests; `npm run matrix -- --combinations 300 --from S` lives through more. */
const COMBINATIONS = 40;
/** Worlds at once, where the machine has time for them: each mostly waits. */
const JOBS = 32;

const redis = await startTestRedis();

afterAll(async () => {
  await redis?.stop();
});

(redis ? test : test.skip)(
  'every promise is kept against a Command that does one thing otherwise, and many',
  async () => {
    const combined = Array.from({ length: COMBINATIONS }, (_, index) => combinedPlan(1 + index)); // the longest first
    const redisUrl = redis?.url ?? '';

    const endings = await runWorlds({ plans: [...combined, ...singlePlans()], redisUrl, jobs: JOBS });

    console.info(slowText(endings));
    expect(broken(endings)).toEqual([]);
  },
  900_000,
);

function broken(endings: readonly Ending[]): readonly string[] {
  return endings.filter(({ faults }) => faults.length > 0).map(endingText);
}
