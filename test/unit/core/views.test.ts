import { displayJson, displayText } from '../../../src/core/display-text.ts';
import { toExplainView } from '../../../src/core/explain-view.ts';
import { LINEAGE_CSV_HEADER, toLineageCsv } from '../../../src/core/lineage-csv.ts';
import { fromCursor, fromRecordCursor, positionOf, toCursor } from '../../../src/core/list-position.ts';
import { parseSince } from '../../../src/core/since.ts';
import { toStatusView } from '../../../src/core/status-view.ts';
import { optionsFor } from '../../../src/core/what-people-can-do.ts';
import { toLineageView, toRemediationView } from '../../../src/core/views.ts';
import {
  NOON,
  aDependency,
  aPolicy,
  aRecord,
  aRemediation,
  aSearch,
  aSighting,
  anIntent,
  guid,
} from '../../support/builders.ts';

const { health } = aPolicy();
const KEYS = [
  'rootInstanceId',
  'currentInstanceId',
  'referenceId',
  'title',
  'definitionName',
  'instanceIds',
  'phase',
  'outcome',
  'reason',
  'rule',
  'ca',
  'attemptsMade',
  'maxAttempts',
  'nextAt',
  'firstSeenAt',
  'endedAt',
];

describe('a remediation', () => {
  test('has exactly the keys that are promised, in their order', () => {
    const view = toRemediationView(aRemediation());

    expect(Object.keys(view)).toEqual(KEYS);
    expect(view).toMatchObject({
      firstSeenAt: '2026-03-10T12:00:00.000Z',
      nextAt: '2026-03-10T12:00:00.000Z',
      endedAt: null,
    });
  });

  test('shows GUIDs in lower case and never an empty reason or rule', () => {
    const upper = '2F0A6D1E-5B1C-4B7E-9C55-0D6F3B7A9E10';

    const view = toRemediationView(aRemediation({ rootInstanceId: upper, reason: '', rule: '' }));

    expect(view.rootInstanceId).toBe(upper.toLowerCase());
    expect(view.instanceIds).toEqual([upper.toLowerCase()]);
    expect(view.reason).not.toBe('');
    expect(view.rule).not.toBe('');
  });

  test.each([
    [
      'the next test of one that is down',
      { testedAt: NOON - 10_000, lastGoodAt: NOON - 60_000, isDown: true },
      NOON + 20_000,
    ],
    ['now where the first test is due', {}, NOON],
    [
      'the next canary after a failed one',
      { testedAt: NOON, lastGoodAt: NOON, provedAt: NOON + 1, nextCanaryAt: NOON + 300_000 },
      NOON + 300_000,
    ],
    [
      'the next test where only room is missing',
      { testedAt: NOON, lastGoodAt: NOON, provedAt: NOON + 1 },
      NOON + 30_000,
    ],
  ] as const)('parked: its next time is %s', (_title, state, expected) => {
    const parked = aRemediation({ parkedOn: 'CA 1', wait: 'dependency', nextAt: null });

    const view = toRemediationView(parked, { dependency: aDependency(state), now: NOON, policy: health });

    expect(view.nextAt).toBe(new Date(expected).toISOString());
  });

  test('not parked: a gate says nothing about its next time', () => {
    const gate = { dependency: aDependency({ isDown: true }), now: NOON + 5, policy: health };

    expect(toRemediationView(aRemediation({ nextAt: null }), gate).nextAt).toBeNull();
  });
});

describe('a lineage record', () => {
  test('has exactly the keys that are promised, in their order', () => {
    const view = toLineageView(aRecord());

    expect(Object.keys(view)).toEqual(LINEAGE_CSV_HEADER.split(','));
    expect(view).toMatchObject({ restartedAt: '2026-03-10T12:00:00.000Z', resolvedAt: '2026-03-10T12:00:01.000Z' });
  });

  test('as CSV: lists joined by blanks, null empty, quotes doubled, controls visible', () => {
    const record = aRecord({
      title: 'a,"b"\u001b[0m\nc',
      newInstanceId: null,
      resolvedAt: null,
      candidates: [guid(2), guid(3)],
    });

    const line = toLineageCsv(toLineageView(record));

    expect(line).toBe(
      [
        guid(1),
        '',
        guid(1),
        '812',
        '913',
        '1',
        'remediator',
        'exact',
        `${guid(2)} ${guid(3)}`,
        'fingerprint definition notBefore',
        record.definitionId,
        'Web server enrolment',
        String.raw`"a,""b""\x1b[0m\nc"`,
        '2026-03-10T12:00:00.000Z',
        '',
        'Complete',
      ].join(','),
    );
  });
});

