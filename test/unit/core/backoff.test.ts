import * as fc from 'fast-check';
import { drawDelayMs } from '../../../src/core/backoff.ts';

const MINUTE = 60_000;
const ladder = { first: 5 * MINUTE, factor: 4, max: 240 * MINUTE, jitter: 0.5 };

test.each([
  ['the first rung is the first delay', ladder, 1, 0, 5 * MINUTE],
  ['each further rung is the factor longer', ladder, 3, 0, 80 * MINUTE],
  ['no rung is longer than the cap', ladder, 9, 0, 240 * MINUTE],
  ['a draw takes away up to the jitter', ladder, 1, 0.5, 3.75 * MINUTE],
  ['a ladder without jitter draws nothing', { ...ladder, jitter: 0 }, 2, 0.9, 20 * MINUTE],
  ['a rung below the first counts as the first', ladder, 0, 0, 5 * MINUTE],
  ['a first delay above the cap is capped', { ...ladder, max: MINUTE }, 1, 0, MINUTE],
  ['no delay stays none on the highest rung', { ...ladder, first: 0 }, 2000, 0.3, 0],
])('%s', (_title, given, rung, random, expected) => {
  expect(drawDelayMs(given, rung, random)).toBe(expected);
});

test('every delay is within [(1 - jitter) d, d] and at most the cap', () => {
  const anyLadder = fc.record({
    first: fc.integer({ min: 0, max: 1e9 }),
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    max: fc.integer({ min: 0, max: 1e9 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  fc.assert(
    fc.property(anyLadder, fc.integer({ min: 1, max: 5000 }), random, (given, rung, drawn) => {
      const delay = drawDelayMs(given, rung, drawn);
      const full = drawDelayMs({ ...given, jitter: 0 }, rung, 0);

      expect(full).toBeLessThanOrEqual(given.max);
      expect(delay).toBeLessThanOrEqual(full);
      expect(delay).toBeGreaterThanOrEqual(full * (1 - given.jitter) - 1);
    }),
    { seed: 1 },
  );
});
