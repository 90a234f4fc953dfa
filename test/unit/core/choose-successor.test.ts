import * as fc from 'fast-check';
import { chooseRivals, chooseSuccessor } from '../../../src/core/choose-successor.ts';
import type { Candidate, Link, SuccessorChoice, SuccessorQuestion } from '../../../src/core/choose-successor.ts';
import type { Twin } from '../../../src/core/twins.ts';
import type { Search } from '../../../src/core/remediation.ts';
import { NOON, aSearch, anInput, guid } from '../../support/builders.ts';
import { aCandidate, aPrint } from '../../support/core-builders.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const TITLE = 'Enroll web01.example.com';

function aQuestion(changes: Partial<SuccessorQuestion> = {}): SuccessorQuestion {
  return {
    search: aSearch(),
    title: TITLE,
    input: anInput(),
    candidates: [aCandidate()],
    lookedAt: NOON + MINUTE,
    settleMs: 5 * SECOND,
    windowMs: 15 * MINUTE,
    ...changes,
  };
}

const choose = (
  candidates: readonly Partial<Candidate>[],
  search: Partial<Search> = {},
  question: Partial<SuccessorQuestion> = {},
): SuccessorChoice =>
  chooseSuccessor(aQuestion({ candidates: candidates.map(aCandidate), search: aSearch(search), ...question }));

const linkOf = (choice: SuccessorChoice): Link | null => (choice.type === 'link' ? choice.link : null);

const NO_PROOF: Partial<Search> = { notBefore: null, referenceMark: null, isMarkComplete: false };

test.each<readonly [string, Partial<Candidate>, Partial<Search>, Link['confidence'], readonly string[]]>([
  [
    'equal input, and every proof of newness',
    {},
    {},
    'exact',
    ['fingerprint', 'definition', 'notBefore', 'referenceId', 'beforeSet', 'title'],
  ],
  [
    'equal input and the server date',
    {},
    { ...NO_PROOF, notBefore: NOON },
    'exact',
    ['fingerprint', 'definition', 'notBefore', 'title'],
  ],
  [
    'equal input, begun at the very moment',
    { startDate: NOON },
    { ...NO_PROOF, notBefore: NOON },
    'exact',
    ['fingerprint', 'definition', 'notBefore', 'title'],
  ],
  [
    'equal input and a larger ReferenceId',
    {},
    { ...NO_PROOF, referenceMark: 912 },
    'exact',
    ['fingerprint', 'definition', 'referenceId', 'title'],
  ],
  [
    'equal input and a complete before-set',
    {},
    { ...NO_PROOF, isMarkComplete: true },
    'exact',
    ['fingerprint', 'definition', 'beforeSet', 'title'],
  ],
  [
    'equal input under another Title',
    { title: 'by the restarter' },
    {},
    'exact',
    ['fingerprint', 'definition', 'notBefore', 'referenceId', 'beforeSet'],
  ],
  [
    'the same wish',
    { input: aPrint({ fingerprint: 'other' }) },
    {},
    'unique',
    ['requestKey', 'definition', 'notBefore', 'referenceId', 'beforeSet', 'title'],
  ],
  [
    'the same wish under another Title',
    { input: aPrint({ fingerprint: 'other' }), title: 'by the restarter' },
    {},
    'unique',
    ['requestKey', 'definition', 'notBefore', 'referenceId', 'beforeSet'],
  ],
  [
    'the same certificate and Title',
    { input: aPrint({ fingerprint: 'other', requestKey: 'other', certificateKeys: ['csr'] }) },
    {},
    'unique',
    ['certificate', 'definition', 'notBefore', 'referenceId', 'beforeSet', 'title'],
  ],
  [
    'equal input with the StartDate of the old run',
    { startDate: NOON - MINUTE },
    {},
    'exact',
    ['fingerprint', 'definition', 'referenceId', 'beforeSet', 'title'],
  ],
  [
    'equal input with the same ReferenceId as before',
    { referenceId: 812 },
    {},
    'exact',
    ['fingerprint', 'definition', 'notBefore', 'beforeSet', 'title'],
  ],
  [
    'equal input without a ReferenceId',
    { referenceId: null },
    {},
    'exact',
    ['fingerprint', 'definition', 'notBefore', 'beforeSet', 'title'],
  ],
  [
    'equal input without a StartDate',
    { startDate: null },
    {},
    'exact',
    ['fingerprint', 'definition', 'referenceId', 'beforeSet', 'title'],
  ],
])('links %s', (_title, candidate, search, confidence, evidence) => {
  const given = { input: anInput({ certificateKeys: ['csr'] }) };

  expect(linkOf(choose([candidate], search, given))).toMatchObject({ newInstanceId: guid(2), confidence, evidence });
});

