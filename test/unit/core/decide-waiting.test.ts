import type { Action } from '../../../src/core/action.ts';
import { decideWaiting } from '../../../src/core/decide-waiting.ts';
import type { WaitingFacts } from '../../../src/core/waiting-facts.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { HOLD_CAUSES } from '../../../src/core/remediation.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import type { Ruling } from '../../../src/core/rules.ts';
import { NOON, aFailure, aPolicy, aRemediation, aSighting, anInput, guid } from '../../support/builders.ts';

const policy = aPolicy();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LOST = 'The operation has timed out while waiting for the answer of ca01';

const ruling: Ruling = {
  name: 'shipped',
  action: 'restart',
  maxAttempts: 4,
  ladder: policy.backoff.failed,
  dependencies: [],
  version: 'latest',
  maybeIssued: 'hold',
  onlyDuring: null,
};

const clear: WaitingFacts = {
  now: NOON,
  row: aSighting(),
  ruling,
  laterRun: null,
  newRunOf: null,
  publishedVersion: 3,
  shutGate: null,
  isLastAttemptKept: false,
  pause: null,
  brake: null,
  denied: null,
  quietUntil: null,
  serverNow: NOON,
};

interface Situation {
  readonly remediation?: Partial<Remediation>;
  readonly facts?: Partial<WaitingFacts>;
  readonly policy?: Partial<Policy>;
}

function decide({ remediation, facts, policy: changes }: Situation): Action {
  return decideWaiting(aRemediation(remediation), { ...clear, ...facts }, aPolicy(changes));
}

const row = (changes: Parameters<typeof aSighting>[0]): Situation => ({ facts: { row: aSighting(changes) } });
const ruled = (changes: Partial<Ruling>, failure = {}): Situation => ({
  remediation: { failure: aFailure(failure) },
  facts: { ruling: { ...ruling, ...changes } },
});
const restart = (changes: Partial<Policy['restart']>): Partial<Policy> => ({
  restart: { ...policy.restart, ...changes },
});
const lost = (changes: Partial<Ruling> = {}, failure = {}): Situation => ({
  remediation: { failure: aFailure({ message: LOST, ...failure }) },
  facts: { row: aSighting({ statusMessage: LOST }), ruling: { ...ruling, ...changes } },
});
const behind = (status: 'Failed' | 'Running' | 'Suspended' | 'Complete' | 'Rejected'): Situation => ({
  facts: { laterRun: { instanceId: guid(7), status, firstSeenAt: NOON, rootInstanceId: guid(7), alertKey: 'held:x' } },
});
const unread = (why: string | null, isForbidden: boolean, retryAfterMs: number | null = null): Situation => ({
  facts: { unreadRun: { instanceId: guid(7), why, isForbidden, retryAfterMs } },
});
const shut = { dependency: 'ca01', answer: { isOpen: false, reason: 'CA ca01 is down', nextAt: NOON + 5 } } as const;

/** Opens at noon and 5 s later, each time for a second. */
const open = { nextStart: (after: number) => (after < NOON ? NOON : NOON + 5000), durationMs: 1000 };

type Expected = { readonly type: Action['type'] } & Record<string, unknown>;
const hold = (cause: string): Expected => ({ type: 'hold', cause });
const wait = (kind: string): Expected => ({ type: 'wait', wait: kind });
const GO = { type: 'restart', version: null } as const;

