import type { Decision } from './decision.ts';
import { searchOf } from './intent.ts';
import { recordOf } from './lineage.ts';
import { withCounted } from './record-change.ts';
import { withEntry } from './remediation.ts';
import type { Remediation } from './remediation.ts';
import { TAKEN, change, decisionText, hasTakenEffect, refuse, underWay } from './ruled.ts';
import type { DecisionFacts, Ruled, SuccessorFacts } from './ruled.ts';
import { linked } from './transition.ts';
import { isIgnoredUnsettled, isUnsettled } from './unsettled.ts';

/** `release --successor ID|none`: a person says what became of an ambiguous or unknown restart (DESIGN.md 6). */
export function settleSuccessor(remediation: Remediation, decision: Decision, facts: DecisionFacts): Ruled {
  const { phase } = remediation;
  if (phase === 'restarting' || facts.intent?.state === 'open')
    return refuse(`${underWay({ ...remediation, phase: 'restarting' })}; try again in a moment`);
  if (phase !== 'resolving' && !isUnsettled(remediation, facts.intent) && !isIgnoredUnsettled(remediation))
    return refuse(`no restart of it is open to settle: it is ${remediation.outcome ?? phase}`);
  if (facts.successor === null)
    return isTaken(remediation) ? refuse(TAKEN) : settleWithout(remediation, decision, facts);
  const obstacle = notLinkable(remediation, facts.successor);
  return obstacle === null ? link(remediation, decision, facts, facts.successor) : refuse(obstacle);
}

/** Command took our restart and the search goes on: were its new run worked alone, the attempts would be lost (P5). */
function isTaken(remediation: Remediation): boolean {
  const { phase, search } = remediation;
  return phase === 'resolving' && search?.origin !== 'external' && hasTakenEffect(remediation);
}

/** There is no new run. What is ignored stays so, what has left Failed is over; else it stays held: it may have been sent. */
function settleWithout(remediation: Remediation, decision: Decision, { row }: DecisionFacts): Ruled {
  const alone = withoutCandidate(remediation);
  const oldId = alone.currentInstanceId;
  const restart = recordOf(alone.lineage, oldId);
  const lineage = alone.lineage.map((record) =>
    record === restart && record.newInstanceId === null
      ? { ...record, confidence: 'none' as const, candidates: [], evidence: ['person'], resolvedAt: decision.at }
      : record,
  );
  const settled = { ...alone, lineage, wait: null, parkedOn: null, nextAt: null, search: null, backoff: null };
  const says = `no new run, says ${decision.by}: ${decision.reason}`;
  if (remediation.phase === 'ended')
    return change(
      remediation,
      decision,
      { ...settled, reason: `${remediation.outcome ?? 'ended'}; ${says}` },
      'settle',
    );
  const hasLeft = row !== null && (row.isGone || row.status !== 'Failed');
  if (hasLeft) {
    const reason = `left Failed; ${says}`;
    const end = { phase: 'ended', outcome: 'obsolete', holdCause: null, reason, endedAt: decision.at } as const;
    return change(remediation, decision, { ...settled, ...end }, 'settle');
  }
  const reason = `${says}; it is sent again only with --send-again`;
  const held = { phase: 'held', holdCause: 'restart may have happened', reason } as const;
  return change(remediation, decision, { ...settled, ...held }, 'settle');
}

function notLinkable(remediation: Remediation, { id, row, owner }: SuccessorFacts): string | null {
  if (withoutCandidate(remediation).instanceIds.includes(id)) return `${id} is an old instance of this lineage`;
  if (row === null) return `${id} was never seen in Command; a new row shows after the next sweep`;
  if (row.definitionId !== remediation.definitionId) return `${id} is a run of another definition`;
  if (owner === null || owner.rootInstanceId === remediation.rootInstanceId) return null;
  const isUntouched = owner.rootInstanceId === id && owner.lineage.length === 0;
  if (isUntouched && owner.phase !== 'restarting') return null;
  return `${id} belongs to the lineage of ${owner.rootInstanceId}, which was restarted itself`;
}

function link(
  remediation: Remediation,
  decision: Decision,
  { intent }: DecisionFacts,
  { id, row, owner }: SuccessorFacts,
): Ruled {
  const alone = withoutCandidate(remediation);
  const search = alone.search ?? (intent === null ? null : searchOf(intent));
  const open = { ...alone, search, parkedOn: null, outcome: null, endedAt: null };
  const told = withEntry(open, decision.at, decisionText(decision), decision.by);
  const found = { newInstanceId: id, confidence: 'unique', evidence: ['person'], row } as const;
  // Without the search no rival is looked for: the person has decided.
  const merged = owner !== null && owner.rootInstanceId !== remediation.rootInstanceId ? owner : null;
  const after: Remediation = { ...withCounted(linked(told, found, decision.at), merged), search: null };
  return { type: 'change', remediation: after, journal: 'settle', merged };
}

/** The record as before its successor was linked, where a second candidate made that link doubtful. */
export function withoutCandidate(remediation: Remediation): Remediation {
  const { search, currentInstanceId, lineage } = remediation;
  if (search === null || search.predecessorId === currentInstanceId) return remediation;
  const record = recordOf(lineage, search.predecessorId);
  return {
    ...remediation,
    currentInstanceId: search.predecessorId,
    currentReferenceId: record?.oldReferenceId ?? null,
    instanceIds: remediation.instanceIds.filter((id) => id !== currentInstanceId),
    // Linking counts a restart by others once more.
    attemptsMade: remediation.attemptsMade - (search.origin === 'external' ? 1 : 0),
    lineage: lineage.map((known) =>
      known === record ? { ...known, newInstanceId: null, newReferenceId: null, newStatus: null } : known,
    ),
  };
}
