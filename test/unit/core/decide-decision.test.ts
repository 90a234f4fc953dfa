import { decideDecision } from '../../../src/core/decide-decision.ts';
import type { Decision } from '../../../src/core/decision.ts';
import type { Remediation, Search } from '../../../src/core/remediation.ts';
import type { DecisionFacts, Ruled } from '../../../src/core/ruled.ts';
import { linked, restarting, unsent } from '../../../src/core/transition.ts';
import { NOON, aRecord, aRemediation, aSearch, aSighting, anInput, anIntent, guid } from '../../support/builders.ts';

const LATER = NOON + 3_600_000;
const NONE: DecisionFacts = { intent: null, row: aSighting(), successor: null };
const OPEN_RECORD = aRecord({
  newInstanceId: null,
  candidates: [guid(7), guid(8)],
  confidence: 'ambiguous',
  newStatus: null,
});

/** Held: two runs cannot be told apart. */
const AMBIGUOUS: Partial<Remediation> = {
  phase: 'held',
  wait: null,
  nextAt: null,
  holdCause: 'ambiguous',
  reason: 'two runs cannot be told apart',
  attemptsMade: 1,
  search: aSearch(),
  lineage: [OPEN_RECORD],
};
const EXHAUSTED: Partial<Remediation> = {
  phase: 'ended',
  outcome: 'exhausted',
  wait: null,
  attemptsMade: 4,
  endedAt: NOON,
  nextAt: null,
  alertKey: 'exhausted:x',
};

function decide(
  remediation: Partial<Remediation>,
  decision: Partial<Decision>,
  facts: Partial<DecisionFacts> = {},
): Ruled {
  const whole: Decision = { type: 'retry', reason: 'looked at it', by: 'ann@desk', at: LATER, ...decision };
  return decideDecision(aRemediation(remediation), whole, { ...NONE, ...facts });
}

function changed(ruled: Ruled): Remediation {
  if (ruled.type === 'refuse') throw new Error(`refused: ${ruled.why}`);
  return ruled.remediation;
}

test.each([
  [
    'release sends a held one back to work and waives its cause',
    { phase: 'held', holdCause: 'maybe issued' },
    { type: 'release' },
    { phase: 'waiting', holdCause: null, waived: ['maybe issued'], isUrgent: true, nextAt: LATER, maxAttempts: 4 },
  ],
  [
    'release of history leaves it to be proved',
    { phase: 'held', holdCause: 'history', past: 'unproved' },
    { type: 'release' },
    { phase: 'waiting', past: 'unproved' },
  ],
  [
    'release of an inconclusive run follows it on, without the deadline',
    { phase: 'held', holdCause: 'deadline', search: aSearch() },
    { type: 'release' },
    { phase: 'verifying', waived: ['deadline'] },
  ],
  [
    'retry grants one more attempt and reopens an end',
    EXHAUSTED,
    { type: 'retry' },
    {
      phase: 'waiting',
      outcome: null,
      endedAt: null,
      grantedAttempts: 1,
      maxAttempts: 5,
      attemptsMade: 4,
      alertKey: null,
    },
  ],
  [
    'retry grants enough where people restarted it beyond the limit',
    { ...EXHAUSTED, attemptsMade: 6 },
    { type: 'retry' },
    { maxAttempts: 7, grantedAttempts: 3 },
  ],
  [
    'retry of a waiting one sends it on without its back-off',
    { backoff: { ladder: 'failed', step: 2, until: LATER + 1 } },
    { type: 'retry' },
    { backoff: null, nextAt: LATER, isUrgent: true },
  ],
  [
    'retry starts the deadline anew',
    { ...EXHAUSTED, firstRestartAt: NOON - 1e9 },
    { type: 'retry' },
    { firstRestartAt: null },
  ],
  [
    'hold parks a waiting one for a person',
    { parkedOn: 'CA 1' },
    { type: 'hold' },
    { phase: 'held', holdCause: 'by a person', parkedOn: null, nextAt: null },
  ],
  [
    'ignore ends a waiting one',
    {},
    { type: 'ignore' },
    { phase: 'ended', outcome: 'ignored', endedAt: LATER, nextAt: null, alertKey: null },
  ],
  [
    'ignore of an exhausted one resolves its alert',
    EXHAUSTED,
    { type: 'ignore' },
    { outcome: 'ignored', alertKey: null },
  ],
] as const)('%s', (_title, remediation, decision, expected) => {
  const after = changed(decide(remediation, decision));

  expect(after).toMatchObject(expected);
  expect(after.timeline.at(-1)).toEqual({ at: LATER, by: 'ann@desk', text: `${decision.type}: looked at it` });
  expect(after.reason).not.toBe('');
});

