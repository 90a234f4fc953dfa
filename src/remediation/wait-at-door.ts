import type { Remediation } from '../core/remediation.ts';
import { applyAction, restarting, searching } from '../core/transition.ts';
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
    case 'sent before':
      return holdAsSent(before, remediation, parts);
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
const PASSING = ['record changed', 'gate moved', 'facts are old', 'same request under way', 'command'] as const;

function isPassing(because: DoorReason): because is (typeof PASSING)[number] {
  return PASSING.some((reason) => reason === because);
}

/** The journal knows a restart of this id that the record does not: never again on our own. */
async function holdAsSent(before: Remediation, remediation: Remediation, parts: RemediationParts): Promise<boolean> {
  const intent = await parts.journal.load(before.currentInstanceId);
  if (intent === null) return false;
  if (intent.rootInstanceId !== before.rootInstanceId) {
    const reason = 'the journal has a restart of this instance that the record does not know';
    await commitChange(
      before,
      applyAction(remediation, { type: 'hold', cause: 'restart may have happened', reason }, parts.now()),
      parts,
    );
    return false;
  }
  // The store went back and its sender wrote the intent again: the record catches up with it.
  const sent = restarting(remediation, '', parts.now());
  const after = intent.state === 'open' ? sent : searching(sent, intent, parts.now());
  return (await commitChange(before, after, parts)) === null;
}
