import type { Decision, DecisionType } from './decision.ts';
import { withSentAgain } from './lineage.ts';
import type { Remediation } from './remediation.ts';
import { TAKEN, change, hasTakenEffect, refuse, underWay } from './ruled.ts';
import type { DecisionFacts, Ruled } from './ruled.ts';
import { settleSuccessor, withoutCandidate } from './settle-successor.ts';
import { isUnsettled } from './unsettled.ts';

/** What a person's decision makes of a remediation. Whatever is released skips only what it was held for (DESIGN.md 6). */
export function decideDecision(remediation: Remediation, decision: Decision, facts: DecisionFacts): Ruled {
  const misuse = misuseOf(decision);
  if (misuse !== null) return refuse(misuse);
  const isSettled = decision.successor !== undefined && decision.sendAgain !== true;
  return isSettled
    ? settleSuccessor(remediation, decision, facts)
    : RULINGS[decision.type](remediation, decision, facts);
}

type Ruling = (remediation: Remediation, decision: Decision, facts: DecisionFacts) => Ruled;

const RULINGS: Readonly<Record<DecisionType, Ruling>> = { retry: sendOn, hold, release: sendOn, ignore };

function misuseOf({ type, sendAgain: isAgain, successor, reason }: Decision): string | null {
  if (reason.trim() === '') return 'a reason is needed';
  if (isAgain && type !== 'retry' && type !== 'release') return `${type} sends nothing again`;
  if (successor !== undefined && type !== 'release') return 'a successor is named with release';
  if (isAgain && successor !== undefined && successor !== 'none')
    return 'an instance that has a new run is not sent again';
  return null;
}

function hold(remediation: Remediation, decision: Decision): Ruled {
  const { phase } = remediation;
  if (phase === 'held') return refuse(`it is held already: ${remediation.reason}`);
  if (phase === 'ended') return refuse(`it has ended: ${remediation.outcome ?? remediation.reason}`);
  if (phase !== 'waiting') return refuse(`${underWay(remediation)}; hold it once that is known`);
  return change(remediation, decision, {
    ...remediation,
    phase: 'held',
    wait: null,
    holdCause: 'by a person',
    reason: `held by ${decision.by}: ${decision.reason}`,
    parkedOn: null,
    nextAt: null,
    isUrgent: false,
  });
}

function ignore(remediation: Remediation, decision: Decision): Ruled {
  const { phase, outcome, search } = remediation;
  const isUnsettledStill = phase === 'resolving' || isUnsettled(remediation);
  if (phase === 'restarting') return refuse(`${underWay(remediation)}; try again in a moment`);
  if (phase === 'ended' && outcome !== 'exhausted' && outcome !== 'refused')
    return refuse(`it has ended: ${outcome ?? remediation.reason}`);
  const after: Remediation = {
    ...remediation,
    phase: 'ended',
    outcome: 'ignored',
    wait: null,
    holdCause: null,
    reason: `ignored by ${decision.by}: ${decision.reason}${isUnsettledStill && search !== null ? IGNORED_UNSETTLED : ''}`,
    parkedOn: null,
    nextAt: null,
    endedAt: decision.at,
    // What may be its new run is not worked as a root of its own: its attempts would be lost (P5).
    search: isUnsettledStill ? search : null,
    backoff: null,
    isUrgent: false,
  };
  return change(remediation, decision, after, search !== null || isUnsettledStill ? 'settle' : 'keep');
}

const IGNORED_UNSETTLED =
  '; which run is the new one of its restart is not known: those that may be it are held if they fail, until "release --successor" says so';

/** `retry` and `release`: back to waiting, due now, as the next canary. */
function sendOn(remediation: Remediation, decision: Decision, facts: DecisionFacts): Ruled {
  if (isUnsettled(remediation, facts.intent)) {
    return decision.sendAgain ? sendAgain(remediation, decision, facts) : refuse(needsSendAgain(remediation));
  }
  const obstacle = decision.type === 'release' ? notReleasable(remediation) : notRetriable(remediation);
  if (obstacle !== null) return refuse(obstacle);
  if (remediation.holdCause === 'deadline') return followOn(remediation, decision);
  // A 4xx is an answer that proves itself: the id may be sent again (P1).
  const isRefused = facts.intent?.state === 'refused' && facts.intent.instanceId === remediation.currentInstanceId;
  return change(remediation, decision, backToWork(remediation, decision), isRefused ? 'mark-not-done' : 'keep');
}

