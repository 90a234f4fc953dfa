import { readFileSync } from 'node:fs';
import { MUTANTS, planFor } from './mutants.ts';
import { planOf } from './plan.ts';
import { failureText } from './report.ts';
import { runSeeds } from './run-seeds.ts';
import { live } from './world.ts';

/** Many more were lived through by hand: `npm run simulate -- --seeds 20000`. */
const FROM = 1;
const SEEDS = 2000;
const THREADS = 2;
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
  const { report, failures } = await runSeeds({ from: FROM, seeds: SEEDS, jobs: THREADS });

  expect(failures.join('\n')).toBe('');
  expect(report.seeds).toBe(SEEDS);
}, 600_000);

test.each(MUTANTS)(
  'the oracle catches a daemon with a fault: $name',
  async (mutant) => {
    let caught = 0;
    for (let seed = 1; seed <= MUTANT_SEEDS && caught === 0; seed++) {
      const plan = planFor(mutant, planOf(seed));
      if (plan === null) continue;
      const { violations } = await live(plan, mutant.mutate);
      // Caught counts only where the daemon itself keeps its promises.
      if (violations.length > 0 && (await live(plan)).violations.length === 0) caught = seed;
    }

    expect(caught).toBeGreaterThan(0);
  },
  300_000,
);
