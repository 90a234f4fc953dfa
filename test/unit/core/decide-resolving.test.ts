import * as fc from 'fast-check';
import type { Action } from '../../../src/core/action.ts';
import type { SuccessorChoice } from '../../../src/core/choose-successor.ts';
import { decideResolving } from '../../../src/core/decide-resolving.ts';
import type { ResolvingFacts } from '../../../src/core/decide-resolving.ts';
import type { Remediation, Search } from '../../../src/core/remediation.ts';
import { NOON, aPolicy, aRecord, aRemediation, aSearch, guid } from '../../support/builders.ts';

const policy = aPolicy();
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const WINDOW = NOON + policy.resolve.window;
const TIMEOUT = NOON + policy.verify.timeout;
const LINK: SuccessorChoice = {
  type: 'link',
  link: { newInstanceId: guid(2), confidence: 'exact', evidence: [], differingKeys: [] },
};
const WATCH: SuccessorChoice = { type: 'watch', candidateId: guid(2), until: NOON + 6 * SECOND };
const AMBIGUOUS: SuccessorChoice = { type: 'ambiguous', ids: [guid(2), guid(3)] };
const DOUBTFUL: SuccessorChoice = { type: 'doubtful', ids: [guid(2)] };
const READ: SuccessorChoice = { type: 'read', ids: [guid(2)] };

function decide(
  search: Partial<Search>,
  facts: Partial<ResolvingFacts>,
  remediation: Partial<Remediation> = {},
): Action {
  const at = facts.now ?? NOON + MINUTE;
  return decideResolving(
    aRemediation({ phase: 'resolving', attemptsMade: 1, search: aSearch(search), ...remediation }),
    {
      now: at,
      oldRow: 'still Failed',
      oldRowReadAt: at,
      oldStatus: 'Failed',
      choice: { type: 'none-yet' },
      lookedAt: at,
      fate: 'unknown',
      longestRestartMs: 0,
      ...facts,
    },
    policy,
  );
}

type Expected = { readonly type: Action['type'] } & Record<string, unknown>;
type Row = readonly [string, Partial<Search>, Partial<ResolvingFacts>, Expected];

const hold = (cause: string): Expected => ({ type: 'hold', cause });
const searchOn = (reason: string): Expected => ({ type: 'search-on', reason });
const NOT_SEEN = searchOn('successor not seen yet');
const LOST = searchOn('the answer was lost; looking for a new run');
const REFUSED = { type: 'end', outcome: 'refused' } as const;
const accepted = { took: 'accepted' } as const;
const maybe = { took: 'maybe' } as const;
const refused = { took: 'refused' } as const;
const external = { took: 'left', origin: 'external' } as const;

test.each<Row>([
  ['reads who may be it', accepted, { choice: READ }, { type: 'read-candidates', ids: [guid(2)] }],
  ['links the only one', accepted, { choice: LINK }, { type: 'link' }],
  ['lets it stand alone first', accepted, { choice: WATCH }, { type: 'search-on', until: NOON + 6 * SECOND }],
  [
    'holds two that cannot be told apart',
    accepted,
    { choice: AMBIGUOUS },
    { type: 'hold', cause: 'ambiguous', candidates: [guid(2), guid(3)] },
  ],
])('%s', (_title, search, facts, expected) => {
  expect(decide(search, facts)).toMatchObject(expected);
});

const unread = {
  choice: READ,
  unread: { instanceId: guid(2), why: 'Command answered 500', isForbidden: false, retryAfterMs: null },
};
const forbidden = {
  choice: READ,
  unread: { instanceId: guid(2), why: 'Command answered 403', isForbidden: true, retryAfterMs: null },
};
const UNREAD = searchOn(`${guid(2)} may be its new run, and could not be read: Command answered 500`);
test.each<Row>([
  ['is tried again', accepted, unread, UNREAD],
  ['is tried for a window longer than the search', accepted, { ...unread, now: TIMEOUT + WINDOW - NOON - 1 }, UNREAD],
  [
    'is for a person after that',
    accepted,
    { ...unread, now: TIMEOUT + WINDOW - NOON },
    { type: 'hold', cause: 'ambiguous', candidates: [guid(2)] },
  ],
  [
    'is tried again until the search ends, where it is forbidden',
    accepted,
    { ...forbidden, now: TIMEOUT - 1 },
    { type: 'search-on' },
  ],
  [
    'is for a person then, where it is forbidden',
    accepted,
    { ...forbidden, now: TIMEOUT },
    { type: 'hold', cause: 'ambiguous', candidates: [guid(2)] },
  ],
  [
    'is for a person beside those that were read and may be it',
    accepted,
    { ...forbidden, choice: { ...READ, alike: [guid(9)] }, now: TIMEOUT },
    { type: 'hold', cause: 'ambiguous', candidates: [guid(9), guid(2)] },
  ],
  ['of others is for a person as well', external, { ...forbidden, now: WINDOW, oldRow: 'gone' }, hold('ambiguous')],
  [
    'does not outweigh the proof that nothing happened',
    maybe,
    { ...forbidden, now: WINDOW, fate: 'leaves' },
    { type: 'not-done' },
  ],
])('who may be it and cannot be read %s', (_title, search, facts, expected) => {
  expect(decide(search, facts)).toMatchObject(expected);
});

