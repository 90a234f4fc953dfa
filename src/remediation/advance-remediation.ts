import type { Phase, Remediation } from '../core/remediation.ts';
import { advanceFollowed } from './advance-followed.ts';
import { advanceResolving } from './advance-resolving.ts';
import { advanceRestarting } from './advance-restarting.ts';
import { advanceVerifying } from './advance-verifying.ts';
import { advanceWaiting } from './advance-waiting.ts';
import type { RemediationParts } from './parts.ts';

/** The most steps one wake-up takes before others get their turn. */
const STEP_LIMIT = 12;

/**
 * Moves one remediation forward as far as it goes now, and leaves its next time in the record. Safe to run twice, late
 * or at the same time as another: each step acts on what the store and Command say at that moment.
 */
export async function advanceRemediation(rootInstanceId: string, parts: RemediationParts): Promise<void> {
  let isSettled = false;
  for (let steps = 0; steps < STEP_LIMIT; steps++) {
    const remediation = await parts.store.load(rootInstanceId);
    if (remediation === null) return;
    const isMoved = await step(remediation, parts);
    if (!isMoved && (isSettled || !(await settleDown(remediation, parts)))) return;
    isSettled = !isMoved;
  }
  await parts.store.wake([rootInstanceId]);
}

const LEFT_TO_EVENTS: ReadonlySet<Phase> = new Set(['held', 'ended', 'handed-over']);

/**
 * One that only an event moves is not looked at again until the next one. True: its wake-up is taken back, and one step
 * more sees what may have woken it meanwhile.
 */
async function settleDown(remediation: Remediation, { store }: RemediationParts): Promise<boolean> {
  const { phase, nextAt } = remediation;
  if (!LEFT_TO_EVENTS.has(phase) || nextAt !== null) return false;
  return (await store.save(remediation, remediation)) !== null;
}

/** One step; true: something changed and there may be more to do at once. */
async function step(remediation: Remediation, parts: RemediationParts): Promise<boolean> {
  switch (remediation.phase) {
    case 'waiting':
      return advanceWaiting(remediation, parts);
    case 'restarting':
      return advanceRestarting(remediation, parts);
    case 'resolving':
      return advanceResolving(remediation, parts);
    case 'verifying':
    case 'handed-over':
      return advanceVerifying(remediation, parts);
    case 'held':
    case 'ended':
      return advanceFollowed(remediation, parts);
  }
}
