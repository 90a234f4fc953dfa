import * as fc from 'fast-check';
import { withTest } from '../../../src/core/dependency.ts';
import type { Dependency } from '../../../src/core/dependency.ts';
import {
  askGate,
  chooseReleases,
  isLastAttemptKept,
  isSuspect,
  nextTestAt,
  toWaiter,
  waiterScore,
} from '../../../src/core/ramp.ts';
import type { GateRoom, Waiter } from '../../../src/core/ramp.ts';
import { NOON, aDependency, aFailure, aPolicy, aRemediation, guid } from '../../support/builders.ts';

const { health } = aPolicy();
const MINUTE = 60_000;

function aWaiter(changes: Partial<Waiter> = {}): Waiter {
  return {
    rootInstanceId: guid(1),
    instanceId: guid(1),
    failedAt: NOON,
    attemptsLeft: 4,
    definitionId: guid(0xdef),
    template: 'WebServer',
    parkedAt: NOON,
    isUrgent: false,
    ...changes,
  };
}

const WELL: Partial<Dependency> = { testedAt: NOON + 1, lastGoodAt: NOON + 1, provedAt: NOON + 1 };
const UNTESTABLE: Partial<Dependency> = { testedAt: NOON + 1, lastBadAt: NOON + 1, badInRow: 1 };
const PAUSED: Partial<Dependency> = { ...WELL, failuresInRow: 1, nextCanaryAt: NOON + 5 * MINUTE };

test.each<readonly [string, Partial<Dependency>, Partial<Waiter>, boolean]>([
  ['proved well after the failure lets it go', WELL, {}, true],
  ['proved well at the very moment does not', { ...WELL, provedAt: NOON }, {}, false],
  ['proved well before the failure does not', WELL, { failedAt: NOON + MINUTE }, false],
  ['never tested is tested first', {}, {}, false],
  ['never proved does not', { ...WELL, provedAt: null }, {}, false],
  ['down lets nothing go', { ...WELL, isDown: true }, {}, false],
  ['down lets nothing go, urgent or not', { ...WELL, isDown: true }, { isUrgent: true }, false],
  ['suspect waits for its test', { ...WELL, suspectSince: NOON + 2 }, {}, false],
  ['suspect waits for its test, urgent or not', { ...WELL, suspectSince: NOON + 2 }, { isUrgent: true }, false],
  ['untestable needs no proof', UNTESTABLE, {}, true],
  ['refused needs no proof', { ...WELL, provedAt: null, isTestRefused: true }, {}, true],
  ['contradicted needs no proof', { ...WELL, provedAt: null, isContradicted: true }, {}, true],
  ['a step needs no proof', { kind: 'step' }, {}, true],
  ['the limits need no proof', { kind: 'limits' }, {}, true],
  ['an endpoint is tested first', { kind: 'endpoint' }, {}, false],
  ['an endpoint that proved well lets it go', { ...WELL, kind: 'endpoint' }, {}, true],
  ['an endpoint that failed since does not', { ...WELL, kind: 'endpoint' }, { failedAt: NOON + MINUTE }, false],
  ['the pause after a failure holds', PAUSED, {}, false],
  ['the pause does not hold whom a person sent on', PAUSED, { isUrgent: true }, true],
  ['the pause is over in its time', { ...PAUSED, nextCanaryAt: NOON + 2 }, {}, true],
])('a gate that is %s', (_title, dependency, waiter, expected) => {
  expect(askGate(aDependency(dependency), aWaiter(waiter), NOON + 2, health).isOpen).toBe(expected);
});

test.each<readonly [string, Partial<Dependency>, string, number]>([
  [
    'its next test',
    { ...WELL, isDown: true, lastMessage: 'RPC' },
    'CA ca01.example.com\\Issuing CA 1 is down: RPC',
    NOON + 1 + health.interval,
  ],
  ['its first test', {}, 'CA ca01.example.com\\Issuing CA 1 has not proved well since this failure', NOON + 2],
  [
    'the test of a suspect, at once',
    { ...WELL, suspectSince: NOON + 2 },
    'CA ca01.example.com\\Issuing CA 1 has not proved well since this failure',
    NOON + 2,
  ],
  ['its next canary', PAUSED, 'CA ca01.example.com\\Issuing CA 1: next canary after 1 failed', NOON + 5 * MINUTE],
])('a shut gate tells a reason and %s', (_title, dependency, reason, nextAt) => {
  expect(askGate(aDependency(dependency), aWaiter(), NOON + 2, health)).toEqual({ isOpen: false, reason, nextAt });
});

test('a suspect is tested once: a test begun after the failure answers it', () => {
  const suspect = aDependency({ ...WELL, suspectSince: NOON + 2 });

  expect(isSuspect(suspect)).toBe(true);
  expect(nextTestAt(suspect, NOON + 9, health)).toBe(NOON + 9);
  expect(isSuspect(withTest(suspect, { at: NOON + 3, result: 'bad', message: '' }, health))).toBe(false);
});

test('a waiter is what its record says', () => {
  const remediation = aRemediation({ attemptsMade: 1, failure: aFailure({ seenAt: NOON + 7 }), isUrgent: true });

  expect(toWaiter(remediation)).toEqual(aWaiter({ attemptsLeft: 3, failedAt: NOON + 7, isUrgent: true }));
  expect(toWaiter(aRemediation({ failure: null, input: null }))).toMatchObject({ failedAt: NOON, template: null });
});

const room = (changes: Partial<GateRoom> = {}): GateRoom => ({
  dependency: aDependency(WELL),
  inFlight: 0,
  limit: 100,
  lastFailed: null,
  ...changes,
});
const chosen = (given: GateRoom, waiters: readonly Waiter[]): readonly string[] =>
  chooseReleases(given, waiters, NOON + 2, health).map(({ instanceId }) => instanceId);
