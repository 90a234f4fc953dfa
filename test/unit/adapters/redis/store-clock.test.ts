import { StoreClock } from '../../../../src/adapters/redis/store-clock.ts';
import { NOON } from '../../../support/builders.ts';

/** A clock that has heard the store's time at noon, and hears it again a second later, ahead of what it expects. */
function heardAgain(aheadMs: number): StoreClock {
  let steady = 0;
  const clock = new StoreClock(NOON - 9000, () => steady);
  clock.learn(clock.begin(), NOON);
  steady += 1000;
  clock.learn(clock.begin(), NOON + 1000 + aheadMs);
  return clock;
}

test.each([
  ['drifts', 2000],
  ['stands', 0],
])('a clock of the store that %s has run steadily since it was first heard', (_title, aheadMs) => {
  const clock = heardAgain(aheadMs);

  expect(clock.now()).toBe(NOON + 1000 + aheadMs);
  expect(clock.steadySince()).toBe(NOON);
});

test.each([
  ['forward', 900_000],
  ['back', -900_000],
])('after a jump %s nothing from before is measured by it', (_title, aheadMs) => {
  expect(heardAgain(aheadMs).steadySince()).toBe(NOON + 1000 + aheadMs);
});
