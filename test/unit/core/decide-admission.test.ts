import { decideAdmission } from '../../../src/core/decide-admission.ts';
import type { AdmissionFacts } from '../../../src/core/decide-admission.ts';
import { NOON, aPolicy, aSighting } from '../../support/builders.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ADMITTED = { type: 'admit', isBacklog: false };
const PAST = { type: 'admit', isBacklog: true };
const SETTLING = { type: 'skip', why: 'settling' };

function facts(failedAt: number): AdmissionFacts {
  return {
    now: NOON,
    serverNow: NOON,
    row: aSighting({ status: 'Failed', lastModified: failedAt }),
    watchedSince: NOON - HOUR,
    backlogCount: 0,
    fate: 'leaves',
    unsettled: [],
  };
}

describe('a failed row (P3)', () => {
  test.each([
    ['that failed just now is admitted', NOON - 1000, 0, ADMITTED],
    ['that failed before this store began is of the past', NOON - 2 * HOUR, 0, PAST],
    ['waits until it is settled', NOON - MINUTE, 2 * MINUTE, SETTLING],
    ['of a clock that is a little ahead waits for that moment', NOON + 1000, 0, SETTLING],
    ['of the future, in a zone that is not known yet, is of the past', NOON + 2 * HOUR, 0, PAST],
    ['of the future is listed whatever poll.settle says', NOON + 2 * HOUR, 2 * MINUTE, PAST],
  ])('%s', (_name, failedAt, settle, expected) => {
    const policy = aPolicy();

    expect(decideAdmission(facts(failedAt), { ...policy, poll: { ...policy.poll, settle } })).toMatchObject(expected);
  });
});