describe('explain', () => {
  test('adds lineage, timeline, facts, gate and what people can do', () => {
    const remediation = aRemediation({ parkedOn: 'CA 1', wait: 'dependency', lineage: [aRecord()] });
    const dependency = aDependency({ isDown: true, testedAt: NOON, lastGoodAt: NOON, lastMessage: 'no answer' });

    const view = toExplainView({
      remediation,
      isArchived: false,
      row: aSighting(),
      intent: anIntent(),
      oldRow: aSighting({ isGone: true }),
      gate: { dependency, now: NOON, policy: health, inFlight: 1, waiting: 2 },
    });

    expect(Object.keys(view)).toEqual([
      ...KEYS,
      'isArchived',
      'lineage',
      'timeline',
      'facts',
      'gate',
      'restart',
      'whatPeopleCanDo',
    ]);
    expect(view.gate).toMatchObject({
      state: 'down',
      message: 'no answer',
      nextAt: '2026-03-10T12:00:30.000Z',
      waiting: 2,
    });
    expect(view.restart).toMatchObject({ state: 'accepted', oldRowStatus: 'Deleted' });
    expect(view.timeline[0]).toMatchObject({ at: '2026-03-10T12:00:00.000Z', by: 'remediator' });
  });

  test.each([
    ['waiting', {}, ['retry', 'hold', 'ignore']],
    ['paused', { wait: 'pause' }, ['retry', 'hold', 'ignore', 'resume']],
    ['held', { phase: 'held', holdCause: 'approvals' }, ['release', 'retry', 'ignore']],
    ['not recognised', { phase: 'held', holdCause: 'not recognised' }, ['list', 'release', 'retry', 'ignore']],
    ['history', { phase: 'held', holdCause: 'history' }, ['adopt', 'release', 'ignore']],
    [
      'ambiguous',
      { phase: 'held', holdCause: 'ambiguous', lineage: [aRecord({ candidates: [guid(2), guid(3)] })] },
      ['release', 'release', 'release', 'retry', 'ignore'],
    ],
    ['resolving, taken', { phase: 'resolving', search: aSearch({ took: 'accepted' }) }, ['release', 'ignore']],
    ['resolving, by others', { phase: 'resolving', search: aSearch({ took: 'left', origin: 'external' }) }, ['ignore']],
    [
      'resolving, answer lost',
      { phase: 'resolving', search: aSearch({ took: 'maybe' }) },
      ['release', 'release', 'retry', 'ignore'],
    ],
    ['recovered', { phase: 'ended', outcome: 'recovered' }, []],
    ['exhausted', { phase: 'ended', outcome: 'exhausted' }, ['retry', 'ignore']],
    ['ignored', { phase: 'ended', outcome: 'ignored' }, ['retry']],
    [
      'ignored with its restart unsettled',
      { phase: 'ended', outcome: 'ignored', search: aSearch() },
      ['release', 'release', 'retry'],
    ],
    ['restarting', { phase: 'restarting' }, []],
  ] as const)('%s: names the commands that help', (_title, remediation, verbs) => {
    const commands = optionsFor(aRemediation(remediation)).map(({ command }) => command);

    expect(commands.map((command) => command.split(' ')[1])).toEqual(verbs);
  });

  test.each([
    ['held for another reason', { phase: 'held', holdCause: 'by a person' }, ['release', 'release', 'retry', 'ignore']],
    ['ignored', { phase: 'ended', outcome: 'ignored' }, ['release', 'release', 'retry']],
    ['left Failed, no new run', { phase: 'ended', outcome: 'obsolete' }, ['release']],
  ] as const)('%s while its restart may have happened: names no command that would be refused', (_t, more, verbs) => {
    const remediation = aRemediation(more);
    const intent = anIntent({ state: 'accepted', instanceId: remediation.currentInstanceId });

    const commands = optionsFor(remediation, intent).map(({ command }) => command);

    expect(commands.map((command) => command.split(' ')[1])).toEqual(verbs);
    expect(commands.every((command) => / --(successor|send-again) | ignore /.test(command))).toBe(true);
  });
});

