import { decideVerifying } from '../../../src/core/decide-verifying.ts';
import { NOON, aPolicy, aRemediation, aSighting, guid } from '../../support/builders.ts';

const policy = aPolicy();
const PAST_DEADLINE = NOON + policy.restart.deadline + 1;
const facts = {
  now: PAST_DEADLINE,
  row: aSighting({ id: guid(2), status: 'Running' }),
  restartedAt: NOON,
  isLinkExact: true,
  isDoublyProved: false,
  lookedAt: PAST_DEADLINE,
  rivals: [],
} as const;

test('a run without an end is held after the deadline', () => {
  expect(decideVerifying(aRemediation({ phase: 'verifying', firstRestartAt: NOON }), facts, policy)).toMatchObject({
    type: 'hold',
    cause: 'deadline',
  });
});

test('released by a person it is followed on, and looked at later, not at once', () => {
  const released = aRemediation({ phase: 'verifying', firstRestartAt: NOON, waived: ['deadline'] });

  const action = decideVerifying(released, facts, policy);

  expect(action).toMatchObject({ type: 'track', reason: expect.stringMatching(/^inconclusive/) as unknown });
  expect('until' in action && Number(action.until)).toBeGreaterThanOrEqual(PAST_DEADLINE + policy.verify.timeout);
});