const [first, second, third] = [guid(1), guid(2), guid(3)];

test.each<readonly [string, Partial<GateRoom>, readonly Partial<Waiter>[], readonly string[]]>([
  ['one canary', {}, [{}, { instanceId: second }], [first]],
  ['nobody while the canary is under way', { inFlight: 1 }, [{}], []],
  [
    'as many as the completions allow',
    { dependency: aDependency({ ...WELL, completions: 2 }), inFlight: 1 },
    [{}, { instanceId: second }, { instanceId: third }],
    [first, second],
  ],
  [
    'no more than the limits let go',
    { dependency: aDependency({ ...WELL, completions: 9 }), limit: 1 },
    [{}, { instanceId: second }],
    [first],
  ],
  ['nobody where the limits are used up', { limit: 0 }, [{}], []],
  ['the one with the most attempts left', {}, [{ attemptsLeft: 1 }, { instanceId: second, attemptsLeft: 3 }], [second]],
  ['the longest waiting of equals', {}, [{ failedAt: NOON }, { instanceId: second, failedAt: NOON - 5 }], [second]],
  ['whom a person sent on before all', {}, [{}, { instanceId: second, attemptsLeft: 1, isUrgent: true }], [second]],
  [
    'one of another template after a failure',
    { lastFailed: { definitionId: guid(0xdef), template: 'WebServer' } },
    [{}, { instanceId: second, template: 'Mail', attemptsLeft: 2 }],
    [second],
  ],
  [
    'one of another definition after a failure',
    { lastFailed: { definitionId: guid(0xdef), template: 'WebServer' } },
    [{}, { instanceId: second, definitionId: guid(7), attemptsLeft: 2 }],
    [second],
  ],
  [
    'one of the same kind where no other waits',
    { lastFailed: { definitionId: guid(0xdef), template: 'WebServer' } },
    [{}],
    [first],
  ],
  [
    'one for which it proved well',
    {},
    [
      { failedAt: NOON + 9, attemptsLeft: 4 },
      { instanceId: second, attemptsLeft: 2 },
    ],
    [second],
  ],
  ['nobody while it is down', { dependency: aDependency({ ...WELL, isDown: true }) }, [{}], []],
  [
    'no last attempt after two failures in a row',
    { dependency: aDependency({ ...WELL, failuresInRow: 2 }) },
    [{ attemptsLeft: 1 }, { instanceId: second, attemptsLeft: 2 }],
    [second],
  ],
  [
    'nobody where only last attempts wait',
    { dependency: aDependency({ ...WELL, failuresInRow: 2 }) },
    [{ attemptsLeft: 1 }],
    [],
  ],
  [
    'a last attempt that a person sent on',
    { dependency: aDependency({ ...WELL, failuresInRow: 2 }) },
    [{ attemptsLeft: 1, isUrgent: true }],
    [first],
  ],
  [
    'a last attempt after one failure',
    { dependency: aDependency({ ...WELL, failuresInRow: 1 }) },
    [{ attemptsLeft: 1 }],
    [first],
  ],
])('calls %s', (_title, given, waiters, expected) => {
  expect(chosen(room(given), waiters.map(aWaiter))).toEqual(expected);
});

test.each([
  [0, 2, 1, true],
  [0, 2, 2, false],
  [0, 1, 1, false],
  [1, 2, 1, false],
  [0, 5, 0, true],
])(
  'with %d completions and %d failures in a row, %d attempts left are kept back: %s',
  (completions, failuresInRow, attemptsLeft, expected) => {
    expect(isLastAttemptKept(aDependency({ completions, failuresInRow }), aWaiter({ attemptsLeft }))).toBe(expected);
  },
);

const anyWaiter = fc.record({
  number: fc.integer({ min: 1, max: 1000 }),
  attemptsLeft: fc.integer({ min: 0, max: 10 }),
  failedAt: fc.integer({ min: NOON - MINUTE, max: NOON + MINUTE }),
  isUrgent: fc.boolean(),
});

test('never calls more than the allowance, and nobody whom the gate itself would refuse', () => {
  fc.assert(
    fc.property(
      fc.array(anyWaiter, { maxLength: 30 }),
      fc.nat(9),
      fc.nat(9),
      fc.nat(9),
      (raw, completions, inFlight, limit) => {
        const dependency = aDependency({ ...WELL, completions });
        const waiters = raw.map(({ number, ...rest }) => aWaiter({ instanceId: guid(number), ...rest }));

        const called = chooseReleases({ dependency, inFlight, limit, lastFailed: null }, waiters, NOON + 2, health);

        expect(called.length).toBeLessThanOrEqual(Math.max(0, Math.min(limit, 1 + completions - inFlight)));
        for (const waiter of called) expect(askGate(dependency, waiter, NOON + 2, health).isOpen).toBe(true);
      },
    ),
    { seed: 5 },
  );
});

test('the order of the waiting room is the order in which equals of one kind are called', () => {
  fc.assert(
    fc.property(anyWaiter, anyWaiter, (a, b) => {
      const [one, other] = [aWaiter({ ...a, instanceId: first }), aWaiter({ ...b, instanceId: second })];
      fc.pre(waiterScore(one) < waiterScore(other) && one.failedAt <= NOON && other.failedAt <= NOON);
      fc.pre(!one.isUrgent || !other.isUrgent || one.attemptsLeft >= other.attemptsLeft);

      expect(chosen(room(), [other, one])).toEqual([first]);
    }),
    { seed: 6 },
  );
});
