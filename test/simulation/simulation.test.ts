import { readFileSync } from 'node:fs';
import { MUTANTS } from './mutants.ts';
import { planOf } from './plan.ts';
import { failureText } from './report.ts';
import { live } from './world.ts';

/** Seeds per run of the tests; CI and people run more with `npm run simulate`. */
const SEEDS = 40;
const MUTANT_SEEDS = 200;

interface KeptSeed {
  readonly seed: number;
  readonly story: string;
}

const kept = JSON.parse(readFileSync(new URL('kept-seeds.json', import.meta.url), 'utf8')) as readonly KeptSeed[];

test.each(kept)('seed $seed: $story', async ({ seed }) => {
  const outcome = await live(planOf(seed));

  expect(failureText(outcome)).toBe('');
});

test('same seed, same history', async () => {
  const [first, second] = [await live(planOf(2)), await live(planOf(2))];

  expect(second.steps).toBe(first.steps);
  expect(second.counts).toEqual(first.counts);
});

test(`${SEEDS} seeds keep every promise`, async () => {
  for (let seed = 1001; seed < 1001 + SEEDS; seed++) {
    const plan = planOf(seed);
    if (plan.faults.storeLoss !== 'never') continue;
    const outcome = await live(plan);

    expect(failureText(outcome)).toBe('');
  }
}, 60_000);

test.each(MUTANTS)(
  'the oracle catches a daemon with a fault: $name',
  async ({ mutate }) => {
    let caught = 0;
    for (let seed = 1; seed <= MUTANT_SEEDS && caught === 0; seed++) {
      const plan = planOf(seed);
      if (plan.faults.storeLoss !== 'never') continue;
      const { violations } = await live(plan, mutate);
      // Caught counts only where the daemon itself keeps its promises.
      if (violations.length > 0 && (await live(plan)).violations.length === 0) caught = seed;
    }

    expect(caught).toBeGreaterThan(0);
  },
  120_000,
);