const WANTED: SuccessorChoice = { type: 'wanted', id: guid(2), by: guid(9) };
test.each<Row>([
  [
    'is looked for as any',
    external,
    { choice: WANTED, now: WINDOW - 1, oldRow: 'gone' },
    searchOn('looking for what became of it'),
  ],
  [
    'is waited for, however long',
    external,
    { choice: WANTED, now: WINDOW + TIMEOUT, oldRow: 'gone' },
    searchOn(`${guid(2)} may be its new run, or that of ${guid(9)}, whose restart is unresolved`),
  ],
])('one that another search wants %s', (_title, search, facts, expected) => {
  expect(decide(search, facts)).toMatchObject(expected);
});

test.each<Row>([
  ['searches on within the window', accepted, {}, NOT_SEEN],
  ['searches on until verify.timeout where that is later', accepted, { now: TIMEOUT - 1 }, NOT_SEEN],
  [
    'remembers a look that did not show it',
    accepted,
    {},
    { type: 'search-on', search: { ...aSearch(), missedAt: NOON + MINUTE } },
  ],
  [
    'but none that was begun before the answer',
    accepted,
    { lookedAt: NOON - 1 },
    { type: 'search-on', search: aSearch() },
  ],
  ['holds what is not found by then', accepted, { now: TIMEOUT }, hold('successor not found')],
  ['waits for a look begun after its deadline', accepted, { now: TIMEOUT + MINUTE, lookedAt: TIMEOUT - 1 }, NOT_SEEN],
  ['holds it, whatever the old row says', accepted, { now: TIMEOUT, fate: 'leaves' }, hold('successor not found')],
  ['holds a doubtful one at the end', accepted, { now: TIMEOUT, choice: DOUBTFUL }, hold('ambiguous')],
  ['searches on while there is only a doubtful one', accepted, { choice: DOUBTFUL }, NOT_SEEN],
])('after a 204: %s', (_title, search, facts, expected) => {
  expect(decide(search, facts)).toMatchObject(expected);
});

test.each<Row>([
  ['searches on within the window', maybe, {}, LOST],
  ['links its new run where rows may stay as they were', maybe, { choice: LINK }, { type: 'link' }],
  ['holds at the end where nobody knows what rows do', maybe, { now: WINDOW }, hold('restart may have happened')],
  [
    'holds at the end where rows stay as they were',
    maybe,
    { now: WINDOW, fate: 'stays' },
    hold('restart may have happened'),
  ],
  ['is proved not done where rows leave', maybe, { now: WINDOW, fate: 'leaves' }, { type: 'not-done' }],
  ['is not proved before the window has closed', maybe, { now: WINDOW - 1, fate: 'leaves' }, LOST],
  [
    'is not proved by a read begun before',
    maybe,
    { now: WINDOW, fate: 'leaves', oldRowReadAt: WINDOW - 1 },
    searchOn('waiting for proof that the restart did not happen'),
  ],
  [
    'is not proved before three times the longest restart',
    maybe,
    { now: WINDOW, fate: 'leaves', longestRestartMs: 6 * MINUTE },
    { type: 'search-on', until: NOON + 18 * MINUTE },
  ],
  [
    'is not proved by a look begun before that',
    maybe,
    { now: NOON + 18 * MINUTE, lookedAt: WINDOW, fate: 'leaves', longestRestartMs: 6 * MINUTE },
    searchOn('waiting for proof that the restart did not happen'),
  ],
  [
    'is proved by both begun after that',
    maybe,
    { now: NOON + 18 * MINUTE, fate: 'leaves', longestRestartMs: 6 * MINUTE },
    { type: 'not-done' },
  ],
  [
    'does not take the run of others for its own where the row stands unchanged and rows leave',
    maybe,
    { choice: LINK, fate: 'leaves' },
    LOST,
  ],
  [
    'is proved not done, whatever others have begun',
    maybe,
    { now: WINDOW, choice: AMBIGUOUS, fate: 'leaves' },
    { type: 'not-done' },
  ],
  [
    'holds where the row is Failed but was touched',
    maybe,
    { now: WINDOW, oldRow: 'touched', fate: 'leaves' },
    hold('restart may have happened'),
  ],
  ['links where the row was touched', maybe, { oldRow: 'touched', choice: LINK, fate: 'leaves' }, { type: 'link' }],
  ['holds a doubtful one at the end', maybe, { now: WINDOW, choice: DOUBTFUL }, hold('ambiguous')],
  [
    'looks again where the row could not be read',
    maybe,
    { now: WINDOW, oldRow: 'unknown', fate: 'leaves' },
    { type: 'search-on' },
  ],
])('after a lost answer: %s', (_title, search, facts, expected) => {
  expect(decide(search, facts)).toMatchObject(expected);
});