function notReleasable({ phase, outcome, reason }: Remediation): string | null {
  if (phase === 'held') return null;
  if (phase === 'ended') return `it has ended: ${outcome ?? reason}; "retry" works on it again`;
  return `it is not held but ${phase}: ${reason}${phase === 'waiting' ? '; "retry" sends it on' : ''}`;
}

function notRetriable(remediation: Remediation): string | null {
  const { phase, outcome, holdCause, currentInstanceId } = remediation;
  if (holdCause === 'history') return 'it is parked history: "release" or "adopt" takes it into work';
  if (outcome === 'recovered') return `it has recovered: ${currentInstanceId} is Complete, there is nothing to restart`;
  if (phase === 'held' || phase === 'ended' || phase === 'waiting') return null;
  return `${underWay(remediation)}; retry it once that has failed`;
}

/** The record as it goes back to work because a person says so. */
function backToWork(remediation: Remediation, decision: Decision): Remediation {
  const { holdCause, waived, attemptsMade, maxAttempts } = remediation;
  // Where people restarted it more often than the rule allows, one more is counted from there.
  const isGranted = decision.type === 'retry' || decision.sendAgain === true;
  const granted = isGranted ? Math.max(1, attemptsMade + 1 - maxAttempts) : 0;
  const isWaivedNow = holdCause !== null && !waived.includes(holdCause);
  return {
    ...remediation,
    phase: 'waiting',
    outcome: null,
    wait: 'back-off',
    holdCause: null,
    reason: `${decision.type === 'retry' ? 'retried' : 'released'} by ${decision.by}: ${decision.reason}`,
    nextAt: decision.at,
    endedAt: null,
    parkedOn: null,
    backoff: null,
    search: null,
    waived: isWaivedNow ? [...waived, holdCause] : waived,
    isUrgent: true,
    maxAttempts: maxAttempts + granted,
    grantedAttempts: remediation.grantedAttempts + granted,
    // The person's time to decide is not the request's: the deadline counts from the next restart.
    firstRestartAt: null,
    excusedMs: 0,
  };
}

/** A run that is neither Complete nor Failed is not restarted: it is followed on, without the deadline. */
function followOn(remediation: Remediation, decision: Decision): Ruled {
  const { waived } = remediation;
  const after: Remediation = {
    ...remediation,
    phase: 'verifying',
    holdCause: null,
    reason: `inconclusive; followed on, released by ${decision.by}: ${decision.reason}`,
    nextAt: decision.at,
    waived: waived.includes('deadline') ? waived : [...waived, 'deadline'],
  };
  return change(remediation, decision, after);
}

/** The id goes again although a restart may have happened: that person's restart. Its attempt stays counted (P5). */
function sendAgain(remediation: Remediation, decision: Decision, { intent, row }: DecisionFacts): Ruled {
  if (remediation.phase === 'restarting' || intent?.state === 'open')
    return refuse(`${underWay(remediation)}; try again in a moment`);
  if (remediation.phase === 'resolving' && hasTakenEffect(remediation)) return refuse(TAKEN);
  const wanted = remediation.move?.from ?? 'Failed';
  const status = row?.isGone ? 'gone' : (row?.status ?? wanted);
  if (status !== wanted)
    return refuse(
      `the old instance is ${status}, so there is nothing to send again; name its new run or "none" with release --successor`,
    );
  // What was read of it before its restart says nothing about it after.
  const known = withoutCandidate(remediation);
  const lineage = withSentAgain(known.lineage, known.currentInstanceId, decision.at);
  const alone = { ...known, lineage, input: null };
  return change(remediation, decision, backToWork(alone, decision), intent === null ? 'keep' : 'mark-not-done');
}

function needsSendAgain(remediation: Remediation): string {
  return `a restart of it may have happened (${remediation.reason}); look in Command, then say "release --successor ID" or "--successor none", or restart it once more with --send-again`;
}