test.each<readonly [string, Situation, Expected]>([
  ['restarts a fresh failure', {}, GO],
  ['follows a row that is gone', row({ isGone: true }), { type: 'follow' }],
  ['follows a row that completed by other hands', row({ status: 'Complete' }), { type: 'follow', leftAt: null }],
  [
    'follows a row that was restarted by others, from that moment',
    row({ status: 'CanceledForRestart', lastModified: NOON + 9 }),
    { type: 'follow', leftAt: NOON + 9 },
  ],
  [
    'waits while nobody knows what its status means',
    row({ status: 'Unknown', rawStatus: '7' }),
    wait('status unknown'),
  ],
  ['waits while it may be the new run of another', { facts: { newRunOf: guid(9) } }, wait('new run')],
  [
    'is held with the one whose new run it may be',
    { facts: { newRunOf: guid(9), isNewRunHeld: true } },
    hold('sibling unresolved'),
  ],
  ['ends where a rule ignores it', ruled({ action: 'ignore' }), { type: 'end', outcome: 'ignored' }],
  ['is held where a rule says so', ruled({ action: 'hold' }), hold('by a rule')],
  ['ends behind a later run that completed', behind('Complete'), { type: 'end', outcome: 'obsolete' }],
  ['ends behind a later run that was rejected', behind('Rejected'), { type: 'end', outcome: 'obsolete' }],
  [
    'waits behind a later run that failed, and joins its alert',
    behind('Failed'),
    { ...wait('behind'), alertKey: 'held:x' },
  ],
  ['waits behind a later run that is running', behind('Running'), wait('behind')],
  [
    'reads on while a row that may be a later run is unread, P7',
    unread(null, false),
    { ...wait('behind'), until: NOON + 1000 },
  ],
  ['waits while a row that may be a later run cannot be read, P7', unread('503', false), wait('behind')],
  [
    'waits as long as Command asks before it is read again',
    unread('429', false, 90_000),
    { ...wait('behind'), until: NOON + 90_000 },
  ],
  ['is held where Command does not show a row that may be a later run', unread('403', true), hold('not readable')],
  [
    'goes on where a person says that the row which is not shown does not matter',
    { ...unread('403', true), remediation: { waived: ['not readable'] } },
    GO,
  ],
  [
    'is held where the CA took the request, P7',
    { remediation: { input: anInput({ issuedEvidence: ['CACertificate'] }) } },
    hold('already issued'),
  ],
  ['is held where the answer of the CA was lost, P7', lost(), hold('maybe issued')],
  ['is restarted after a lost answer where the rule says so', lost({ maybeIssued: 'restart' }), GO],
  [
    'is restarted after a lost answer of a step that issues nothing',
    lost({}, { step: 'Send mail', stepUniqueName: 'Email1' }),
    GO,
  ],
  ['is restarted after a lost answer of a revocation', lost({}, { step: 'Revoke', stepUniqueName: 'Revoke1' }), GO],
  [
    'reads the whole message, not only its kept beginning',
    { facts: { row: aSighting({ statusMessage: `${'x'.repeat(2000)} ${LOST}` }) } },
    hold('maybe issued'),
  ],
  ['is exhausted after its last attempt', { remediation: { attemptsMade: 4 } }, { type: 'end', outcome: 'exhausted' }],
  ['is not exhausted before its last attempt', { remediation: { attemptsMade: 3 } }, GO],
  [
    'is exhausted after its deadline',
    { remediation: { firstRestartAt: NOON - 7 * DAY } },
    { type: 'end', outcome: 'exhausted' },
  ],
  ['is not exhausted just before its deadline', { remediation: { firstRestartAt: NOON - 7 * DAY + 1 } }, GO],
  ['has no deadline before its first restart', { remediation: { firstSeenAt: NOON - 30 * DAY } }, GO],
  ['leaves excused waits out of the deadline', { remediation: { firstRestartAt: NOON - 7 * DAY, excusedMs: 1 } }, GO],
  [
    'leaves the present excused wait out of the deadline',
    { remediation: { firstRestartAt: NOON - 7 * DAY, excusedSince: NOON - 1 } },
    GO,
  ],
  ['is held once it is older than the look-back', { facts: { serverNow: NOON + 14 * DAY + 1 } }, hold('outgrown')],
  ['is not held at the look-back', { facts: { serverNow: NOON + 14 * DAY } }, GO],
  [
    'is not outgrown without a date',
    { facts: { serverNow: NOON + 99 * DAY, row: aSighting({ lastModified: null }) } },
    GO,
  ],
  ['asks for a given approval once more, P12', { remediation: { isApproved: true } }, GO],
  ['is held rather than ask twice, P12', { remediation: { isApproved: true, approvalRestarts: 1 } }, hold('approvals')],
  [
    'is held rather than ask at all where approvals say never',
    { remediation: { isApproved: true }, policy: restart({ approvals: 'never' }) },
    hold('approvals'),
  ],
  [
    'asks as often as it takes where approvals say always',
    { remediation: { isApproved: true, approvalRestarts: 9 }, policy: restart({ approvals: 'always' }) },
    GO,
  ],
  ['asks nobody where nobody approved', { remediation: { approvalRestarts: 9 } }, GO],
  [
    'is held where the definition changed and the rule says so',
    { facts: { ruling: { ...ruling, version: 'hold' }, publishedVersion: 4 } },
    hold('definition changed'),
  ],
  [
    'is restarted on the version it failed on where that is still the published one',
    ruled({ version: 'hold' }),
    { type: 'restart', version: 3 },
  ],
  [
    'waits where nobody can read whether it changed',
    { facts: { ruling: { ...ruling, version: 'hold' }, publishedVersion: null } },
    wait('access'),
  ],
  ['is restarted on the version it failed on', ruled({ version: 'same' }), { type: 'restart', version: 3 }],
  ['is restarted on the version that the rule names', ruled({ version: 9 }), { type: 'restart', version: 9 }],
  ['is restarted on the newest version', { facts: { publishedVersion: 4 } }, GO],
  [
    'is parked as history where nothing is proved about the past',
    { remediation: { past: 'unproved' }, facts: { fate: 'stays' } },
    hold('history'),
  ],
  [
    'is parked as history where nobody knows the fate of old rows',
    { remediation: { past: 'unproved' }, facts: { fate: 'unknown' } },
    hold('history'),
  ],
  [
    'waits for the restarts under way when an empty store began',
    { remediation: { past: 'unproved' }, facts: { fate: 'leaves', quietUntil: NOON + 1 } },
    { ...wait('past'), until: NOON + 1 },
  ],
  [
    'waits for them where it is proved as well',
    { remediation: { past: 'proved' }, facts: { quietUntil: NOON + 1 } },
    wait('past'),
  ],
  [
    'waits for an unsettled restart of the same request before any gate, and joins its alert',
    {
      facts: {
        claim: { instanceId: 'other', alertKey: 'held:1' },
        shutGate: { dependency: 'CA', answer: { isOpen: false, reason: 'down', nextAt: null } },
      },
    },
    { type: 'wait', wait: 'behind', alertKey: 'held:1' },
  ],
  [
    'is proved where only its run began before: it may be a restart itself',
    { remediation: { past: 'begun' }, facts: { fate: 'unknown' } },
    { type: 'prove' },
  ],
  [
    'is proved before it is restarted',
    { remediation: { past: 'unproved' }, facts: { fate: 'leaves', quietUntil: NOON } },
    { type: 'prove' },
  ],
  ['is restarted once it is proved', { remediation: { past: 'proved' }, facts: { fate: 'stays' } }, GO],
  ['is held where three new runs were not recognised', { facts: { lostSearches: 3 } }, hold('not recognised')],
  ['is restarted where two were not', { facts: { lostSearches: 2 } }, GO],
  [
    'is held where three were refused with one code',
    { facts: { refusals: { code: '400 0xA0', count: 3 } } },
    hold('server refuses'),
  ],
  ['is restarted where two were', { facts: { refusals: { code: '400 0xA0', count: 2 } } }, GO],
  [
    'backs off',
    { remediation: { backoff: { ladder: 'failed', step: 2, until: NOON + 1 } } },
    { ...wait('back-off'), until: NOON + 1 },
  ],
  ['has backed off', { remediation: { backoff: { ladder: 'failed', step: 2, until: NOON } } }, GO],
  ['waits while access is denied', { facts: { denied: '403' } }, { ...wait('access'), reason: '403' }],
  ["waits while Command's own gate is shut", { facts: { commandShut: 'ten' } }, { ...wait('command'), reason: 'ten' }],
  [
    'waits for the end of a maintenance window',
    { policy: { maintenance: [open] } },
    { ...wait('maintenance'), reason: 'maintenance until 2026-03-10T12:00:01.000Z', until: NOON + 1000 },
  ],
  [
    'looks again before a long maintenance is over: it may be configured away',
    { policy: { maintenance: [{ ...open, durationMs: 600 * MINUTE }] } },
    { ...wait('maintenance'), until: NOON + 10 * MINUTE },
  ],
  ['restarts outside maintenance', { policy: { maintenance: [{ ...open, durationMs: 0 }] } }, GO],
  [
    'tells of a pause before maintenance',
    { facts: { pause: { reason: 'x', until: null } }, policy: { maintenance: [open] } },
    wait('pause'),
  ],
  [
    'tells of maintenance before a shut gate',
    { facts: { shutGate: shut }, policy: { maintenance: [open] } },
    wait('maintenance'),
  ],
  [
    'waits for the times of its rule, also where a person sent it on',
    { remediation: { isUrgent: true }, facts: { ruling: { ...ruling, onlyDuring: [{ ...open, durationMs: 0 }] } } },
    { ...wait('maintenance'), until: NOON + 5000 },
  ],
  ['restarts during the times of its rule', { facts: { ruling: { ...ruling, onlyDuring: [open] } } }, GO],
  [
    'looks again where the times of its rule never come',
    { facts: { ruling: { ...ruling, onlyDuring: [] } } },
    { ...wait('maintenance'), until: NOON + MINUTE },
  ],
  ['waits while the brake is on', { facts: { brake: 'two restarts' } }, wait('brake')],
  [
    'waits while it is paused',
    { facts: { pause: { reason: 'upgrade', until: NOON + 5 } } },
    { ...wait('pause'), reason: 'paused: upgrade', until: NOON + 5 },
  ],
  [
    'looks again before a long pause is over: somebody may end it',
    { facts: { pause: { reason: 'upgrade', until: NOON + 600 * MINUTE } } },
    { ...wait('pause'), until: NOON + MINUTE },
  ],
  [
    'looks again where a pause has no end',
    { facts: { pause: { reason: 'upgrade', until: null } } },
    { ...wait('pause'), until: NOON + MINUTE },
  ],
  [
    'is parked at a gate that is shut',
    { facts: { shutGate: shut } },
    { type: 'park', dependency: 'ca01', wait: 'dependency', until: NOON + 5 },
  ],
  [
    'is held rather than spend its last attempt on a canary',
    { facts: { isLastAttemptKept: true, shutGate: shut } },
    hold('last attempt kept back'),
  ],
  [
    'says in observe mode what it would do',
    { policy: { mode: 'observe' } },
    { ...wait('observe'), reason: 'observe mode: would restart now' },
  ],
])('%s', (_title, situation, expected) => {
  expect(decide(situation)).toMatchObject(expected);
});

