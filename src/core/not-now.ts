import type { Action } from './action.ts';
import type { Time } from './instance.ts';
import type { Policy } from './policy.ts';
import type { Remediation } from './remediation.ts';
import { LOOK_AGAIN_MS, hold } from './waiting-facts.ts';
import type { WaitingFacts } from './waiting-facts.ts';
import { closedHours } from './window.ts';

export function quiet(_remediation: Remediation, { quietUntil, now }: WaitingFacts): Action | null {
  if (quietUntil === null || now >= quietUntil) return null;
  return {
    type: 'wait',
    wait: 'past',
    reason: 'failed before this store began: restarts that were under way get resolve.window to show',
    until: quietUntil,
  };
}

/** Before the gates, so that whoever waits for a person joins that alert and does not ask the door over and over. */
export function claimed(_remediation: Remediation, { claim = null, now }: WaitingFacts, policy: Policy): Action | null {
  if (claim === null) return null;
  const { instanceId, alertKey } = claim;
  const reason = `another restart of the same request is under way (${instanceId})`;
  return { type: 'wait', wait: 'behind', reason, until: now + policy.poll.interval, alertKey };
}

export function backingOff({ backoff }: Remediation, { now }: WaitingFacts): Action | null {
  if (backoff === null || now >= backoff.until) return null;
  return {
    type: 'wait',
    wait: 'back-off',
    reason: `backing off (${backoff.ladder}, step ${backoff.step})`,
    until: backoff.until,
  };
}

export function accessDenied(_remediation: Remediation, { denied, now }: WaitingFacts): Action | null {
  if (denied === null) return null;
  return { type: 'wait', wait: 'access', reason: denied, until: now + LOOK_AGAIN_MS };
}

export function commandShut(_remediation: Remediation, { commandShut: why = null, now }: WaitingFacts): Action | null {
  return why === null ? null : waitForCommand(why, now);
}

/** Nothing is asked of Command for a restart until a sweep has gone well. */
export function waitForCommand(why: string, now: Time): Action {
  return { type: 'wait', wait: 'command', reason: why, until: now + LOOK_AGAIN_MS };
}

export function stopped(_remediation: Remediation, { pause, brake, now }: WaitingFacts): Action | null {
  if (brake !== null) return { type: 'wait', wait: 'brake', reason: `brake: ${brake}`, until: now + LOOK_AGAIN_MS };
  if (pause === null) return null;
  // A pause may be ended before its time.
  const until = Math.min(pause.until ?? Infinity, now + LOOK_AGAIN_MS);
  return { type: 'wait', wait: 'pause', reason: `paused: ${pause.reason}`, until };
}

export function outOfHours(_remediation: Remediation, { ruling, now }: WaitingFacts, policy: Policy): Action | null {
  const closed = closedHours(policy.maintenance, ruling.onlyDuring, now);
  if (closed === null) return null;
  // Another configuration may know of other hours.
  const until = Math.min(closed.until ?? now + LOOK_AGAIN_MS, now + policy.poll.fullScan);
  return { type: 'wait', wait: 'maintenance', reason: closed.reason, until };
}

export function gateShut(remediation: Remediation, { shutGate, isLastAttemptKept }: WaitingFacts): Action | null {
  if (isLastAttemptKept) {
    const held = hold(
      remediation,
      'last attempt kept back',
      'two canaries in a row failed and this is the last attempt: a person decides whether to spend it',
    );
    if (held) return held;
  }
  if (shutGate === null) return null;
  return {
    type: 'park',
    dependency: shutGate.dependency,
    wait: 'dependency',
    reason: shutGate.answer.reason,
    until: shutGate.answer.nextAt,
  };
}

export function observing(_remediation: Remediation, { now }: WaitingFacts, policy: Policy): Action | null {
  if (policy.mode === 'active') return null;
  return {
    type: 'wait',
    wait: 'observe',
    reason: 'observe mode: would restart now',
    until: now + policy.poll.fullScan,
  };
}