test.each<readonly [string, readonly Partial<Candidate>[], Partial<Search>, SuccessorChoice]>([
  ['nothing where nothing is there', [], {}, { type: 'none-yet' }],
  ['nothing of a row from before the restart', [{ firstSeen: 10 }], {}, { type: 'none-yet' }],
  ['nothing of the old row itself', [{ id: guid(1) }], {}, { type: 'none-yet' }],
  [
    'nothing of another wish',
    [{ input: aPrint({ fingerprint: 'other', requestKey: 'other' }) }],
    {},
    { type: 'none-yet' },
  ],
  [
    'the same certificate under another Title',
    [{ title: 'other', input: aPrint({ fingerprint: 'x', requestKey: 'x', certificateKeys: ['csr'] }) }],
    {},
    { type: 'none-yet' },
  ],
  ['equal input without any proof of newness', [{}], NO_PROOF, { type: 'doubtful', ids: [guid(2)] }],
  [
    'a foreign run begun between the two, before the restart',
    [{ startDate: NOON - SECOND / 2 }],
    {},
    { type: 'doubtful', ids: [guid(2)] },
  ],
  [
    'a foreign run begun before, by a date cut off to seconds',
    [{ startDate: NOON - 2 * SECOND }],
    {},
    { type: 'doubtful', ids: [guid(2)] },
  ],
  [
    'the ReferenceId of the mark itself',
    [{ referenceId: 900 }],
    { ...NO_PROOF, referenceMark: 900 },
    { type: 'doubtful', ids: [guid(2)] },
  ],
  [
    'a new one, and one that bears the StartDate of the old run: the server may keep it',
    [{}, { id: guid(3), startDate: NOON - MINUTE }],
    {},
    { type: 'ambiguous', ids: [guid(2), guid(3)] },
  ],
  ['two with equal input', [{}, { id: guid(3) }], {}, { type: 'ambiguous', ids: [guid(2), guid(3)] }],
  [
    'one with equal input and one of the same wish',
    [{ id: guid(3) }, { input: aPrint({ fingerprint: 'x' }) }],
    {},
    { type: 'ambiguous', ids: [guid(2), guid(3)] },
  ],
])('does not link %s', (_title, candidates, search, expected) => {
  expect(choose(candidates, search, { input: anInput({ certificateKeys: ['csr'] }) })).toEqual(expected);
});

test('a date without a fraction may have been cut off: it excludes nobody who began within that second', () => {
  const search = { notBefore: NOON + 400 };

  expect(linkOf(choose([{ startDate: NOON }], search))?.evidence).toEqual([
    'fingerprint',
    'definition',
    'referenceId',
    'beforeSet',
    'title',
  ]);
  expect(choose([{ startDate: NOON + 399 }], search).type).toBe('doubtful');
  expect(choose([{ startDate: NOON }], { ...NO_PROOF, notBefore: NOON + 400 }).type).toBe('doubtful');
});

test('a run dated before its restart by a clock that may be that much behind is new by other proofs', () => {
  const dated = { startDate: NOON - 3 * SECOND };

  expect(linkOf(choose([dated], { rowLagMs: 4 * SECOND }))).toMatchObject({
    confidence: 'exact',
    evidence: ['fingerprint', 'definition', 'referenceId', 'beforeSet', 'title'],
  });
  expect(choose([dated], { rowLagMs: 2 * SECOND }).type).toBe('doubtful');
  expect(choose([dated], { rowLagMs: 4 * SECOND, took: 'maybe' }).type).toBe('doubtful');
  expect(choose([dated, { id: guid(3) }], { rowLagMs: 4 * SECOND }).type).toBe('ambiguous');
});

test('a foreign run begun before does not stand in the way of the one begun after', () => {
  const choice = choose([{ id: guid(3), startDate: NOON - SECOND / 2 }, {}]);

  expect(linkOf(choice)?.newInstanceId).toBe(guid(2));
});