test.each<Row>([
  [
    'took effect: it searches on',
    maybe,
    { now: WINDOW, oldRow: 'restarted', oldStatus: 'CanceledForRestart' },
    NOT_SEEN,
  ],
  ['took effect, gone', maybe, { now: WINDOW, oldRow: 'gone' }, NOT_SEEN],
  ['took effect, changed', maybe, { now: WINDOW, oldRow: 'changed', oldStatus: 'Running' }, NOT_SEEN],
  ['took effect although it was refused', refused, { oldRow: 'restarted' }, NOT_SEEN],
  [
    'is held once verify.timeout has passed too',
    maybe,
    { now: TIMEOUT, oldRow: 'restarted' },
    hold('successor not found'),
  ],
  ['is held although it was refused', refused, { now: TIMEOUT, oldRow: 'gone' }, hold('successor not found')],
  ['links its new run', maybe, { oldRow: 'restarted', choice: LINK, fate: 'leaves' }, { type: 'link' }],
])('a restart whose old row has left Failed %s', (_title, search, facts, expected) => {
  expect(decide(search, facts)).toMatchObject(expected);
});

const NOT_FOUND = 'the restart took effect, but no successor was found; look in Command for the new run';
const ANSWER = 'Command answered 404: no such instance';
const NOT_KNOWN = `the row is gone, and no new run was found; whether it was restarted or deleted is not known (${ANSWER}); look in Command for the new run`;

test.each<readonly [string, Partial<Search>, Partial<ResolvingFacts>, string]>([
  ['a request that Command took', accepted, { oldRow: 'gone' }, NOT_FOUND],
  [
    'a refused one whose row is gone: people may have deleted it',
    refused,
    { oldRow: 'gone', answer: ANSWER },
    NOT_KNOWN,
  ],
  ['a lost answer whose row is gone', maybe, { oldRow: 'gone', answer: ANSWER }, NOT_KNOWN],
  ['a lost answer whose row was restarted', maybe, { oldRow: 'restarted', answer: ANSWER }, NOT_FOUND],
])('no more is said than is known of %s', (_title, search, facts, reason) => {
  expect(decide(search, { now: TIMEOUT, ...facts })).toMatchObject({ cause: 'successor not found', reason });
});

test('that the row has left Failed is kept', () => {
  expect(decide(maybe, { oldRow: 'restarted' })).toMatchObject({ search: { took: 'left' } });
  expect(decide(accepted, { oldRow: 'restarted' })).toMatchObject({ search: { took: 'accepted' } });
});

test.each<Row>([
  [
    'ends at once where rows leave and this one stands unchanged',
    refused,
    { fate: 'leaves' },
    { ...REFUSED, watchUntil: WINDOW },
  ],
  [
    'is read again first',
    refused,
    { fate: 'leaves', oldRowReadAt: NOON - 1 },
    searchOn('refused; watching whether it took effect all the same'),
  ],
  ['does not link the run of others', refused, { fate: 'leaves', choice: LINK }, REFUSED],
  [
    'is watched for the window where rows may stay',
    refused,
    {},
    searchOn('refused; watching whether it took effect all the same'),
  ],
  ['ends after the window where rows may stay', refused, { now: WINDOW }, REFUSED],
  ['links a new run where rows may stay', refused, { choice: LINK }, { type: 'link' }],
  ['holds a doubtful one where rows may stay', refused, { now: WINDOW, choice: DOUBTFUL }, hold('ambiguous')],
  [
    'is held where the row was touched',
    refused,
    { now: WINDOW, oldRow: 'touched', fate: 'leaves' },
    hold('restart may have happened'),
  ],
])('a restart that was refused %s', (_title, search, facts, expected) => {
  expect(decide(search, facts)).toMatchObject(expected);
});

