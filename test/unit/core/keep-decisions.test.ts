import { withDecisionsOf } from '../../../src/core/keep-decisions.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { NOON, aRecord, aRemediation, aSearch, guid } from '../../support/builders.ts';

const LATER = NOON + 60_000;
const LINKED: Partial<Remediation> = {
  phase: 'verifying',
  wait: null,
  nextAt: LATER,
  currentInstanceId: guid(7),
  instanceIds: [guid(1), guid(7)],
  search: aSearch(),
  lineage: [aRecord({ newInstanceId: guid(7), newStatus: null })],
  timeline: [{ at: LATER, text: 'verifying: successor found', by: 'remediator' }],
};

function merged(younger: Partial<Remediation>): Remediation {
  const timeline = [
    { at: NOON, text: 'waiting: new failure', by: 'remediator' },
    { at: NOON + 1, text: 'hold: ask the owner', by: 'eva@pki' },
  ];
  return withDecisionsOf(aRemediation({ timeline, ...younger }), aRemediation(LINKED), LATER);
}

test('what a person held stays held once it proves to be a new run', () => {
  expect(merged({ phase: 'held', holdCause: 'by a person', reason: 'held by eva@pki' })).toMatchObject({
    phase: 'held',
    holdCause: 'by a person',
    reason: 'held by eva@pki',
    nextAt: null,
    search: null,
    alertKey: expect.stringContaining('held:') as unknown,
    lineage: [{ newInstanceId: guid(7), newStatus: 'Failed' }],
  });
});

test('what a person ignored ends the lineage', () => {
  expect(merged({ phase: 'ended', outcome: 'ignored', reason: 'ignored by eva@pki' })).toMatchObject({
    phase: 'ended',
    outcome: 'ignored',
    reason: 'ignored by eva@pki',
    endedAt: LATER,
  });
});

test('what people said stays on record, and what they granted granted', () => {
  const after = merged({ phase: 'waiting', grantedAttempts: 1 });

  expect(after).toMatchObject({ phase: 'verifying', maxAttempts: 5, grantedAttempts: 1 });
  expect(after.timeline.map(({ text }) => text)).toEqual(['hold: ask the owner', 'verifying: successor found']);
});

test('where nobody had said anything nothing changes', () => {
  const linked = aRemediation(LINKED);

  expect(withDecisionsOf(aRemediation({ phase: 'held', holdCause: 'by a rule' }), linked, LATER)).toBe(linked);
});