/** The checks in their order, each with a situation that meets it. */
const ORDER: readonly (readonly [Partial<Remediation>, Partial<WaitingFacts>, Expected])[] = [
  [{}, { row: aSighting({ isGone: true }) }, { type: 'follow' }],
  [{}, { newRunOf: guid(9) }, wait('new run')],
  [
    {},
    { laterRun: { instanceId: guid(7), status: 'Complete', firstSeenAt: NOON, rootInstanceId: null } },
    { type: 'end', outcome: 'obsolete' },
  ],
  [{}, { ruling: { ...ruling, action: 'hold', version: 'hold' } }, hold('by a rule')],
  [{ input: anInput({ issuedEvidence: ['CACertificate'] }) }, {}, hold('already issued')],
  [{ attemptsMade: 4 }, {}, { type: 'end', outcome: 'exhausted' }],
  [{}, { serverNow: NOON + 15 * DAY }, hold('outgrown')],
  [{ isApproved: true, approvalRestarts: 1 }, {}, hold('approvals')],
  [{}, { publishedVersion: 4 }, hold('definition changed')],
  [{ past: 'unproved' }, { fate: 'stays' }, hold('history')],
  [{}, { lostSearches: 3 }, hold('not recognised')],
  [{ backoff: { ladder: 'failed', step: 1, until: NOON + 1 } }, {}, wait('back-off')],
  [{}, { denied: '403' }, wait('access')],
  [{}, { commandShut: 'ten' }, wait('command')],
  [{}, { brake: 'x' }, wait('brake')],
  [{}, { pause: { reason: 'x', until: null } }, wait('pause')],
  [{}, { shutGate: shut }, { type: 'park' }],
];

