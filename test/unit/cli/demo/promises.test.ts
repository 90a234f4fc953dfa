import type { DemoFacts } from '../../../../src/cli/demo/facts.ts';
import { checkPromises } from '../../../../src/cli/demo/promises.ts';
import type { Remediation } from '../../../../src/core/remediation.ts';
import type { Truth } from '../../../../src/simulator/simulator.ts';
import { aRemediation, guid, NOON } from '../../../support/builders.ts';
import { anInstance, aRestart, at, DOWN_KEY, goodFacts, HELD_KEY } from './demo-facts.ts';

const ALL = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P11', 'P12'];

const broken = (facts: DemoFacts): readonly string[] =>
  checkPromises(facts).flatMap(({ promise, ok }) => (ok ? [] : [promise]));

const detailOf = (facts: DemoFacts, promise: string): string =>
  checkPromises(facts).find((check) => check.promise === promise)?.detail ?? '';

function truthWith(change: (truth: Truth) => Partial<Truth>): DemoFacts {
  const facts = goodFacts();
  return { ...facts, truth: { ...facts.truth, ...change(facts.truth) } };
}

function recordWith(root: string, changes: Partial<Remediation>): DemoFacts {
  const facts = goodFacts();
  const records = facts.records.map((one) => (one.rootInstanceId === root ? { ...one, ...changes } : one));
  return { ...facts, records };
}

/** More instances behind the CA, each restarted at its second and known to be Complete or not at another. */
function rampOf(restarts: readonly { seconds: number; knownAt: number }[]): DemoFacts {
  const facts = goodFacts();
  const ids = restarts.map((_, index) => [guid(0x100 + index), guid(0x200 + index)] as const);
  const lines = ids.map(([old, next], index) => ({
    ...aRemediation({ rootInstanceId: old, currentInstanceId: next }),
    lineage: [
      { ...line, oldInstanceId: old, newInstanceId: next, resolvedAt: NOON + (restarts[index]?.knownAt ?? 0) * 1000 },
    ],
  }));
  return {
    ...facts,
    records: lines,
    truth: {
      ...facts.truth,
      instances: ids.flatMap(([old, next]) => [
        anInstance({ id: old, status: 'CanceledForRestart', successorIds: [next] }),
        anInstance({ id: next, predecessorId: old }),
      ]),
      restarts: ids.map(([old, next], index) => aRestart(old, next, restarts[index]?.seconds ?? 0)),
    },
  };
}

const [line] = goodFacts()
  .records.flatMap(({ lineage }) => lineage)
  .slice(0, 1)
  .filter(Boolean) as [Remediation['lineage'][number]];

test('all promises hold where everything was right', () => {
  const checks = checkPromises(goodFacts());

  expect(checks.map(({ promise }) => promise)).toEqual(ALL);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  for (const { title, detail } of checks) expect(`${title}${detail}`).not.toMatch(/undefined|NaN|Infinity/);
});

test.each<[string, string, DemoFacts]>([
  [
    'P1',
    'an instance was restarted twice',
    truthWith(({ restarts }) => ({ restarts: [...restarts, aRestart(guid(4), guid(0x99), 35)] })),
  ],
  ['P2', 'a new run is on no record', recordWith(guid(1), { lineage: [] })],
  [
    'P2',
    'a record names the new run of another one',
    recordWith(guid(1), { lineage: [{ ...line, newInstanceId: guid(0x22) }] }),
  ],
  [
    'P2',
    'a record names no new run although there is one',
    recordWith(guid(1), { lineage: [{ ...line, newInstanceId: null }] }),
  ],
  ['P3', 'a failed instance is on no record', goodFacts({ failedIds: [...goodFacts().failedIds, guid(0x77)] })],
  ['P3', 'a failed instance is still waiting', recordWith(guid(3), { phase: 'waiting', holdCause: null })],
  ['P3', 'a held one does not say why', recordWith(guid(3), { reason: '' })],
  [
    'P4',
    'a recovered one is Failed in truth',
    truthWith(({ instances }) => ({
      instances: instances.map((one) => (one.id === guid(0x11) ? { ...one, status: 'Failed' } : one)),
    })),
  ],
  ['P4', 'a Complete one is called exhausted', recordWith(guid(1), { outcome: 'exhausted' })],
  ['P5', "a person's restart was not counted", recordWith(guid(2), { attemptsMade: 1 })],
  ['P5', 'more attempts are counted than were made', recordWith(guid(1), { attemptsMade: 2 })],
  [
    'P6',
    'one went into the dead CA long after its death',
    truthWith(({ restarts }) => ({
      restarts: [...restarts.filter(({ instanceId }) => instanceId !== guid(1)), aRestart(guid(1), guid(0x11), 15)],
    })),
  ],
  ['P6', 'the CA never died, so nothing was shown', truthWith(() => ({ caHistory: [] }))],
  ['P6', 'nothing went after its return', truthWith(({ restarts }) => ({ restarts: restarts.slice(0, 1) }))],
  [
    'P7',
    'one wish got two certificates',
    truthWith(({ certificates }) => ({ certificates: { ...certificates, byWish: { w1: 2 } } })),
  ],
  ['P8', 'requests came faster than allowed', truthWith(() => ({ requests: { list: 100_000 } }))],
  ['P9', 'a held one was never told', goodFacts({ alerts: goodFacts().alerts.slice(1) })],
  ['P9', 'a cause was told twice', goodFacts({ alerts: [...goodFacts().alerts, { key: HELD_KEY, status: 'firing' }] })],
  [
    'P9',
    "the CA's return was never told",
    goodFacts({ alerts: goodFacts().alerts.filter(({ status }) => status === 'firing') }),
  ],
  [
    'P9',
    "the CA's death was never told",
    goodFacts({ alerts: goodFacts().alerts.filter(({ key, status }) => key !== DOWN_KEY || status !== 'firing') }),
  ],
  ['P9', 'a requester was not told the new id', goodFacts({ recovered: [guid(1)] })],
  ['P10', 'a record has no rule', recordWith(guid(1), { rule: '' })],
  ['P10', 'a record has no timeline', recordWith(guid(1), { timeline: [] })],
  ['P10', 'a lineage record has no evidence', recordWith(guid(1), { lineage: [{ ...line, evidence: [] }] })],
  [
    'P11',
    'a planted secret was found',
    goodFacts({ leaks: { ...goodFacts().leaks, found: [{ where: 'Redis key sightings', planted: 'secret' }] } }),
  ],
  ['P11', 'nobody looked for secrets', goodFacts({ leaks: { planted: ['secret'], looked: {}, found: [] } })],
])('%s is broken where %s', (promise, _title, facts) => {
  expect(broken(facts)).toContain(promise);
});

