import { alertKeyOf } from '../../../src/core/alert-key.ts';
import type { AlertState } from '../../../src/core/alert-state.ts';
import { desiredAlerts } from '../../../src/core/desired-alerts.ts';
import type { AlertFacts, AlertGroup, WaitedFor } from '../../../src/core/desired-alerts.ts';
import type { LongWait } from '../../../src/core/long-wait.ts';
import { HOLD_CAUSES } from '../../../src/core/remediation.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { NOON, aDependency, aFailure, aRemediation, guid } from '../../support/builders.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const POLICY = { groupWait: 30 * SECOND, repeatInterval: 12 * HOUR, waitingLong: DAY };

function someFacts(changes: Partial<AlertFacts> = {}): AlertFacts {
  return {
    now: NOON,
    groups: [],
    dependencies: [],
    caCount: 0,
    longWaits: [],
    conditions: {},
    brake: null,
    known: {},
    ...changes,
  };
}

function aDown(name: string, changes: Partial<WaitedFor> = {}): WaitedFor {
  const dependency = aDependency({
    name,
    isDown: true,
    downSince: NOON - MINUTE,
    testedAt: NOON - SECOND,
    lastGoodAt: NOON - HOUR,
    lastMessage: 'no answer',
  });
  return { dependency, waiting: 5, roots: [guid(1)], ...changes };
}

function aKnown(...keys: readonly string[]): Readonly<Record<string, AlertState>> {
  const state = { severity: 'critical', title: 'it', firstAt: NOON, sentAt: NOON, sentCount: 1, sequence: 1 } as const;
  return Object.fromEntries(keys.map((key) => [key, state]));
}

function aGroup(...records: readonly Remediation[]): AlertGroup {
  const [first = aRemediation()] = records;
  return { key: alertKeyOf(first) ?? '', roots: records.map(({ rootInstanceId }) => rootInstanceId), records };
}

function aWait(changes: Partial<LongWait> = {}): LongWait {
  return {
    reason: 'pause',
    parkedOn: null,
    count: 2,
    since: NOON - 2 * DAY,
    instances: [guid(1), guid(2)],
    sample: 'paused: change freeze',
    ...changes,
  };
}

const keys = (facts: AlertFacts): readonly string[] => desiredAlerts(facts, POLICY).map(({ key }) => key);

test('nothing wrong, nothing said', () => {
  expect(desiredAlerts(someFacts(), POLICY)).toEqual([]);
});

describe('dependencies', () => {
  test('a CA that is down and waited for is one alert, however many wait', () => {
    const [alert, ...others] = desiredAlerts(someFacts({ dependencies: [aDown(String.raw`ca01\Issuing 1`)] }), POLICY);

    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      key: String.raw`dependency-down:ca01\issuing-1`,
      cause: 'dependency-down',
      severity: 'critical',
      count: 5,
      instances: [guid(1)],
      firstAt: NOON - MINUTE,
      isGrowing: false,
    });
    expect(alert?.text?.summary).toContain(
      String.raw`CA ca01\Issuing 1 is down for 1 min (no answer) and 5 instances wait`,
    );
  });

  test.each<readonly [string, Partial<AlertFacts>, readonly string[]]>([
    ['is silent where nobody waits', { dependencies: [aDown('a', { waiting: 0 })] }, []],
    [
      'goes on for a while where the last waiter left',
      { dependencies: [aDown('a', { waiting: 0 })], known: aKnown('dependency-down:a') },
      ['dependency-down:a'],
    ],
    [
      'ends where nobody has waited for long',
      {
        dependencies: [
          { ...aDown('a', { waiting: 0 }), dependency: { ...aDown('a').dependency, testedAt: NOON - HOUR } },
        ],
        known: aKnown('dependency-down:a'),
      },
      [],
    ],
    [
      'names a few one by one',
      { dependencies: [aDown('a'), aDown('b')], caCount: 2 },
      ['dependency-down:a', 'dependency-down:b'],
    ],
    [
      'is one word for most CAs at once',
      { dependencies: [aDown('a'), aDown('b'), aDown('c')], caCount: 4 },
      ['dependency-down:*'],
    ],
    [
      'names three of many one by one',
      { dependencies: [aDown('a'), aDown('b'), aDown('c')], caCount: 6 },
      ['dependency-down:a', 'dependency-down:b', 'dependency-down:c'],
    ],
    [
      'does not say again in other words what was told',
      {
        dependencies: [aDown('a'), aDown('b'), aDown('c'), aDown('d')],
        caCount: 4,
        known: aKnown('dependency-down:a'),
      },
      ['dependency-down:a', 'dependency-down:*'],
    ],
    [
      'stays one word until the last one is back',
      { dependencies: [aDown('c')], caCount: 4, known: aKnown('dependency-down:*') },
      ['dependency-down:*'],
    ],
    [
      'leaves its waiters out of the long waits',
      {
        dependencies: [aDown('a')],
        longWaits: [aWait({ reason: 'dependency', parkedOn: 'a' }), aWait({ reason: 'dependency', parkedOn: 'b' })],
      },
      ['dependency-down:a', 'waiting-long:dependency'],
    ],
    [
      'is no long wait for a while after it is back',
      {
        dependencies: [
          { ...aDown('a'), dependency: { ...aDown('a').dependency, isDown: false, outageTo: NOON - HOUR } },
          { ...aDown('b'), dependency: { ...aDown('b').dependency, isDown: false, outageTo: NOON - 2 * DAY } },
        ],
        longWaits: [aWait({ reason: 'dependency', parkedOn: 'a' }), aWait({ reason: 'limits', parkedOn: 'b' })],
      },
      ['waiting-long:limits'],
    ],
  ])('a dependency that is down %s', (_title, facts, expected) => {
    expect(keys(someFacts(facts))).toEqual(expected);
  });
});