test('the first check that holds tells its reason, whatever holds behind it', () => {
  for (let first = 0; first < ORDER.length; first++) {
    const rest = ORDER.slice(first);
    const remediation = Object.assign({}, ...rest.map(([changes]) => changes)) as Partial<Remediation>;
    // A rule that holds stands before the ones that only its version concerns.
    const base: Partial<WaitingFacts> = { ruling: { ...ruling, version: 'hold' } };
    const facts = Object.assign(base, ...rest.map(([, changes]) => changes)) as Partial<WaitingFacts>;

    expect(decide({ remediation, facts })).toMatchObject(rest[0]?.[2] ?? {});
  }
});

test.each(HOLD_CAUSES)('what a person released is not held again for: %s', (cause) => {
  const waived = { waived: [...HOLD_CAUSES] };

  for (const [remediation, facts, expected] of ORDER) {
    const action = decide({ remediation: { ...remediation, ...waived }, facts });
    if (expected['cause'] === cause) expect(action).not.toMatchObject({ cause });
    if (expected['cause'] === undefined) expect(action).toMatchObject(expected);
  }
});

describe('a move to another version', () => {
  const move = { version: 7, from: 'Suspended' as const };
  const suspended = aSighting({ status: 'Suspended' });
  const spentAndRuled: Situation = {
    remediation: { move, attemptsMade: 4, maxAttempts: 4 },
    facts: { row: suspended, ruling: { ...ruling, action: 'hold' } },
  };

  test.each<readonly [string, Situation, Expected]>([
    ['goes onto that version', { remediation: { move }, facts: { row: suspended } }, { type: 'restart', version: 7 }],
    ['does not ask rules and attempts', spentAndRuled, { type: 'restart', version: 7 }],
    [
      'is void once others acted',
      { remediation: { move }, facts: { row: aSighting({ status: 'Running' }) } },
      { type: 'follow' },
    ],
    [
      'is held where the CA took the request',
      { remediation: { move, input: anInput({ issuedEvidence: ['CACertificate'] }) }, facts: { row: suspended } },
      hold('already issued'),
    ],
    [
      'is held where an approval was given and nobody agreed to lose it',
      { remediation: { move, isApproved: true, approvalRestarts: 1 }, facts: { row: suspended } },
      hold('approvals'),
    ],
    ['waits for its gate', { remediation: { move }, facts: { row: suspended, shutGate: shut } }, { type: 'park' }],
    [
      'stands behind a later run of the same request',
      { remediation: { move }, facts: { row: suspended, ...behind('Suspended').facts } },
      wait('behind'),
    ],
  ])('%s', (_title, situation, expected) => {
    expect(decide(situation)).toMatchObject(expected);
  });
});
