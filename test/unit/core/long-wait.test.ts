import { longWaits, waitReasonOf, waitingSince } from '../../../src/core/long-wait.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { NOON, aFailure, aRecord, aRemediation, aSearch, guid } from '../../support/builders.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test.each<readonly [string, Partial<Remediation>, string | null]>([
  ['the wait', { wait: 'maintenance' }, 'maintenance'],
  ['its approvers', { phase: 'handed-over', wait: null }, 'approvers'],
  ['an inconclusive run', { phase: 'verifying', reason: 'inconclusive: the new run has not ended' }, 'inconclusive'],
  ['a run that takes long', { phase: 'verifying', reason: 'the new run is still running' }, 'verdict'],
  ['a successor', { phase: 'resolving' }, 'successor'],
  ['the answer to a restart', { phase: 'restarting' }, 'answer'],
  ['nothing: held has an alert of its own', { phase: 'held' }, null],
  ['nothing: ended', { phase: 'ended' }, null],
])('waits for %s', (_title, changes, expected) => {
  expect(waitReasonOf(aRemediation(changes))).toBe(expected);
});

test.each<readonly [string, Partial<Remediation>, number]>([
  ['the failure, whatever its reason said since', { changedAt: NOON + 5 * HOUR }, NOON],
  ['the latest failure of the lineage', { failure: aFailure({ seenAt: NOON + HOUR }) }, NOON + HOUR],
  [
    'the last time a person had a hand in it',
    { timeline: [{ at: NOON + 2 * HOUR, text: 'released', by: 'eva@pki' }] },
    NOON + 2 * HOUR,
  ],
  ['its hand-over', { phase: 'handed-over', changedAt: NOON + 3 * HOUR }, NOON + 3 * HOUR],
  ['the restart it searches for', { phase: 'resolving', search: aSearch({ startedAt: NOON + HOUR }) }, NOON + HOUR],
  ['the last restart', { phase: 'verifying', lineage: [aRecord({ restartedAt: NOON + HOUR })] }, NOON + HOUR],
])('a wait counts from %s', (_title, changes, expected) => {
  expect(waitingSince(aRemediation(changes))).toBe(expected);
});

test('groups the long ones by reason and room and leaves the short ones out', () => {
  const records = [
    aRemediation({ rootInstanceId: guid(1), wait: 'pause' }),
    aRemediation({ rootInstanceId: guid(2), wait: 'pause', failure: aFailure({ seenAt: NOON + 23 * HOUR }) }),
    aRemediation({ rootInstanceId: guid(3), wait: 'dependency', parkedOn: 'ca' }),
    aRemediation({ rootInstanceId: guid(4), wait: 'pause', failure: aFailure({ seenAt: NOON - HOUR }) }),
    aRemediation({ rootInstanceId: guid(5), wait: 'behind', alertKey: 'held:d:s:ambiguous' }), // told of with that one
  ];

  const waits = longWaits([], records, NOON + DAY, DAY);

  expect(waits).toMatchObject([
    { reason: 'pause', parkedOn: null, count: 2, since: NOON - HOUR, instances: [guid(1), guid(4)] },
    { reason: 'dependency', parkedOn: 'ca', count: 1 },
  ]);
  expect(longWaits(waits, records, NOON + DAY, DAY)[0]?.count).toBe(4);
});