test('two runs that cannot be told apart are no guess, as long as a person is asked', () => {
  const undecided = {
    phase: 'held',
    outcome: null,
    reason: 'two runs cannot be told apart',
    attemptsMade: 1,
    currentInstanceId: guid(2),
    lineage: [{ ...line, newInstanceId: null, evidence: [], candidates: [guid(0x12), guid(0x22)] }],
  } as const;
  const lines = undecided.lineage.map((one) => ({ ...one, oldInstanceId: guid(2) }));
  const told = goodFacts().recovered.filter((id) => id !== guid(2));

  const asked = recordWith(guid(2), { ...undecided, lineage: lines });
  const silent = recordWith(guid(2), { ...undecided, phase: 'ended', lineage: lines });

  expect(broken({ ...asked, recovered: told })).toEqual([]);
  expect(broken({ ...silent, recovered: told })).toEqual(expect.arrayContaining(['P2', 'P5']));
});

test('approvers asked twice break P12', () => {
  const facts = truthWith(({ instances, restarts }) => ({
    instances: [
      ...instances.map((one) =>
        one.id === guid(0x14) ? { ...one, status: 'CanceledForRestart', successorIds: [guid(0x24)] } : one,
      ),
      anInstance({ id: guid(0x24), predecessorId: guid(0x14), definition: 'VPN', ca: 'other' }),
    ],
    restarts: [...restarts, aRestart(guid(0x14), guid(0x24), 30)],
  }));

  expect(broken(facts)).toContain('P12');
});

test('too many at once break P8', () => {
  const facts = truthWith(({ restarts }) => ({
    restarts: restarts.flatMap((one) =>
      Array.from({ length: 9 }, (_, index) => ({ ...one, endedAt: at(39), at: at(30 + index) })),
    ),
  }));

  expect(detailOf(facts, 'P8')).toMatch(/restarts at once; 8 are allowed/);
});

test('a burst beyond the rate of one CA breaks P8', () => {
  const facts = truthWith(({ restarts }) => ({
    restarts: [0, 0.5].flatMap((seconds) =>
      restarts.slice(1, 2).map((one) => ({ ...one, at: at(25 + seconds), endedAt: at(25.01 + seconds) })),
    ),
  }));

  expect(detailOf(facts, 'P8')).toMatch(/^2 restarts \(ca1.*\) in 0\.5 s at 30 a minute$/);
});

test.each<[string, boolean, { seconds: number; knownAt: number }[]]>([
  [
    'one canary, then two on its completion',
    true,
    [
      { seconds: 21, knownAt: 23 },
      { seconds: 24, knownAt: 26 },
      { seconds: 25, knownAt: 27 },
    ],
  ],
  [
    'two before the canary is known to be Complete',
    false,
    [
      { seconds: 21, knownAt: 23 },
      { seconds: 22, knownAt: 24 },
    ],
  ],
  [
    'three after one completion',
    false,
    [
      { seconds: 21, knownAt: 23 },
      { seconds: 24, knownAt: 28 },
      { seconds: 24.5, knownAt: 28 },
      { seconds: 25, knownAt: 28 },
    ],
  ],
])('the ramp after the return: %s: %s', (_title, isAllowed, restarts) => {
  expect(!broken(rampOf(restarts)).includes('P6')).toBe(isAllowed);
});