test.each<readonly [string, readonly Partial<Candidate>[], Partial<SuccessorQuestion>, SuccessorChoice]>([
  [
    'equal Titles first',
    [{ input: null }, { id: guid(3), title: 'other', input: null }],
    {},
    { type: 'read', ids: [guid(2)] },
  ],
  [
    'an unread row of equal Title before it links another',
    [{}, { id: guid(3), input: null }],
    {},
    { type: 'read', ids: [guid(3)], alike: [guid(2)] },
  ],
  [
    'other Titles where equal ones gave nothing',
    [{ title: 'other', input: null }],
    {},
    { type: 'read', ids: [guid(2)] },
  ],
  [
    'no other Titles before a look that had its chance',
    [{ title: 'other', input: null }],
    { lookedAt: NOON + 4 * SECOND },
    { type: 'none-yet' },
  ],
  [
    'four at a time, the newest first',
    [3, 7, 5, 4, 6].map((number) => ({ id: guid(number), firstSeen: 10 + number, input: null })),
    {},
    { type: 'read', ids: [guid(7), guid(6), guid(5), guid(4)] },
  ],
  ['nothing that was there before', [{ input: null, firstSeen: 10 }], {}, { type: 'none-yet' }],
])('reads %s', (_title, candidates, question, expected) => {
  expect(choose(candidates, {}, question)).toEqual(expected);
});

const notRead = { input: null, title: TITLE };
test.each<readonly [string, Partial<Candidate>, SuccessorChoice['type']]>([
  ['an equal run of another lineage may be it too: takes nobody', {}, 'none-yet'],
  ['a run of equal Title that was gone before it was read may be it too: takes nobody', notRead, 'none-yet'],
  ['one of another Title that was gone before it was read: links', { ...notRead, title: 'other' }, 'link'],
  ['a run of another wish in another lineage: links', { input: aPrint({ fingerprint: 'x', requestKey: 'x' }) }, 'link'],
  ['one of another lineage from before the restart: links', { firstSeen: 10 }, 'link'],
  ['one of another lineage that nothing proves newer: links', { startDate: NOON - SECOND / 2 }, 'link'],
])('beside a run that cannot be linked, %s', (_title, other, expected) => {
  expect(choose([{}, { id: guid(3), canLink: false, ...other }]).type).toBe(expected);
});

test('a run that cannot be linked is neither read nor linked, and one that was read is a rival all the same', () => {
  expect(choose([{ ...notRead, canLink: false }]).type).toBe('none-yet');
  expect(choose([{ canLink: false }]).type).toBe('none-yet');
  const candidates = [aCandidate(), aCandidate({ id: guid(3), canLink: false })];
  expect(chooseRivals(aQuestion({ candidates }), { id: guid(2), isEqual: true })).toEqual([guid(3)]);
});

test('reads no other Titles where one matches already', () => {
  expect(linkOf(choose([{}, { id: guid(3), title: 'other', input: null }]))?.newInstanceId).toBe(guid(2));
});

test.each([
  ['before it stood alone', NOON + SECOND + 5 * SECOND - 1, 'watch'],
  ['once a look begun after shows it alone', NOON + SECOND + 5 * SECOND, 'link'],
])('a sole candidate %s', (_title, lookedAt, expected) => {
  expect(choose([{}], {}, { lookedAt }).type).toBe(expected);
});

test.each<readonly [string, Partial<Search>, Partial<SuccessorQuestion>, SuccessorChoice['type']]>([
  ['a while ago', {}, { appearMs: 60 * SECOND }, 'link'],
  ['not yet', {}, { appearMs: 60 * SECOND + 1 }, 'watch'],
  ['within the window, at the latest', {}, { appearMs: 99 * MINUTE, lookedAt: NOON + 15 * MINUTE }, 'link'],
  ['nobody knows when, others having restarted it', { origin: 'external' }, { appearMs: 99 * MINUTE }, 'link'],
  [
    'later than it, others having restarted the row since it was seen',
    { origin: 'external', startedAt: NOON + 2 * SECOND, endedAt: NOON + 2 * SECOND },
    { appearMs: 60 * SECOND },
    'watch',
  ],
])('where the true new run must have shown itself %s, a sole candidate', (_title, search, question, expected) => {
  expect(choose([{}], search, question).type).toBe(expected);
});

const BY_OTHERS: Partial<Search> = { ...NO_PROOF, origin: 'external', took: 'left', notBefore: NOON };
test.each<readonly [string, Partial<Candidate>, Partial<SuccessorQuestion>, SuccessorChoice['type']]>([
  ['first shown with the restart', {}, { leftSeenAt: NOON + SECOND }, 'link'],
  ['shown before it', {}, { leftSeenAt: NOON + 2 * SECOND }, 'doubtful'],
  ['where nobody watched', {}, {}, 'doubtful'],
  [
    'begun before it, whenever it was shown',
    { startDate: NOON - SECOND / 2 },
    { leftSeenAt: NOON + SECOND },
    'none-yet',
  ],
  ['begun before it, where nobody watched', { startDate: NOON - SECOND / 2 }, {}, 'none-yet'],
])('of a restart by others, with the StartDate kept: an equal run %s', (_title, candidate, question, expected) => {
  const keptDate = { startDate: NOON - MINUTE, ...candidate };

  expect(choose([keptDate], BY_OTHERS, question).type).toBe(expected);
});