test.each<Row>([
  ['is looked for within the window', external, { oldRow: 'restarted' }, searchOn('looking for what became of it')],
  ['is linked', external, { oldRow: 'restarted', choice: LINK, fate: 'leaves' }, { type: 'link' }],
  [
    'is obsolete without a new run',
    external,
    { now: WINDOW, oldRow: 'restarted' },
    { type: 'end', outcome: 'obsolete' },
  ],
  [
    'is obsolete, deleted',
    external,
    { now: WINDOW, oldRow: 'gone' },
    { type: 'end', outcome: 'obsolete', newStatus: 'Deleted' },
  ],
  [
    'is obsolete at once, completed',
    external,
    { oldRow: 'changed', oldStatus: 'Complete' },
    { type: 'end', outcome: 'obsolete', newStatus: 'Complete' },
  ],
  [
    'is obsolete at once, rejected',
    external,
    { oldRow: 'changed', oldStatus: 'Rejected' },
    { type: 'end', outcome: 'obsolete', newStatus: 'Rejected' },
  ],
  [
    'is held where an equal run may be its new one',
    external,
    { now: WINDOW, oldRow: 'restarted', choice: DOUBTFUL },
    hold('ambiguous'),
  ],
  ['is held where it is gone, too', external, { now: WINDOW, oldRow: 'gone', choice: DOUBTFUL }, hold('ambiguous')],
  ['is held where two cannot be told apart', external, { oldRow: 'restarted', choice: AMBIGUOUS }, hold('ambiguous')],
  [
    'waits again where it is Failed after all',
    external,
    { oldRow: 'still Failed' },
    { type: 'wait', wait: 'back-off' },
  ],
  ['waits again where it is Failed anew', external, { oldRow: 'touched' }, { type: 'wait', wait: 'back-off' }],
])('a row that others took %s', (_title, search, facts, expected) => {
  expect(decide(search, facts)).toMatchObject(expected);
});

test.each<readonly [string, Partial<ResolvingFacts>, string]>([
  ['Running', { oldRow: 'changed', oldStatus: 'Running' }, 'Running'],
  ['Complete', { oldRow: 'changed', oldStatus: 'Complete' }, 'Running'],
  ['Failed', { oldRow: 'touched', oldStatus: 'Failed' }, 'Failed'],
])('a new run that was gone for a moment and is %s is watched again', (_title, facts, newStatus) => {
  const successor = { currentInstanceId: guid(2), lineage: [aRecord()] };

  expect(decide({ ...external, predecessorId: guid(2) }, facts, successor)).toMatchObject({
    type: 'track',
    phase: 'verifying',
    newStatus,
  });
});

test('the next look is at the settled candidate, then ever rarer, and at the end of the search', () => {
  expect(decide(accepted, { now: NOON + SECOND })).toMatchObject({ until: NOON + 5 * SECOND });
  expect(decide(accepted, { now: NOON + MINUTE })).toMatchObject({ until: NOON + 90 * SECOND });
  expect(decide(accepted, { now: TIMEOUT - SECOND })).toMatchObject({ until: TIMEOUT });
});

test('without a search on record it looks for what became of it', () => {
  expect(decideResolving(aRemediation({ phase: 'resolving' }), {} as ResolvingFacts, policy).type).toBe('follow');
});

const anyFacts = fc.record({
  took: fc.constantFrom('accepted', 'left', 'maybe', 'refused'),
  fate: fc.constantFrom('leaves', 'stays', 'unknown'),
  oldRow: fc.constantFrom('still Failed', 'touched', 'restarted', 'gone', 'changed', 'unknown'),
  now: fc.constantFrom(NOON, WINDOW - 1, WINDOW, TIMEOUT, TIMEOUT + 1e9),
  choice: fc.constantFrom<SuccessorChoice>(READ, LINK, WATCH, AMBIGUOUS, DOUBTFUL, { type: 'none-yet' }),
});

test('P1: no answer, fate, row or time sends it again but the proof of a row that rows on this server leave', () => {
  fc.assert(
    fc.property(anyFacts, ({ took, ...facts }) => {
      const { fate, oldRow, now, choice } = facts;

      const action = decide({ took }, facts);

      const isProved = took === 'maybe' && fate === 'leaves' && oldRow === 'still Failed' && now >= WINDOW;
      expect(action.type === 'not-done').toBe(isProved && choice.type !== 'read');
      expect(['wait', 'restart', 'reopen']).not.toContain(action.type);
    }),
    { seed: 8, numRuns: 2000 },
  );
});
