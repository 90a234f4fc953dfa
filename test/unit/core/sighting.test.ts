import type { InstanceDetail } from '../../../src/core/instance.ts';
import type { Phase } from '../../../src/core/remediation.ts';
import { isBehind, isOvertaken, oldRowState, restartedAtOf, withObservation } from '../../../src/core/sighting.ts';
import type { OldRowState, Sighting } from '../../../src/core/sighting.ts';
import { NOON, aSighting } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';

const SECRETS = { signals: [], initialData: { CSR: 'planted' }, currentStateData: { Passphrase: 'planted' } };

const detail: InstanceDetail = {
  id: '00000000-0000-0000-0000-000000000001',
  status: 'Failed',
  rawStatus: '4',
  statusMessage: 'no',
  definitionId: '00000000-0000-0000-0000-00000000000d',
  definitionName: 'Web Server Enrollment',
  definitionVersion: 3,
  workflowType: 'Enrollment',
  stepName: 'Enroll',
  stepUniqueName: 'Enroll1',
  title: 'CN=web1',
  lastModified: 1000,
  startDate: 900,
  referenceId: 7,
  ...SECRETS,
};

test('a single read leaves neither InitialData nor CurrentStateData in the memory, P11', () => {
  const { signals: _signals, initialData: _initial, currentStateData: _state, ...row } = detail;

  const fresh = withObservation(null, { row: detail, requestedAt: 2000 }, 1);
  const changed = withObservation(fresh, { row: { ...detail, lastModified: 3000 }, requestedAt: 4000 }, 2);

  const own = { firstSeen: 1, firstSeenAt: 2000, isGone: false, print: null };
  expect(fresh).toEqual({ ...row, ...own, seenAt: 2000, changedAt: 2000 });
  expect(changed).toEqual({ ...row, ...own, lastModified: 3000, seenAt: 4000, changedAt: 4000 });
});

test('what a sighting of an older version held beside its row goes with the next change', () => {
  const fresh = withObservation(null, { row: detail, requestedAt: 2000 }, 1);
  if (fresh === null) throw new Error('nothing was seen');
  const leaky = { ...fresh, ...SECRETS };

  const changed = withObservation(leaky, { row: { ...detail, lastModified: 3000 }, requestedAt: 4000 }, 2);

  expect(JSON.stringify(changed)).not.toContain('planted');
});

const at = (requestedAt: number, row: Partial<InstanceDetail> = {}) => ({ row: { ...detail, ...row }, requestedAt });

test.each<readonly [string, number, Partial<InstanceDetail>, object | null]>([
  ['whose request began before the one on record', 1999, { status: 'Complete' }, null],
  ['whose request began at the same moment', 2000, { status: 'Complete' }, null],
  ['whose request began after', 2001, { status: 'Complete' }, { status: 'Complete', seenAt: 2001, changedAt: 2001 }],
  ['that shows the row as it was', 3000, {}, { status: 'Failed', seenAt: 3000, changedAt: 2000 }],
  [
    'that shows the row as it was, in the zone that is known by now',
    3000,
    { lastModified: 3_601_000, startDate: 3_600_900, zoneOffsetMs: 3_600_000 },
    { lastModified: 3_601_000, startDate: 3_600_900, seenAt: 3000, changedAt: 2000 },
  ],
  ['of a later change, in another zone', 3000, { lastModified: 1000, zoneOffsetMs: 900 }, { changedAt: 3000 }],
  ['of a later change', 3000, { lastModified: 1500 }, { status: 'Failed', seenAt: 3000, changedAt: 3000 }],
])('an observation %s', (_title, requestedAt, row, expected) => {
  const known = withObservation(null, at(2000), 1);

  const next = withObservation(known, at(requestedAt, row), 9);

  if (expected === null) expect(next).toBeNull();
  else expect(next).toMatchObject({ ...expected, firstSeen: 1, firstSeenAt: 2000 });
});

test('a row that was gone and is listed again has changed', () => {
  expect(withObservation(aSighting({ isGone: true, seenAt: 2000 }), at(3000), 9)).toMatchObject({
    isGone: false,
    changedAt: 3000,
  });
});

test('what was read of a row stays known when it changes', () => {
  expect(withObservation(aSighting({ print: aPrint(), seenAt: 2000 }), at(3000), 9)?.print).toEqual(aPrint());
});