test.each([
  ['a decision without a reason', {}, { reason: '  ' }, {}, 'a reason is needed'],
  ['hold of what is held', { phase: 'held', holdCause: 'approvals' }, { type: 'hold' }, {}, 'held already'],
  ['hold while the new run is under way', { phase: 'verifying' }, { type: 'hold' }, {}, 'under way'],
  ['hold of an end', EXHAUSTED, { type: 'hold' }, {}, 'it has ended: exhausted'],
  ['release of what is not held', {}, { type: 'release' }, {}, '"retry" sends it on'],
  ['release of an end', EXHAUSTED, { type: 'release' }, {}, '"retry" works on it again'],
  ['retry of what has recovered', { phase: 'ended', outcome: 'recovered' }, {}, {}, 'nothing to restart'],
  ['retry of parked history', { phase: 'held', holdCause: 'history' }, {}, {}, 'adopt'],
  ['retry while the new run is under way', { phase: 'handed-over' }, {}, {}, 'under way'],
  [
    'retry while others are looked after',
    { phase: 'resolving', search: aSearch({ origin: 'external' }) },
    {},
    {},
    'looked for',
  ],
  ['ignore while the restart is being sent', { phase: 'restarting' }, { type: 'ignore' }, {}, 'this moment'],
  [
    'ignore of what has recovered',
    { phase: 'ended', outcome: 'recovered' },
    { type: 'ignore' },
    {},
    'it has ended: recovered',
  ],
  ['retry of a restart that may have happened', AMBIGUOUS, {}, {}, '--send-again'],
  ['release of a restart that may have happened', AMBIGUOUS, { type: 'release' }, {}, '--send-again'],
  [
    'retry of an id that the journal knows as sent',
    { ...EXHAUSTED, outcome: 'ignored' },
    {},
    { intent: anIntent({ state: 'unknown' }) },
    '--send-again',
  ],
  [
    '--send-again while the request is open',
    { phase: 'restarting' },
    { sendAgain: true },
    { intent: anIntent({ state: 'open' }) },
    'this moment',
  ],
  [
    '--send-again of what has left Failed',
    AMBIGUOUS,
    { sendAgain: true },
    { row: aSighting({ status: 'CanceledForRestart' }) },
    'nothing to send again',
  ],
  [
    '--send-again of what Command took, while its new run is being looked for',
    { ...AMBIGUOUS, phase: 'resolving', holdCause: null, search: aSearch({ took: 'accepted' }) },
    { sendAgain: true },
    { intent: anIntent({ state: 'accepted' }) },
    'Command took its restart',
  ],
  ['--send-again with hold', {}, { type: 'hold', sendAgain: true }, {}, 'sends nothing again'],
  ['a successor named with retry', AMBIGUOUS, { successor: guid(7) }, {}, 'with release'],
] as const)('refuses %s', (_title, remediation, decision, facts, why) => {
  expect(decide(remediation, decision, facts)).toEqual({
    type: 'refuse',
    why: expect.stringContaining(why) as unknown,
  });
});

test('--send-again sends it once more: the attempt stays counted, the journal lets the id go', () => {
  const ruled = decide(AMBIGUOUS, { sendAgain: true }, { intent: anIntent({ state: 'accepted' }) });

  expect(ruled).toMatchObject({ journal: 'mark-not-done' });
  expect(changed(ruled)).toMatchObject({ phase: 'waiting', attemptsMade: 1, maxAttempts: 5, search: null });
});

test('--send-again leaves what is on record of the restart before, whatever becomes of the next one', () => {
  const ruled = decide(AMBIGUOUS, { sendAgain: true }, { intent: anIntent({ state: 'accepted' }) });
  const [before] = AMBIGUOUS.lineage ?? [];
  const first = { ...before, evidence: [...(before?.evidence ?? []), 'sentAgain'] };

  const sent = restarting(changed(ruled), '', LATER);
  const found = { newInstanceId: guid(9), confidence: 'exact', evidence: ['fingerprint'], row: null } as const;
  const search = aSearch({ attempt: sent.attemptsMade });

  expect(sent.lineage).toMatchObject([first, { attempt: 2, newInstanceId: null, confidence: 'none' }]);
  expect(linked({ ...sent, search }, found, LATER).lineage).toMatchObject([
    first,
    { attempt: 2, newInstanceId: guid(9), confidence: 'exact' },
  ]);
  expect(unsent(sent, { wait: 'back-off', reason: 'no byte left', until: LATER }, LATER)).toMatchObject({
    attemptsMade: 1,
    lineage: [first],
  });
});

