import type { Remediation } from '../core/remediation.ts';
import { applyAction } from '../core/transition.ts';
import type { DoorReason } from '../ports/journal.ts';
import { commitChange } from './commit-action.ts';
import type { GatheredWaiting } from './gather-waiting.ts';
import type { RemediationParts } from './parts.ts';

/** What was gathered about one that may go. */
export type Facts = Extract<GatheredWaiting, { type: 'facts' }>;

interface AtDoor {
  readonly waitMs: number;
  readonly parts: RemediationParts;
}

/** The door was shut: wait for what shut it. True: try again at once. */
export async function waitAtDoor(
  before: Remediation,
  gathered: Facts,
  because: DoorReason,
  { waitMs, parts }: AtDoor,
): Promise<boolean> {
  if (isPassing(because)) return true;
  const [gate = ''] = gathered.gates.names;
  const now = parts.now();
  const until = now + Math.max(waitMs, 1000);
  const { remediation } = gathered;
  switch (because) {
    case 'paused':
    case 'brake': {
      const wait = because === 'brake' ? 'brake' : 'pause';
      await commitChange(before, applyAction(remediation, { type: 'wait', wait, reason: because, until }, now), parts);
      return false;
    }
    case 'concurrency':
    case 'rate':
    case 'rate of the CA':
    case 'allowance': {
      const wait = because === 'allowance' ? 'dependency' : 'limits';
      const reason =
        because === 'allowance'
          ? `${gate}: waiting for the verdict of the restarts under way`
          : `waiting for its turn (${because})`;
      await commitChange(
        before,
        applyAction(remediation, { type: 'park', dependency: gate, wait, reason, until: null }, now),
        parts,
      );
      await parts.gates.leave(gathered.gates.names, before.currentInstanceId); // the room kept for it is free again
      return false;
    }
  }
}

/** What was looked at is not as it was: looking again tells what is. */
const PASSING = [
  'record changed',
  'sent before',
  'gate moved',
  'facts are old',
  'same request under way',
  'command',
] as const;

function isPassing(because: DoorReason): because is (typeof PASSING)[number] {
  return PASSING.some((reason) => reason === because);
}
