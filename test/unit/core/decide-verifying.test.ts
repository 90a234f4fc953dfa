import type { Action } from '../../../src/core/action.ts';
import { decideVerifying } from '../../../src/core/decide-verifying.ts';
import type { VerifyingFacts } from '../../../src/core/decide-verifying.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { NOON, aPolicy, aRemediation, aSearch, aSighting, guid } from '../../support/builders.ts';

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

const WINDOW = NOON + policy.resolve.window;
const TIMEOUT = NOON + policy.verify.timeout;
const SOON = NOON + 60_000;
const AFTER_WINDOW = WINDOW + policy.poll.interval;

type Expected = { readonly type: Action['type'] } & Record<string, unknown>;

function decide(changes: Partial<VerifyingFacts>, remediation: Partial<Remediation> = {}): Action {
  const now = changes.now ?? SOON;
  const verifying = aRemediation({
    phase: 'verifying',
    currentInstanceId: guid(2),
    firstRestartAt: NOON,
    search: aSearch(),
    ...remediation,
  });
  return decideVerifying(verifying, { ...facts, now, lookedAt: now, ...changes }, policy);
}

const row = (changes: Partial<Sighting>): Sighting => aSighting({ id: guid(2), ...changes });

test.each<readonly [string, Partial<VerifyingFacts>, Expected]>([
  [
    'Complete is recovered, where the link is exact',
    { row: row({ status: 'Complete' }) },
    { type: 'end', outcome: 'recovered', newStatus: 'Complete' },
  ],
  [
    'Complete waits for the window, where it is not',
    { row: row({ status: 'Complete' }), isLinkExact: false },
    { type: 'track', newStatus: 'Complete', until: WINDOW, awaitsLook: true },
  ],
  [
    'Complete waits for a look begun after the window',
    { row: row({ status: 'Complete' }), isLinkExact: false, now: TIMEOUT, lookedAt: WINDOW - 1 },
    { type: 'track' },
  ],
  [
    'Complete is recovered once the window has closed',
    { row: row({ status: 'Complete' }), isLinkExact: false, now: WINDOW },
    { type: 'end', outcome: 'recovered' },
  ],
  [
    'Failed waits for the window',
    { row: row({}) },
    { type: 'track', newStatus: 'Failed', until: WINDOW, awaitsLook: true },
  ],
  ['Failed is worked at once on two independent proofs', { row: row({}), isDoublyProved: true }, { type: 'reopen' }],
  ['Failed is worked once the window has closed', { row: row({}), now: WINDOW }, { type: 'reopen' }],
  [
    'Rejected is obsolete',
    { row: row({ status: 'Rejected' }) },
    { type: 'end', outcome: 'obsolete', newStatus: 'Rejected' },
  ],
  [
    'Rejected waits for the window, where the link is not exact',
    { row: row({ status: 'Rejected' }), isLinkExact: false },
    { type: 'track', newStatus: 'Rejected', until: WINDOW, awaitsLook: true },
  ],
  [
    'Suspended is handed over to its approvers',
    { row: row({ status: 'Suspended' }) },
    { type: 'track', phase: 'handed-over', newStatus: 'Suspended', until: AFTER_WINDOW },
  ],
  [
    'Suspended stays handed over, however long',
    { row: row({ status: 'Suspended' }), now: PAST_DEADLINE },
    { type: 'track', phase: 'handed-over' },
  ],
  [
    'CanceledForRestart was restarted by others',
    { row: row({ status: 'CanceledForRestart', lastModified: SOON }) },
    { type: 'follow', leftAt: SOON },
  ],
  ['gone is followed', { row: row({ isGone: true }) }, { type: 'follow' }],
  [
    'Running is waited for',
    { row: row({ status: 'Running' }) },
    { type: 'track', newStatus: 'Running', phase: 'verifying', until: AFTER_WINDOW },
  ],
  ['an unknown status is waited for', { row: row({ status: 'Unknown' }) }, { type: 'track', newStatus: 'Running' }],
  ['not seen yet is waited for', { row: null }, { type: 'track', newStatus: 'Running' }],
  [
    'Running is inconclusive after verify.timeout, P4',
    { row: row({ status: 'Running' }), now: TIMEOUT },
    {
      type: 'track',
      phase: 'verifying',
      reason: expect.stringMatching(/^inconclusive/) as unknown,
      until: NOON + policy.restart.deadline,
    },
  ],
  [
    'Running is held after the deadline',
    { row: row({ status: 'Running' }), now: NOON + policy.restart.deadline },
    { type: 'hold', cause: 'deadline', reason: expect.stringMatching(/^inconclusive/) as unknown },
  ],
])('a new run that is %s', (_title, changes, expected) => {
  expect(decide(changes)).toMatchObject(expected);
});

test('the deadline leaves out what was waited for a dependency or an approver', () => {
  const running = { row: row({ status: 'Running' }), now: NOON + policy.restart.deadline };

  expect(decide(running, { excusedMs: 1000 })).toMatchObject({ type: 'track', until: running.now + 1000 });
  expect(decide({ ...running, now: running.now + 1000 }, { excusedMs: 1000 }).type).toBe('hold');
});

test.each<readonly [string, Partial<VerifyingFacts>, Action['type']]>([
  ['looked at within it', {}, 'hold'],
  ['looked at long after it, for everybody slept', { now: WINDOW + policy.restart.deadline }, 'hold'],
])(
  'a second run of the window that cannot be told apart, %s, makes of a Complete run: %#',
  (_title, changes, expected) => {
    expect(decide({ row: row({ status: 'Complete' }), rivals: [guid(3)], ...changes }).type).toBe(expected);
  },
);

test('both candidates are named', () => {
  const action = decide({ rivals: [guid(3)] });

  expect(action).toMatchObject({ cause: 'ambiguous', candidates: [guid(2), guid(3)] });
  expect('reason' in action && action.reason).toContain(guid(3));
});

test.each<readonly [string, Partial<VerifyingFacts>, Partial<Remediation>, number | undefined]>([
  ['before the window closes is watched until it has', {}, {}, WINDOW + policy.poll.interval],
  ['once it has closed is not', { now: WINDOW }, {}, undefined],
  ['where a person named the new run is not', {}, { search: null }, undefined],
])('an end announced %s (P2)', (_title, changes, remediation, expected) => {
  const action = decide({ row: row({ status: 'Complete' }), ...changes }, remediation);

  expect(action).toMatchObject({ type: 'end', outcome: 'recovered' });
  expect('watchUntil' in action ? action.watchUntil : undefined).toBe(expected);
});

test('a running one is looked at again soon while the feed is not trusted, and at its time-out otherwise', () => {
  const running = { row: row({ status: 'Running' }) };

  expect(decide({ ...running, isFeedTrusted: false })).toMatchObject({ type: 'track', until: SOON + 60_000 });
  expect(decide({ ...running, lookedAt: AFTER_WINDOW })).toMatchObject({ type: 'track', until: TIMEOUT });
  // A second candidate that shows in the meantime is looked for when the window closes.
  expect(decide(running)).toMatchObject({ type: 'track', until: AFTER_WINDOW });
});
