import { readFileSync } from 'node:fs';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { combinedPlan, singlePlans } from './plan.ts';
import type { Ending } from './live.ts';
import { endingText, runWorlds, slowText } from './run-worlds.ts';

/** Random combinations per run of the tests; `npm run matrix -- --combinations 300 --from S` lives through more. */
const COMBINATIONS = 20;
/** Worlds at once: each mostly waits. */
const JOBS = 12;

interface OpenSeed {
  readonly seed: number;
  readonly story: string;
}

/** Worlds that are not lived through here yet: what is wrong in them is known. */
const open = JSON.parse(readFileSync(new URL('open-seeds.json', import.meta.url), 'utf8')) as readonly OpenSeed[];

let redis: TestRedis | null = null;

beforeAll(async () => {
  redis = await startTestRedis();
});

afterAll(async () => {
  await redis?.stop();
});

test('every promise is kept against a Command that does one thing otherwise, and many', async () => {
  if (redis === null) throw new Error('no Redis here');
  const seeds = Array.from({ length: COMBINATIONS + open.length }, (_, index) => 1 + index);
  const closed = seeds.filter((seed) => open.every((known) => known.seed !== seed)).slice(0, COMBINATIONS);
  const combined = closed.map(combinedPlan);

  const endings = await runWorlds({ plans: [...singlePlans(), ...combined], redisUrl: redis.url, jobs: JOBS });

  console.info(slowText(endings));
  expect(broken(endings)).toEqual([]);
}, 900_000);

function broken(endings: readonly Ending[]): readonly string[] {
  return endings.filter(({ faults }) => faults.length > 0).map(endingText);
}