test.each<readonly [string, readonly Partial<Candidate>[], SuccessorChoice]>([
  ['its search says whose it is', [{ wantedBy: guid(9) }], { type: 'wanted', id: guid(2), by: guid(9) }],
  [
    'of another request it says nothing',
    [{ wantedBy: guid(9), input: anInput({ fingerprint: 'x', requestKey: 'x' }) }],
    { type: 'none-yet' },
  ],
  ["what was there before is nobody's", [{ wantedBy: guid(9), firstSeen: 10 }], { type: 'none-yet' }],
])('where another restart may have led to the candidate: %s', (_title, candidates, expected) => {
  expect(choose(candidates)).toEqual(expected);
});

test('one that nobody else wants is linked beside one that is wanted', () => {
  expect(linkOf(choose([{}, { id: guid(3), wantedBy: guid(9) }]))?.newInstanceId).toBe(guid(2));
});

test.each<readonly [string, Partial<Candidate>, Partial<SuccessorQuestion>, SuccessorChoice['type']]>([
  ['a person tells whether a new run of its Title is its own', {}, {}, 'doubtful'],
  ['one that is done needs nobody', { status: 'Complete' }, {}, 'none-yet'],
  ['one of another Title tells nothing', { title: 'other' }, {}, 'none-yet'],
  ['without a Title nothing is alike', { title: null }, { title: null }, 'none-yet'],
  ['one that began before is another', { startDate: NOON - SECOND }, {}, 'none-yet'],
])('of a row that was gone before it was read: %s', (_title, candidate, question, expected) => {
  expect(choose([candidate], {}, { input: null, ...question }).type).toBe(expected);
});

test('names the keys that differ, never their values', () => {
  const input = anInput({ keyHashes: { a: '1', b: '2', c: '3' } });
  const print = aPrint({ fingerprint: 'x', keyHashes: { a: '1', b: 'changed', d: 'new' } });

  expect(linkOf(choose([{ input: print }], {}, { input }))?.differingKeys).toEqual(['b', 'c', 'd']);
  expect(linkOf(choose([{}], {}, { input }))?.differingKeys).toEqual([]);
});

test.each<readonly [string, Partial<Candidate>, boolean, readonly string[]]>([
  ['a second run with equal input', {}, true, [guid(3)]],
  [
    'a second run of the same wish, where less than equal input is sure',
    { input: aPrint({ fingerprint: 'x' }) },
    false,
    [guid(3)],
  ],
  [
    'no second run of the same wish, where new runs keep their input and this one has',
    { input: aPrint({ fingerprint: 'x' }) },
    true,
    [],
  ],
  ['no run that was not read', { input: null }, false, []],
  ['no run begun before the restart', { startDate: NOON - SECOND / 2 }, true, []],
  ['one that bears the StartDate of the old run', { startDate: NOON - MINUTE }, true, [guid(3)]],
  ['no run from before the restart', { firstSeen: 10 }, true, []],
  ['one just within the window', { firstSeenAt: NOON + 15 * MINUTE }, true, [guid(3)]],
  ['none after the window', { firstSeenAt: NOON + 15 * MINUTE + 1 }, true, []],
  ['no run of another wish', { input: aPrint({ fingerprint: 'x', requestKey: 'x' }) }, false, []],
])('a rival of the linked run is %s', (_title, rival, isEqual, expected) => {
  const candidates = [aCandidate(), aCandidate({ id: guid(3), ...rival })];

  expect(chooseRivals(aQuestion({ candidates }), { id: guid(2), isEqual })).toEqual(expected);
});

const anyCandidate = fc.record({
  number: fc.integer({ min: 2, max: 9 }),
  title: fc.constantFrom(TITLE, 'other', null),
  startDate: fc.option(fc.integer({ min: NOON - 5, max: NOON + 5 })),
  referenceId: fc.option(fc.integer({ min: 895, max: 905 })),
  firstSeen: fc.integer({ min: 8, max: 13 }),
  fingerprint: fc.constantFrom('fingerprint-1', 'x', 'y'),
  requestKey: fc.constantFrom('request-1', 'x'),
  isRead: fc.boolean(),
});
const anySearch = fc.record({
  notBefore: fc.option(fc.constant(NOON)),
  referenceMark: fc.option(fc.constant(900)),
  isMarkComplete: fc.boolean(),
});