describe('groups', () => {
  test('an exhausted group says what failed, in which step, and how to go on', () => {
    const ended = { phase: 'ended', outcome: 'exhausted', wait: null, endedAt: NOON - MINUTE } as const;
    const reason = 'failed again after 4 of 4 attempts';
    const group = aGroup(
      aRemediation({ ...ended, reason, changedAt: NOON - MINUTE }),
      aRemediation({ ...ended, reason, rootInstanceId: guid(2), changedAt: NOON - HOUR }),
    );

    const [alert] = desiredAlerts(someFacts({ groups: [group] }), POLICY);

    expect(alert).toMatchObject({ cause: 'exhausted', severity: 'warning', count: 2, firstAt: NOON - HOUR });
    expect(alert?.text?.title).toBe('2 instances of "Web server enrolment" exhausted in step "Enroll Certificate"');
    expect(alert?.text?.summary).toContain('The RPC server is unavailable');
    expect(alert?.text?.summary).toContain(`remediator retry --cause ${group.key} --reason TEXT`);
  });

  test.each(HOLD_CAUSES.filter((cause) => cause !== 'history'))('held: %s tells what to look at', (holdCause) => {
    const group = aGroup(aRemediation({ phase: 'held', wait: null, holdCause, reason: 'why' }));

    const [alert] = desiredAlerts(someFacts({ groups: [group] }), POLICY);

    expect(alert?.cause).toBe(holdCause === 'not recognised' ? 'not-recognised' : 'held'); // that one is one per definition
    expect(alert?.text?.title).toContain(holdCause);
    expect(alert?.text?.summary).toMatch(/remediator release (--cause .*|<id> --successor .*) --reason TEXT/);
  });

  test('history is one alert with count, ages and the line that takes it in', () => {
    const held = { phase: 'held', wait: null, holdCause: 'history', reason: 'history: too old' } as const;
    const records = [3 * HOUR, 40 * DAY].map((age, index) =>
      aRemediation({ ...held, rootInstanceId: guid(index), failure: aFailure({ lastModified: NOON - age }) }),
    );

    const [alert] = desiredAlerts(someFacts({ groups: [aGroup(...records)] }), POLICY);

    expect(alert).toMatchObject({ key: 'history', cause: 'history', count: 2, isGrowing: false });
    expect(alert?.text?.summary).toContain('3 h to 40 d old');
    expect(alert?.text?.summary).toContain('remediator adopt --since 40d --limit 50');
  });

  test('names at most 20 instances and counts all', () => {
    const roots = Array.from({ length: 5000 }, (_empty, index) => guid(index));
    const [alert] = desiredAlerts(someFacts({ groups: [{ key: 'held:d:s:x', roots, records: null }] }), POLICY);

    expect(alert).toMatchObject({ count: 5000, text: null });
    expect(alert?.instances).toHaveLength(20);
  });

  test('shows control characters of Command instead of passing them on', () => {
    const failure = aFailure({ step: 'Enroll\u001b[31m', message: 'no\r\nanswer' });
    const record = aRemediation({ phase: 'ended', outcome: 'refused', reason: 'no', wait: null, failure });

    const [alert] = desiredAlerts(someFacts({ groups: [aGroup(record)] }), POLICY);

    expect(alert?.text?.summary).not.toMatch(/\p{Cc}/u);
  });
});

describe('long waits', () => {
  test('one alert a reason, over all rooms', () => {
    const longWaits = [
      aWait({ reason: 'dependency', parkedOn: 'a', count: 2 }),
      aWait({ reason: 'dependency', parkedOn: 'b', count: 3, since: NOON - 3 * DAY }),
      aWait({ reason: 'pause' }),
    ];

    const alerts = desiredAlerts(someFacts({ longWaits }), POLICY);

    expect(alerts).toMatchObject([
      { key: 'waiting-long:dependency', count: 5, firstAt: NOON - 3 * DAY },
      { key: 'waiting-long:pause', count: 2 },
    ]);
    expect(alerts[1]?.text?.summary).toContain('remediator resume');
  });
});

describe('conditions', () => {
  test('a condition is an alert until it ends', () => {
    const summary = 'Command denies us (401): nothing is restarted; correct the password, then: remediator doctor';
    const conditions = { access: { cause: 'access', since: NOON - HOUR, summary, severity: 'critical' } } as const;

    expect(desiredAlerts(someFacts({ conditions }), POLICY)).toMatchObject([
      {
        key: 'access',
        cause: 'access',
        severity: 'critical',
        firstAt: NOON - HOUR,
        count: 1,
        text: { title: 'Command denies us (401): nothing is restarted', summary },
      },
    ]);
  });

  test('the brake is told at once', () => {
    const [alert] = desiredAlerts(someFacts({ brake: 'one successor claimed twice' }), POLICY);

    expect(alert).toMatchObject({ key: 'brake', severity: 'critical', firstAt: NOON - POLICY.groupWait });
  });

  test('one alert where a condition and a group have one key', () => {
    const conditions = {
      'not-recognised:d': { cause: 'not-recognised', since: NOON, summary: 'x', severity: 'warning' },
    } as const;
    const groups = [{ key: 'not-recognised:d', roots: [guid(1)], records: [] }];

    expect(keys(someFacts({ conditions, groups }))).toEqual(['not-recognised:d']);
  });
});