test('a row that was seen Suspended stays known for it, P12', () => {
  const suspended = withObservation(null, at(2000, { status: 'Suspended' }), 1);
  const running = withObservation(suspended, at(3000, { status: 'Running' }), 9);
  const failed = withObservation(running, at(4000, { status: 'Failed' }), 9);

  expect(suspended).not.toHaveProperty('wasSuspended');
  expect(failed).toMatchObject({ status: 'Failed', wasSuspended: true });
});

test('an integer that this replica has not learned yet means what it meant before', () => {
  const known = withObservation(null, at(2000), 1);

  expect(withObservation(known, at(3000, { status: 'Unknown' }), 9)).toMatchObject({
    status: 'Failed',
    changedAt: 2000,
  });
  expect(withObservation(known, at(3000, { status: 'Unknown', rawStatus: '5' }), 9)?.status).toBe('Unknown');
});

test.each<readonly [string, Partial<Sighting> | null, OldRowState]>([
  ['Failed, as it was', {}, 'still Failed'],
  ['Failed, but changed since', { lastModified: NOON + 1 }, 'touched'],
  ['Failed, and nobody can tell whether it changed', { lastModified: null }, 'touched'],
  ['CanceledForRestart', { status: 'CanceledForRestart' }, 'restarted'],
  ['gone', { isGone: true }, 'gone'],
  ['gone, whatever it was', { isGone: true, status: 'CanceledForRestart' }, 'gone'],
  ['Running', { status: 'Running' }, 'changed'],
  ['Complete', { status: 'Complete' }, 'changed'],
  ['of a status nobody knows', { status: 'Unknown' }, 'unknown'],
  ['never seen', null, 'unknown'],
])('an old row that is %s', (_title, row, expected) => {
  expect(oldRowState(row === null ? null : aSighting(row), { lastModified: NOON })).toBe(expected);
});

test('without any date on record nothing is as it was', () => {
  expect(oldRowState(aSighting({ lastModified: null }), { lastModified: null })).toBe('touched');
});

test.each<readonly [Partial<Sighting>, number | null]>([
  [{ status: 'CanceledForRestart', lastModified: NOON + 5 }, NOON + 5],
  [{ status: 'CanceledForRestart', lastModified: NOON + 5, isGone: true }, null],
  [{ status: 'CanceledForRestart', lastModified: null }, null],
  [{ status: 'Failed' }, null],
  [{ status: 'Complete' }, null],
])('a row %j tells when it was restarted: %p', (row, expected) => {
  expect(restartedAtOf(aSighting(row))).toBe(expected);
});

test.each<readonly [Phase, Partial<Sighting>, boolean]>([
  ['waiting', { status: 'Failed' }, false],
  ['waiting', { status: 'CanceledForRestart' }, true],
  ['waiting', { status: 'Unknown' }, false],
  ['waiting', { status: 'Failed', isGone: true }, true],
  ['verifying', { status: 'Running' }, false],
  ['verifying', { status: 'Failed' }, true],
  ['verifying', { status: 'Complete' }, true],
  ['verifying', { status: 'Running', isGone: true }, true],
  ['handed-over', { status: 'Suspended' }, false],
  ['handed-over', { status: 'Running' }, true],
  ['resolving', { status: 'CanceledForRestart' }, false],
  ['resolving', { status: 'Failed', changedAt: NOON + 1 }, true],
])('a record that is %s may have missed what its row tells: %o %s', (phase, row, expected) => {
  expect(isBehind({ phase, changedAt: NOON }, aSighting({ changedAt: NOON, ...row }))).toBe(expected);
});

test.each<readonly [string, Partial<Parameters<typeof isOvertaken>[0]>, Partial<Sighting>, boolean]>([
  ['people were told, and it left Failed', { alertKey: 'exhausted:1' }, { status: 'Complete' }, true],
  ['people were told, and it is gone', { alertKey: 'exhausted:1' }, { isGone: true }, true],
  ['people were told, and it stands there', { alertKey: 'exhausted:1' }, {}, false],
  ['its row stood there and is restarted since', { isStanding: true }, { status: 'CanceledForRestart' }, true],
  ['its row had been restarted', {}, { status: 'CanceledForRestart' }, false],
  ['its row stood there and is gone', { isStanding: true }, { status: 'CanceledForRestart', isGone: true }, false],
  ['its row stands there', { isStanding: true }, {}, false],
])('an ended one is followed on where %s', (_title, record, row, expected) => {
  expect(isOvertaken({ alertKey: null, move: null, ...record }, aSighting(row))).toBe(expected);
});
