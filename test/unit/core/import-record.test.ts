import { isBlank, mayReplace, toImported, toImportedIntent } from '../../../src/core/import-record.ts';
import { parseStateLine } from '../../../src/core/state-file.ts';
import { NOON, aRecord, aRemediation, aSearch, anInput, anIntent } from '../../support/builders.ts';

const FACTS = { now: NOON, exportedAt: '2026-01-01T00:00:00.000Z', isSameKey: true, intent: null };

describe('a record that is imported', () => {
  test.each([
    [
      'what waited must be proved',
      { phase: 'waiting', wait: 'dependency', parkedOn: 'ca1' },
      {},
      { phase: 'waiting', past: 'unproved', wait: 'past', parkedOn: null, nextAt: NOON },
    ],
    [
      'attempts stay',
      { phase: 'waiting', attemptsMade: 3, lineage: [aRecord()] },
      {},
      { attemptsMade: 3, lineage: [aRecord()] },
    ],
    [
      'a hold stays',
      { phase: 'held', wait: null, holdCause: 'already issued' },
      {},
      { phase: 'held', holdCause: 'already issued' },
    ],
    [
      'an end stays',
      { phase: 'ended', outcome: 'recovered', endedAt: NOON },
      {},
      { phase: 'ended', outcome: 'recovered', endedAt: NOON },
    ],
    ['a new run is followed on', { phase: 'verifying', wait: null }, {}, { phase: 'verifying', nextAt: NOON }],
    ['approvers are waited for on', { phase: 'handed-over', wait: null }, {}, { phase: 'handed-over', nextAt: NOON }],
    [
      'a search goes on without a before-set',
      { phase: 'resolving', search: aSearch({ mark: 77, isMarkComplete: true }) },
      {},
      { phase: 'resolving', search: { mark: 0, isMarkComplete: false } },
    ],
    [
      'a restart under way is searched from its intent',
      { phase: 'restarting' },
      { intent: anIntent({ state: 'unknown', mark: 77 }) },
      { phase: 'resolving', search: { took: 'maybe', mark: 0 } },
    ],
    [
      'a restart under way whose intent is missing is a person’s',
      { phase: 'restarting' },
      {},
      { phase: 'held', holdCause: 'restart may have happened' },
    ],
    [
      'with another key nothing can be told, so an open restart is a person’s',
      { phase: 'resolving', search: aSearch(), input: anInput() },
      { isSameKey: false },
      { phase: 'held', holdCause: 'restart may have happened', input: null },
    ],
    ['sighting numbers are those of another store', { sightingMark: 99 }, {}, { sightingMark: 0, version: 1 }],
  ] as const)('%s', (_title, changes, facts, expected) => {
    expect(toImported(aRemediation(changes), { ...FACTS, ...facts })).toMatchObject(expected);
  });

  test('bears the alert of its state', () => {
    const held = aRemediation({ phase: 'held', wait: null, holdCause: 'maybe issued', alertKey: null });

    expect(toImported(held, FACTS).alertKey).toMatch(/^held:/);
  });

  test('an intent whose sender is of another store is unknown for ever', () => {
    expect(toImportedIntent(anIntent({ state: 'open', endedAt: null }))).toMatchObject({ state: 'unknown', mark: 0 });
    expect(toImportedIntent(anIntent({ state: 'accepted' }))).toMatchObject({ state: 'accepted' });
  });
});

describe('who knows more', () => {
  const blank = aRemediation({
    phase: 'waiting',
    attemptsMade: 0,
    lineage: [],
    search: null,
    timeline: [],
    changedAt: NOON,
  });

  test.each([
    ['a fresh failure', {}, true],
    ['parked history', { phase: 'held', holdCause: 'history' }, true],
    ['one that was restarted', { attemptsMade: 1 }, false],
    ['one with a lineage', { lineage: [aRecord()] }, false],
    ['one that a person decided on', { timeline: [{ at: NOON, text: 'released', by: 'anna@host' }] }, false],
    ['one that was held without a person', { phase: 'held', holdCause: 'already issued' }, true],
    ['one that ended', { phase: 'ended', outcome: 'ignored' }, false],
  ] as const)('%s is blank: %#', (_title, changes, expected) => {
    expect(isBlank({ ...blank, ...changes })).toBe(expected);
  });

  test.each([
    ['a fresh failure gives way to an end', {}, { phase: 'ended', outcome: 'recovered', changedAt: NOON - 1 }, true],
    ['a fresh failure does not give way to another', {}, { changedAt: NOON + 1 }, false],
    ['a fresh failure gives way to a hold', {}, { phase: 'held', holdCause: 'maybe issued' }, true],
    ['a hold gives way to a lineage', { phase: 'held', holdCause: 'maybe issued' }, { attemptsMade: 1 }, true],
    [
      'a hold does not give way to a hold',
      { phase: 'held', holdCause: 'maybe issued' },
      { phase: 'held', holdCause: 'maybe issued' },
      false,
    ],
    ['an older state gives way', { attemptsMade: 1 }, { attemptsMade: 2, changedAt: NOON + 1 }, true],
    ['an equal state stays', { attemptsMade: 1 }, { attemptsMade: 1 }, false],
    ['a newer state stays', { attemptsMade: 1 }, { attemptsMade: 2, changedAt: NOON - 1 }, false],
  ] as const)('%s', (_title, known, exported, expected) => {
    expect(mayReplace({ ...blank, ...known }, { ...blank, ...exported })).toBe(expected);
  });
});

describe('a line of a state file', () => {
  test.each([
    ['no JSON', '{', 'is not a JSON object'],
    ['a list', '[]', 'is not a JSON object'],
    ['an unknown type', '{"type":"x"}', 'has the unknown type x'],
    ['a newer form', '{"type":"header","format":2,"layout":1}', 'is of format 2'],
    ['half a record', '{"type":"remediation","remediation":{"rootInstanceId":"a"}}', 'is not a remediation'],
    ['half an intent', '{"type":"intent","intent":{"instanceId":"a"}}', 'is not the intent'],
    ['a note of another name', '{"type":"note","name":"x"}', 'unknown name x'],
  ])('%s is told', (_title, text, fault) => {
    expect(parseStateLine(text)).toContain(fault);
  });

  test('what was exported can be read', () => {
    const lines = [
      { type: 'remediation', remediation: aRemediation() },
      { type: 'intent', isUnsettled: true, intent: anIntent() },
      { type: 'end', remediations: 1, intents: 1 },
    ];

    for (const line of lines) expect(parseStateLine(JSON.stringify(line))).toEqual(line);
  });
});
