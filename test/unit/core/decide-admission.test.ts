import { decideAdmission } from '../../../src/core/decide-admission.ts';
import type { Admission, AdmissionFacts } from '../../../src/core/decide-admission.ts';
import type { Policy } from '../../../src/core/policy.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { NOON, aPolicy, aSighting, anIntent, guid } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';

const HOUR = 3_600_000;
const policy = aPolicy();

function admit(facts: Partial<AdmissionFacts> = {}, changes: Partial<Policy> = {}): Admission {
  const clear: AdmissionFacts = {
    now: NOON + 100,
    serverNow: NOON + 100,
    row: aSighting({ lastModified: NOON, firstSeen: 20 }),
    watchedSince: NOON - HOUR,
    forgotten: null,
    backlogCount: 0,
    fate: 'leaves',
    unsettled: [],
  };
  return decideAdmission({ ...clear, ...facts }, aPolicy(changes));
}

function admitted(facts: Partial<AdmissionFacts> = {}, changes: Partial<Policy> = {}): Remediation | null {
  const admission = admit(facts, changes);
  return admission.type === 'admit' ? admission.remediation : null;
}

test.each<readonly [string, Partial<AdmissionFacts>, Partial<Policy>, string]>([
  ['a Failed row', {}, {}, 'admit'],
  ['a row that is not Failed', { row: aSighting({ status: 'Complete' }) }, {}, 'not failed'],
  ['a status that nobody knows', { row: aSighting({ status: 'Unknown' }) }, {}, 'not failed'],
  ['a row that is gone', { row: aSighting({ isGone: true }) }, {}, 'not failed'],
  ['a definition in scope by name', {}, { scope: { definitions: ['web server*'], types: [] } }, 'admit'],
  ['a definition in scope by id', {}, { scope: { definitions: [guid(0xdef).toUpperCase()], types: [] } }, 'admit'],
  ['a definition out of scope', {}, { scope: { definitions: ['mail'], types: [] } }, 'out of scope'],
  [
    'a definition without a name, out of scope',
    { row: aSighting({ definitionName: null }) },
    { scope: { definitions: ['web*'], types: [] } },
    'out of scope',
  ],
  ['a type in scope', {}, { scope: { definitions: [], types: ['enrollment'] } }, 'admit'],
  ['a type out of scope', {}, { scope: { definitions: [], types: ['Revocation'] } }, 'out of scope'],
  ['a row that changed a moment ago', {}, { poll: { ...policy.poll, settle: 101 } }, 'settling'],
  ['a row that seems to be of the future', { serverNow: NOON - 900 }, {}, 'admit'],
  ['such a row, to settle', { serverNow: NOON - 900 }, { poll: { ...policy.poll, settle: 100 } }, 'settling'],
  ['a row that has settled', {}, { poll: { ...policy.poll, settle: 100 } }, 'admit'],
])('%s: %#', (_title, facts, changes, expected) => {
  const admission = admit(facts, changes);

  expect(admission.type === 'skip' ? admission.why : admission.type).toBe(expected);
});

test('one that was seen Suspended had its approval, P12', () => {
  expect(admitted()).toMatchObject({ isApproved: false });
  expect(admitted({ row: aSighting({ wasSuspended: true }) })).toMatchObject({ isApproved: true });
});

test('a new failure waits for its first step, with everything that is known of it', () => {
  expect(admitted()).toMatchObject({
    rootInstanceId: guid(1),
    currentInstanceId: guid(1),
    phase: 'waiting',
    past: 'no',
    attemptsMade: 0,
    nextAt: NOON + 100,
    sightingMark: 20,
    failure: { seenAt: NOON + 100, lastModified: NOON, step: 'Enroll Certificate' },
    alertKey: null,
  });
  expect(admitted()?.reason).not.toBe('');
  expect(admitted()?.rule).not.toBe('');
});

