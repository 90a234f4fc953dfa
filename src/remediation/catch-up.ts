import type { Intent } from '../core/intent.ts';
import type { Remediation } from '../core/remediation.ts';
import { applyAction, restarting, searching } from '../core/transition.ts';
import { commitChange } from './commit-action.ts';
import type { RemediationParts } from './parts.ts';

/**
 * The journal knows a restart of the current instance that the record does not: the store went back, and its sender wrote
 * the intent again. The record goes to the search before anything else is asked, also whether it stands behind a later run
 * of the same request: that one may be its own new run, which waits for the search. True: there may be more to do at once.
 */
export async function catchUp(before: Remediation, intent: Intent, parts: RemediationParts): Promise<boolean> {
  if (intent.rootInstanceId !== before.rootInstanceId) {
    const reason = 'the journal has a restart of this instance that the record does not know';
    const action = { type: 'hold', cause: 'restart may have happened', reason } as const;
    return (await commitChange(before, applyAction(before, action, parts.now()), parts)) === null;
  }
  const sent = restarting(before, '', parts.now());
  const after = intent.state === 'open' ? sent : searching(sent, intent, parts.now());
  return (await commitChange(before, after, parts)) === null;
}