test('--send-again reads the instance anew: what was read before its restart says nothing about it', () => {
  const ruled = decide(
    { ...AMBIGUOUS, input: anInput() },
    { sendAgain: true },
    { intent: anIntent({ state: 'unknown' }) },
  );

  expect(changed(ruled).input).toBeNull();
});

test('a refusal is a proof: retry sends that id again without more ado', () => {
  const refused = { phase: 'ended', outcome: 'refused', endedAt: NOON } as const;

  const ruled = decide(refused, {}, { intent: anIntent({ state: 'refused' }) });

  expect(ruled).toMatchObject({ type: 'change', journal: 'mark-not-done', remediation: { phase: 'waiting' } });
});

test.each<readonly [string, Partial<Remediation>, 'settle' | 'keep', boolean]>([
  ['of an ambiguous restart', AMBIGUOUS, 'settle', true],
  ['of one that may have happened', { ...AMBIGUOUS, holdCause: 'restart may have happened' }, 'settle', true],
  ['while its new run is looked for', { phase: 'resolving', search: aSearch() }, 'settle', true],
  [
    'while that of a restart by others is',
    { phase: 'resolving', search: aSearch({ origin: 'external' }) },
    'settle',
    true,
  ],
  ['once its new run is known', { phase: 'verifying', search: aSearch() }, 'settle', false],
  ['of a refused one that is watched', { phase: 'ended', outcome: 'refused', search: aSearch() }, 'settle', false],
  ['of one without a restart', {}, 'keep', false],
])('ignore %s ends its search, and keeps in mind what was not settled', (_title, state, journal, isKept) => {
  const ruled = decide(state, { type: 'ignore' });

  expect(ruled).toMatchObject({ journal, remediation: { phase: 'ended', outcome: 'ignored', nextAt: null } });
  const { search, reason } = changed(ruled);
  expect(search !== null).toBe(isKept);
  expect(reason.includes('those that may be it are held if they fail')).toBe(isKept);
});

