import * as fc from 'fast-check';
import {
  allowanceOf,
  hasVote,
  labelOf,
  newDependency,
  shut,
  withCompletion,
  withFailure,
  withSuspicion,
  withTest,
} from '../../../src/core/dependency.ts';
import type { Dependency, DependencyKind, TestResult } from '../../../src/core/dependency.ts';
import { NOON, aDependency, aPolicy, guid } from '../../support/builders.ts';

const { health } = aPolicy();
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIND = { definitionId: guid(0xdef), template: 'WebServer' };

type Step = (dependency: Dependency) => Dependency;
const tested =
  (result: TestResult['result'], at: number): Step =>
  (dependency) =>
    withTest(dependency, { at: NOON + at, result, message: result }, health);
const good = (at: number): Step => tested('good', at);
const bad = (at: number): Step => tested('bad', at);
const refused = (at: number): Step => tested('refused', at);
const failed =
  (at: number, seenAt = at): Step =>
  (dependency) =>
    withFailure(dependency, { ...KIND, at: NOON + at }, NOON + seenAt, health);
const completed =
  (startedAt: number): Step =>
  (dependency) =>
    withCompletion(dependency, NOON + startedAt);
const suspect =
  (at: number): Step =>
  (dependency) =>
    withSuspicion(dependency, NOON + at);
const after = (...steps: readonly Step[]): Dependency =>
  steps.reduce((dependency, step) => step(dependency), aDependency());

test.each<readonly [string, readonly Step[], boolean]>([
  ['never tested', [], false],
  ['never good', [bad(1), bad(2), bad(3)], false],
  ['good once', [good(1)], true],
  ['good before, bad now', [good(1), bad(2)], true],
  ['refused', [good(1), refused(2)], false],
  ['refused, then bad', [good(1), refused(2), bad(3)], true],
  ['contradicted by a run begun and completed after a bad test', [good(1), bad(2), completed(3)], false],
  ['contradicted, until its next good test', [good(1), bad(2), completed(3), good(9000)], true],
  ['bad, and a run completed that began before', [good(1), bad(5), completed(4)], true],
])('a test that was %s has a vote: %s', (_title, steps, expected) => {
  expect(hasVote(after(...steps))).toBe(expected);
});

test.each<readonly [string, readonly Step[], boolean]>([
  ['one bad test does not shut it', [good(1), bad(2)], false],
  ['two in a row do', [good(1), bad(2), bad(3)], true],
  ['a good one in between starts anew', [good(1), bad(2), good(3), bad(4)], false],
  ['one good test does not bring it back', [good(1), bad(2), bad(3), good(4)], true],
  ['two in a row do bring it back', [good(1), bad(2), bad(3), good(4), good(5)], false],
  ['a bad one in between starts anew', [good(1), bad(2), bad(3), good(4), bad(5), good(6)], true],
  ['bad tests without a vote shut nothing', [bad(1), bad(2), bad(3)], false],
  ['a test that is refused takes its word back', [good(1), bad(2), bad(3), refused(4)], false],
  ['a run begun and completed after a bad test takes it back', [good(1), bad(2), bad(3), completed(4)], false],
  ['a run begun before does not', [good(1), bad(2), bad(3), completed(2)], true],
  ['a suspect is down at its first bad test', [good(1), suspect(2), bad(3)], true],
  ['a test begun before the failure decides nothing', [good(1), suspect(5), bad(4)], false],
  ['a result that comes late says nothing', [good(5), bad(6), bad(4)], false],
])('%s', (_title, steps, expected) => {
  expect(after(...steps).isDown).toBe(expected);
});

test.each<readonly [string, readonly Step[], number | null]>([
  ['newer than the last good test asks for one test', [good(1), suspect(2)], NOON + 2],
  ['older asks for none', [good(3), suspect(2)], null],
  ['is answered by a good test', [good(1), suspect(2), good(3)], null],
  ['is not answered by a test begun before it', [good(1), suspect(5), good(4)], NOON + 5],
  ['is answered by a refusal', [good(1), suspect(2), refused(3)], null],
  ['without a vote asks for none', [bad(1), suspect(2)], null],
  ['while it is down asks for none', [good(1), bad(2), bad(3), suspect(4)], null],
  ['moves with newer failures', [good(1), suspect(2), suspect(5), suspect(3)], NOON + 5],
])('a failure %s', (_title, steps, expected) => {
  expect(after(...steps).suspectSince).toBe(expected);
});

test.each<readonly [string, readonly Step[], number | null]>([
  ['a good test', [good(1)], NOON + 1],
  ['a verified completion, from the start of that run', [good(1), completed(2)], NOON + 2],
  ['no completion that began before its last proof', [good(5), completed(2)], NOON + 5],
  ['no bad test', [good(1), bad(2)], NOON + 1],
  ['no single good test of one that is down', [good(1), bad(2), bad(3), good(4)], null],
  ['the test that brings it back', [good(1), bad(2), bad(3), good(4), good(5)], NOON + 5],
  ['no completion that was under way before the outage', [good(1), bad(2), bad(3), completed(0)], null],
  ['nothing any more once it was shut', [good(1), shut], null],
])('it is proved well by %s', (_title, steps, expected) => {
  expect(after(...steps).provedAt).toBe(expected);
});

