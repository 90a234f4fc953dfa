import { AccessError, TransientError } from '../core/errors.ts';
import type { Time } from '../core/instance.ts';
import type { Remediation } from '../core/remediation.ts';
import { settled } from '../core/transition.ts';
import { reportAccessTrouble } from './access.ts';
import { commitChange } from './commit-action.ts';
import { applyAction } from '../core/transition.ts';
import { unreachable } from './gather-waiting.ts';
import type { RemediationParts } from './parts.ts';

/** The most pages of one title that a proof reads. */
const PAGES = 10;

/**
 * Proves a row that failed before this store's knowledge began: lists the rows of its Title, so that a later run of the
 * same request stands in its way (4.3), and equal rows CanceledForRestart count as attempts (DESIGN.md 4.2).
 */
export async function provePast(before: Remediation, gathered: Remediation, parts: RemediationParts): Promise<boolean> {
  try {
    await listTitle(gathered, parts);
  } catch (error) {
    if (error instanceof AccessError) await reportAccessTrouble('*', error.message, parts);
    else if (!(error instanceof TransientError)) throw error;
    const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : null;
    await commitChange(
      before,
      applyAction(gathered, unreachable(before, error.message, retryAfterMs, parts), parts.now()),
      parts,
    );
    return false;
  }
  const restarted = await earlierRestarts(gathered, parts);
  const attemptsMade = Math.max(gathered.attemptsMade, restarted);
  const text = `proved: no later run of this request${restarted > 0 ? `, ${restarted} earlier restarts counted` : ''}`;
  const after: Remediation = {
    ...gathered,
    past: 'proved',
    attemptsMade,
    wait: 'past',
    reason: 'proved not to have been restarted since',
  };
  return (await commitChange(before, settled(before, after, parts.now(), text), parts)) !== null || true;
}

async function listTitle({ definitionId, title, failure }: Remediation, parts: RemediationParts): Promise<void> {
  const startedSince: Time | undefined = failure?.startDate ?? undefined;
  for (let page = 1; page <= PAGES; page++) {
    const query = {
      definitionId,
      order: 'startDate' as const,
      page,
      ...(title === null ? {} : { title }),
      ...(startedSince === undefined ? {} : { startedSince }),
    };
    const listed = await parts.command.listInstances(query, parts.stopping);
    await parts.sightings.observe(listed.rows.map((row) => ({ row, requestedAt: listed.requestedAt })));
    if (listed.isLast) return;
  }
}

/** Equal rows that were restarted before: they are attempts of this wish. Equal Title stands for equal input here. */
async function earlierRestarts(remediation: Remediation, parts: RemediationParts): Promise<number> {
  const equal = await parts.sightings.withRequestKey(remediation.input?.requestKey ?? '', PAGES);
  return equal.filter(({ id, status }) => id !== remediation.currentInstanceId && status === 'CanceledForRestart')
    .length;
}