test('the status has all keys that are promised', () => {
  const counts = { phases: { waiting: 1 }, outcomes: { recovered: 2 } } as never;

  const view = toStatusView({
    now: NOON,
    policy: aPolicy(),
    paused: { reason: 'patch night', by: 'ann@desk', since: NOON, until: null },
    brake: null,
    counts,
    dependencies: [
      { dependency: aDependency({ name: 'CA 1', isDown: true, testedAt: NOON }), inFlight: 0, waiting: 3 },
      { dependency: aDependency({ name: 'restart limits', kind: 'limits' }), inFlight: 0, waiting: 1 },
    ],
    lookedAt: NOON,
    replicas: 2,
    alertCounts: new Map([
      ['held:a', 1],
      ['history', 40],
    ]),
    oldRow: { fate: 'leaves', evidence: 'seen' },
  });

  expect(view).toMatchObject({
    mode: 'active',
    paused: { reason: 'patch night', by: 'ann@desk', since: '2026-03-10T12:00:00.000Z', until: null },
    lastSweepAt: '2026-03-10T12:00:00.000Z',
    replicas: 2,
    history: 40,
    causes: [
      { key: 'history', count: 40 },
      { key: 'held:a', count: 1 },
    ],
    oldRow: { fate: 'leaves', evidence: 'seen' },
  });
  expect(view.dependencies).toEqual([expect.objectContaining({ name: 'CA 1', kind: 'ca', state: 'down', waiting: 3 })]);
});

test.each([
  ['auto', { fate: 'leaves', evidence: 'row 1 left' }, { fate: 'leaves', evidence: 'row 1 left' }],
  ['auto', null, { fate: 'unknown', evidence: null }],
  ['leaves', null, { fate: 'leaves', evidence: 'configured (command.oldRow)' }],
  [
    'leaves',
    { fate: 'stays', evidence: 'row 1 stays' },
    { fate: 'unknown', evidence: 'command.oldRow says leaves, but row 1 stays' },
  ],
] as const)('the status tells the fate of old rows and why: command.oldRow %s, seen %j', (configured, oldRow, told) => {
  const counts = { phases: {}, outcomes: {} } as never;
  const none = { paused: null, brake: null, counts, dependencies: [], lookedAt: null, replicas: 1 };

  const view = toStatusView({
    ...none,
    now: NOON,
    policy: aPolicy({ oldRow: configured }),
    alertCounts: new Map(),
    oldRow,
  });

  expect(view.oldRow).toEqual(told);
});

describe('text from Command', () => {
  test.each([
    ['\u001b[31mred\u0007', String.raw`\x1b[31mred\x07`],
    ['two\r\nlines\ttab', String.raw`two\r\nlines\ttab`],
    ['\u009b1A\u202egnp.exe', String.raw`\x9b1A\u202egnp.exe`],
    ['Zürich – 東京 🙂', 'Zürich – 東京 🙂'],
  ])('shows control characters: %j', (raw, shown) => {
    expect(displayText(raw)).toBe(shown);
  });

  test('in JSON is the same value, without a raw control character', () => {
    const value = { title: 'a\u009b\u202e\u001b\u007f\n"' };

    const text = displayJson(value);

    expect(JSON.parse(text)).toEqual(value);
    expect(text).toMatch(/^[ -~]*$/);
  });
});

test.each([
  ['30m', NOON - 1_800_000],
  ['7d', NOON - 7 * 86_400_000],
  ['2026-03-01', Date.parse('2026-03-01T00:00:00Z')],
  ['2026-03-01T10:00', Date.parse('2026-03-01T10:00:00Z')],
  ['2026-03-01T10:00:00+02:00', Date.parse('2026-03-01T08:00:00Z')],
  ['yesterday', null],
  ['7 d', null],
  ['2026-13-01', null],
])('since %s', (text, expected) => {
  expect(parseSince(text, NOON)).toBe(expected);
});

test('a position survives the way through a cursor; anything else is none', () => {
  const position = positionOf(aRemediation());

  expect(fromCursor(toCursor(position))).toEqual(position);
  for (const wrong of ['', 'waiting', 'waiting~x~1', 'nowhere~1~a', 'waiting~1~a b', 'waiting~1~a~b'])
    expect(fromCursor(wrong)).toBeNull();
});

test('a position in the archive is one of all records, and none of the list', () => {
  const position = { ...positionOf(aRemediation()), phase: 'archived' } as const;

  expect(fromRecordCursor(toCursor(position))).toEqual(position);
  expect(fromCursor(toCursor(position))).toBeNull();
});