test.each<readonly [string, readonly Step[], number]>([
  ['one before any verdict', [], 1],
  ['one more for each completion', [completed(1), completed(2)], 3],
  ['half the count after a failure of ours, rounded down', [completed(1), completed(2), completed(3), failed(4)], 2],
  ['one after the last', [completed(1), failed(2)], 1],
  ['one after it went down', [good(1), completed(2), completed(3), bad(4 * MINUTE), bad(5 * MINUTE)], 1],
  [
    'one when it comes back, whatever completed meanwhile',
    [
      good(1),
      completed(2),
      bad(MINUTE),
      bad(2 * MINUTE),
      completed(5),
      completed(6),
      good(3 * MINUTE),
      good(4 * MINUTE),
    ],
    1,
  ],
  [
    'one after a refused test took the word of a dead one back',
    [good(1), completed(2), bad(MINUTE), bad(2 * MINUTE), refused(3 * MINUTE)],
    1,
  ],
  ['what it was after a refused test of a healthy one', [good(1), completed(2), refused(MINUTE)], 2],
  ['what it was after an original failure', [good(1), completed(2), suspect(MINUTE)], 2],
])('the allowance is %s', (_title, steps, expected) => {
  expect(allowanceOf(after(...steps), health)).toBe(expected);
});

test.each<readonly [DependencyKind, number, number, number]>([
  ['ca', 2, 5, 6],
  ['ca', 1.5, 5, 3],
  ['ca', 1, 5, 1],
  ['endpoint', 3, 2, 5],
  ['step', 2, 0, 1],
  ['old-row', 2, 50, 1],
  ['limits', 2, 0, Number.MAX_SAFE_INTEGER],
])('a gate of kind %s with factor %d lets %d completions make %d', (kind, rampFactor, completions, expected) => {
  expect(allowanceOf(aDependency({ kind, completions }), { ...health, rampFactor })).toBe(expected);
});

test.each([
  [1, 5 * MINUTE],
  [2, 10 * MINUTE],
  [3, 20 * MINUTE],
  [6, 160 * MINUTE],
  [7, 4 * HOUR],
  [60, 4 * HOUR],
])('after %d failures in a row the next canary goes %d ms later', (failures, expected) => {
  const steps = Array.from({ length: failures }, (_, index) => failed(index));

  expect(after(...steps)).toMatchObject({ failuresInRow: failures, nextCanaryAt: NOON + failures - 1 + expected });
});

test('a completion ends the pause and the row of failures', () => {
  expect(after(failed(1), failed(2), completed(3))).toMatchObject({
    failuresInRow: 0,
    nextCanaryAt: null,
    lastFailed: null,
  });
});

test('a failure is no pause while completions still count', () => {
  expect(after(completed(1), completed(2), completed(3), failed(4)).nextCanaryAt).toBeNull();
});

test('what kind failed last is remembered for the choice of the next canary', () => {
  expect(after(failed(1)).lastFailed).toEqual(KIND);
});

const outage = [good(10), bad(20), bad(30), good(40), good(50)];
test.each<readonly [string, readonly Step[], number]>([
  ['while it is down', [good(10), bad(20), bad(30), failed(15, 35)], 0],
  ['between the last good test before and the first good one after', [...outage, failed(35, 60)], 0],
  ['just at the last good test before', [...outage, failed(10, 60)], 0],
  ['before the last good test before', [...outage, failed(9, 60)], 1],
  ['after the first good test', [...outage, failed(41, 60)], 1],
])('a run that failed %s: failures in a row %#', (_title, steps, expected) => {
  expect(after(...steps).failuresInRow).toBe(expected);
});

test('what comes back starts with no failures in a row and no pause', () => {
  const back = after(good(1), failed(2), failed(3), bad(4), bad(5), good(6), good(7));

  expect(back).toMatchObject({ isDown: false, failuresInRow: 0, nextCanaryAt: null, completions: 0, lastFailed: null });
});

test('whatever may shrink the allowance refuses a door that saw the old one', () => {
  const open = after(good(1), completed(2));

  for (const step of [failed(3), suspect(4), refused(5), shut])
    expect(step(open).generation).toBeGreaterThan(open.generation);
  expect(bad(4)(bad(3)(open)).generation).toBeGreaterThan(open.generation);
});

test.each<readonly [string, Dependency, number, string]>([
  ['down', aDependency({ isDown: true }), 1, 'down'],
  ['a CA that was never good', after(bad(1)), 1, 'untestable'],
  ['a CA that was never tested', aDependency(), 1, 'canary'],
  ['no waiters', after(good(1)), 0, 'up'],
  ['no completion yet', after(good(1)), 3, 'canary'],
  ['completions', after(good(1), completed(2)), 3, 'ramp'],
  ['an endpoint that was never good', { ...after(bad(1)), kind: 'endpoint' }, 1, 'untestable'],
  ['a step', newDependency('step', 'step'), 1, 'canary'],
])('%s is told as %#', (_title, dependency, waiting, expected) => {
  expect(labelOf(dependency, waiting)).toBe(expected);
});

test('no history lets more than one go before a completion, nor any while a vote says down', () => {
  const at = fc.integer({ min: 0, max: 1000 });
  const step = fc.oneof(
    at.map(good),
    at.map(bad),
    at.map(refused),
    at.map((time) => failed(time)),
    at.map(suspect),
    fc.constant<Step>(shut),
  );

  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const dependency = after(...steps);

      expect(allowanceOf(dependency, health)).toBe(1);
      if (dependency.isDown) expect(hasVote(dependency)).toBe(true);
      expect(dependency.nextCanaryAt ?? 0).toBeLessThanOrEqual(NOON + 1000 + 4 * HOUR);
    }),
    { seed: 4 },
  );
});