test('P2: links only a new run of the same wish, the only one of its kind, whatever the order of the rows', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyCandidate, { selector: ({ number }) => number, maxLength: 6 }),
      anySearch,
      (raw, search) => {
        const candidates = raw.map(({ number, fingerprint, requestKey, isRead, ...rest }) =>
          aCandidate({ id: guid(number), ...rest, input: isRead ? aPrint({ fingerprint, requestKey }) : null }),
        );
        const question = aQuestion({ candidates, search: aSearch(search) });

        const choice = chooseSuccessor(question);

        expect(chooseSuccessor({ ...question, candidates: candidates.toReversed() }).type).toBe(choice.type);
        if (choice.type !== 'link') return;
        const one = candidates.find(({ id }) => id === choice.link.newInstanceId);
        expect(one?.firstSeen).toBeGreaterThan(10);
        expect(one?.input?.requestKey === 'request-1' || one?.input?.fingerprint === 'fingerprint-1').toBe(true);
        expect(choice.link.confidence === 'exact').toBe(one?.input?.fingerprint === 'fingerprint-1');
        expect(choice.link.evidence.some((proof) => ['notBefore', 'referenceId', 'beforeSet'].includes(proof))).toBe(
          true,
        );
        expect(chooseRivals(question, { id: choice.link.newInstanceId, isEqual: false })).toEqual([]);
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

const TWIN: Twin = { firstSeen: 1, startDate: NOON - 3 * MINUTE, restartedAt: null };
test.each<readonly [string, Search['took'], readonly Twin[], SuccessorChoice['type']]>([
  [
    'a run of a restart that is not known to have happened may be that of an equal failed row',
    'maybe',
    [TWIN],
    'doubtful',
  ],
  ['so may that of a refused one', 'refused', [TWIN], 'doubtful'],
  ['one that took effect has its new run', 'accepted', [TWIN], 'link'],
  ['a row that left Failed has its new run', 'left', [TWIN], 'link'],
  ['an equal row that was seen later is no predecessor of it', 'maybe', [{ ...TWIN, firstSeen: 1000 }], 'link'],
  ['without an equal row there is no other', 'maybe', [], 'link'],
  [
    'a run that began when an equal row was restarted may be that one',
    'left',
    [{ ...TWIN, restartedAt: NOON }],
    'doubtful',
  ],
  ['an equal row that was restarted before has its own', 'left', [{ ...TWIN, restartedAt: NOON - MINUTE }], 'link'],
  [
    'a run with the StartDate of an equal row may be that one',
    'left',
    [{ ...TWIN, startDate: NOON + 1, restartedAt: NOON + 5 * MINUTE }],
    'doubtful',
  ],
  [
    'a run that began before an equal row was found gone may be that one',
    'left',
    [{ ...TWIN, gone: { from: NOON - MINUTE, to: NOON + MINUTE } }],
    'doubtful',
  ],
  [
    'an equal row that was gone before has its own',
    'left',
    [{ ...TWIN, gone: { from: NOON - 2 * MINUTE, to: NOON - MINUTE } }],
    'link',
  ],
  ['Command took ours, whatever else is gone', 'accepted', [{ ...TWIN, gone: { from: NOON, to: NOON } }], 'link'],
  ['Command took ours, whoever else was restarted then', 'accepted', [{ ...TWIN, restartedAt: NOON }], 'link'],
])('%s', (_title, took, twins, type) => {
  expect(choose([{}], { took }, { twins }).type).toBe(type);
});

test.each<readonly [string, Partial<SuccessorQuestion>, SuccessorChoice['type']]>([
  ['may have been deleted: an equal failed one has the run as well', { twins: [TWIN], isDeleted: 'maybe' }, 'doubtful'],
  ['may have been deleted, and there is no other', { isDeleted: 'maybe' }, 'link'],
  ['was surely deleted: nothing tells that it was restarted before', { isDeleted: 'surely' }, 'doubtful'],
])('a row that is gone by the hands of others %s', (_title, question, type) => {
  expect(choose([{}], { took: 'left', origin: 'external' }, question).type).toBe(type);
});

test('where others surely deleted the row, an equal request that is done needs nobody', () => {
  const deleted = { isDeleted: 'surely' } as const;
  const search = { took: 'left', origin: 'external' } as const;

  expect(choose([{ status: 'Complete' }], search, deleted).type).toBe('none-yet');
  expect(choose([{ status: 'Failed' }], search, deleted).type).toBe('doubtful');
});

test('a run with the StartDate of the old one is its new run, whoever else was restarted just then', () => {
  const twins = [{ ...TWIN, restartedAt: NOON - MINUTE }];

  expect(choose([{ startDate: NOON - MINUTE }], { took: 'left' }, { twins }).type).toBe('link');
});