const past = { watchedSince: NOON + 1 };
test.each<readonly [string, Partial<AdmissionFacts>, object]>([
  ['watched is worked', { watchedSince: NOON }, { phase: 'waiting', past: 'no' }],
  ['unwatched is proved first', past, { phase: 'waiting', wait: 'past', past: 'unproved' }],
  [
    'unwatched is history where old rows stay',
    { ...past, fate: 'stays' },
    { phase: 'held', holdCause: 'history', alertKey: 'history' },
  ],
  ['unwatched is history where nobody knows', { ...past, fate: 'unknown' }, { phase: 'held', holdCause: 'history' }],
  [
    'just within the greatest age is proved',
    { ...past, serverNow: NOON + 24 * HOUR },
    { phase: 'waiting', past: 'unproved' },
  ],
  [
    'older than the greatest age is history',
    { ...past, serverNow: NOON + 24 * HOUR + 1 },
    { phase: 'held', holdCause: 'history', past: 'unproved' },
  ],
  ['the last of the newest is proved', { ...past, backlogCount: 199 }, { phase: 'waiting' }],
  ['beyond the newest is history', { ...past, backlogCount: 200 }, { phase: 'held', holdCause: 'history' }],
  [
    'a watched one does not count as backlog',
    { watchedSince: NOON, backlogCount: 200, fate: 'stays' },
    { phase: 'waiting' },
  ],
  [
    'without a change date is dated by its start',
    { ...past, row: aSighting({ lastModified: null, startDate: NOON }) },
    { past: 'unproved' },
  ],
  [
    'without any date counts as new',
    { ...past, row: aSighting({ lastModified: null, startDate: null }) },
    { past: 'no' },
  ],
  [
    'watched, from before the last that was forgotten, is history',
    { forgotten: { endedBefore: NOON - HOUR } },
    { phase: 'held', holdCause: 'history', past: 'unproved' },
  ],
  [
    'watched, from after all that was forgotten, is worked',
    { forgotten: { endedBefore: NOON - 25 * HOUR } },
    { past: 'no' },
  ],
])('what failed before or after the watch began: %s', (_title, facts, expected) => {
  expect(admitted(facts)).toMatchObject(expected);
});

test('a row of the past counts as backlog, a watched one does not', () => {
  expect(admit(past)).toMatchObject({ isBacklog: true });
  expect(admit()).toMatchObject({ isBacklog: false });
});

test('parked history tells why, and waits for a person', () => {
  expect(admitted({ ...past, fate: 'unknown' })).toMatchObject({
    nextAt: null,
    wait: null,
    reason: expect.stringMatching(/^history: /) as unknown,
  });
});

test.each<readonly [string, Partial<AdmissionFacts>, boolean]>([
  ['an open restart of its definition', { unsettled: [anIntent({ instanceId: guid(9) })] }, true],
  ['one of another definition', { unsettled: [anIntent({ instanceId: guid(9), definitionId: 'other' })] }, false],
  ['one begun after it was first seen', { unsettled: [anIntent({ instanceId: guid(9), mark: 20 })] }, false],
  ['its own', { unsettled: [anIntent()] }, false],
  [
    'one whose run it is not, as a read told',
    {
      unsettled: [anIntent({ instanceId: guid(9), title: 'other' })],
      row: aSighting({ firstSeen: 20, print: aPrint({ fingerprint: 'x', requestKey: 'x' }) }),
    },
    false,
  ],
])('with %s open it waits as its possible new run: %s', (_title, facts, expected) => {
  const remediation = admitted(facts);

  expect(remediation?.mayBeNewRun).toBe(expected);
  expect(remediation?.reason === `may be the new run of ${guid(9)}`).toBe(expected);
});

test('a possible new run is no history, however old', () => {
  const facts = { ...past, fate: 'unknown', unsettled: [anIntent({ instanceId: guid(9) })] } as const;

  expect(admitted(facts)).toMatchObject({ phase: 'waiting', wait: 'new run', past: 'unproved' });
});

test('a long message is kept in part', () => {
  expect(admitted({ row: aSighting({ statusMessage: 'x'.repeat(5000) }) })?.failure?.message).toHaveLength(400);
});