describe('release --successor', () => {
  const row = aSighting({ id: guid(7), status: 'Running', referenceId: 913 });
  const named = { id: guid(7), row, owner: null };
  const IGNORED: Partial<Remediation> = { ...AMBIGUOUS, phase: 'ended', outcome: 'ignored', holdCause: null };

  test('of one that was ignored unsettled follows the named run, or leaves it ignored and settled', () => {
    const followed = changed(decide(IGNORED, { type: 'release', successor: guid(7) }, { successor: named }));
    const alone = changed(decide(IGNORED, { type: 'release', successor: 'none' }));

    expect(followed).toMatchObject({ phase: 'verifying', outcome: null, endedAt: null, currentInstanceId: guid(7) });
    expect(alone).toMatchObject({ phase: 'ended', outcome: 'ignored', holdCause: null, search: null });
    expect(alone.lineage).toMatchObject([{ confidence: 'none', evidence: ['person'] }]);
  });

  test('links the run that a person names, on that person as evidence', () => {
    const ruled = decide(AMBIGUOUS, { type: 'release', successor: guid(7) }, { successor: named, intent: anIntent() });

    expect(ruled).toMatchObject({ journal: 'settle', merged: null });
    const after = changed(ruled);
    expect(after).toMatchObject({
      phase: 'verifying',
      currentInstanceId: guid(7),
      search: null,
      attemptsMade: 1,
      holdCause: null,
    });
    expect(after.lineage).toEqual([
      expect.objectContaining({
        newInstanceId: guid(7),
        newReferenceId: 913,
        confidence: 'unique',
        evidence: ['person'],
        attempt: 1,
        origin: 'remediator',
      }) as unknown,
    ]);
    expect(after.timeline.at(-2)).toMatchObject({
      by: 'ann@desk',
      text: `release --successor ${guid(7)}: looked at it`,
    });
  });

  test('takes a run that was admitted as a root of its own into the older lineage', () => {
    const owner = aRemediation({ rootInstanceId: guid(7) });

    const ruled = decide(AMBIGUOUS, { type: 'release', successor: guid(7) }, { successor: { ...named, owner } });

    expect(ruled).toMatchObject({ type: 'change', merged: { rootInstanceId: guid(7) } });
  });

  test('replaces a link that a second candidate made doubtful', () => {
    const doubtful: Partial<Remediation> = {
      ...AMBIGUOUS,
      currentInstanceId: guid(2),
      lineage: [aRecord({ confidence: 'ambiguous', candidates: [guid(2), guid(7)] })],
    };

    const after = changed(decide(doubtful, { type: 'release', successor: guid(7) }, { successor: named }));

    expect(after).toMatchObject({ currentInstanceId: guid(7), instanceIds: [guid(1), guid(7)], attemptsMade: 1 });
    expect(after.lineage).toEqual([
      expect.objectContaining({ oldInstanceId: guid(1), newInstanceId: guid(7) }) as unknown,
    ]);
  });

  test('knows the restart from the journal where the record has no search', () => {
    const held = {
      ...AMBIGUOUS,
      holdCause: 'restart may have happened',
      search: null,
      lineage: [],
      attemptsMade: 0,
    } as const;

    const after = changed(
      decide(held, { type: 'release', successor: guid(7) }, { successor: named, intent: anIntent() }),
    );

    expect(after).toMatchObject({ attemptsMade: 1, lineage: [{ origin: 'remediator', attempt: 1 }] });
  });

  test('keeps the earlier runs of the request that were counted for the named one', () => {
    const owner = aRemediation({ rootInstanceId: guid(7), attemptsMade: 3 });

    const ruled = decide(AMBIGUOUS, { type: 'release', successor: guid(7) }, { successor: { ...named, owner } });

    expect(changed(ruled)).toMatchObject({ attemptsMade: 3 });
  });

  test.each([
    ['an id never seen', { successor: { ...named, row: null } }, 'never seen'],
    ['the old instance', { successor: { ...named, id: guid(1) } }, 'old instance'],
    [
      'a run of another definition',
      { successor: { ...named, row: { ...row, definitionId: guid(99) } } },
      'another definition',
    ],
    [
      'a run of another lineage',
      {
        successor: {
          ...named,
          owner: aRemediation({ rootInstanceId: guid(7), attemptsMade: 1, lineage: [aRecord()] }),
        },
      },
      'belongs to the lineage',
    ],
  ] as const)('refuses %s', (_title, facts, why) => {
    const ruled = decide(AMBIGUOUS, { type: 'release', successor: facts.successor.id }, facts);

    expect(ruled).toEqual({ type: 'refuse', why: expect.stringContaining(why) as unknown });
  });

  test('refuses where no restart is open to settle', () => {
    expect(decide({}, { type: 'release', successor: 'none' })).toMatchObject({ type: 'refuse' });
  });

  test.each<readonly [string, Partial<Search>, 'refuse' | 'change']>([
    ['Command took our restart', { took: 'accepted' }, 'refuse'],
    ['its row left Failed', { took: 'left' }, 'refuse'],
    ['its answer is lost', { took: 'maybe' }, 'change'],
    ['others restarted it', { took: 'left', origin: 'external' }, 'change'],
  ])('none while the new run is looked for, where %s: %s', (_title, search, type) => {
    const searched = { ...AMBIGUOUS, phase: 'resolving', holdCause: null, search: aSearch(search) } as const;

    expect(decide(searched, { type: 'release', successor: 'none' })).toMatchObject({ type });
  });

  test('none: what is still Failed stays held, and says how it is sent again', () => {
    const ruled = decide(AMBIGUOUS, { type: 'release', successor: 'none' });

    expect(ruled).toMatchObject({ journal: 'settle' });
    expect(changed(ruled)).toMatchObject({
      phase: 'held',
      holdCause: 'restart may have happened',
      reason: expect.stringContaining('--send-again') as unknown,
      search: null,
      lineage: [{ newInstanceId: null, confidence: 'none', evidence: ['person'], resolvedAt: LATER }],
    });
  });

  test('none: what has left Failed is over', () => {
    const facts = { row: aSighting({ status: 'CanceledForRestart' }) };

    const after = changed(decide(AMBIGUOUS, { type: 'release', successor: 'none' }, facts));

    expect(after).toMatchObject({ phase: 'ended', outcome: 'obsolete', endedAt: LATER });
  });

  test('none with --send-again: sent once more', () => {
    const ruled = decide(AMBIGUOUS, { type: 'release', successor: 'none', sendAgain: true }, { intent: anIntent() });

    expect(ruled).toMatchObject({ journal: 'mark-not-done', remediation: { phase: 'waiting', maxAttempts: 5 } });
  });
});
