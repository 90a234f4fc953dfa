import { alertKey } from '../core/alert-key.ts';
import { CONDITIONS, withCondition, withoutCondition } from '../core/condition.ts';
import type { Conditions } from '../core/condition.ts';
import type { RestartAnswer } from '../core/restart-answer.ts';
import type { RemediationParts } from './parts.ts';

/** Restarts in a row whose first byte never left, over all replicas. */
interface NotSent {
  readonly count: number;
  /** The remediations that they are of, the latest last. */
  readonly roots: readonly string[];
}

const NOT_SENT = 'not-sent';

/** After so many a person is told (DESIGN.md 4.6). */
const TOLD_AFTER = 3;

/** The most remediations that are kept in mind. */
const ROOTS_LIMIT = 20;

/**
 * Counts restarts that had their intent and were not sent all the same; the next one that is sent ends it, and so does the
 * end of the last of those that wait for theirs.
 */
export async function noteSending(
  root: string,
  answer: RestartAnswer,
  { ledger, now }: Pick<RemediationParts, 'ledger' | 'now'>,
): Promise<void> {
  if (answer.type === 'not-sent' && answer.needsBody) return; // Command answered that one
  if (answer.type !== 'not-sent') {
    const known = await ledger.read<NotSent>(NOT_SENT);
    if (known === null || known.count === 0) return;
    await ledger.update<NotSent>(NOT_SENT, () => ({ count: 0, roots: [] }));
    await ledger.update<Conditions>(CONDITIONS, (raised) =>
      withoutCondition(raised, alertKey('command-away', NOT_SENT)),
    );
    return;
  }
  const known = await ledger.update<NotSent>(NOT_SENT, (latest) => withOneMore(latest, root));
  if (known === null || known.count < TOLD_AFTER) return;
  const summary = `${TOLD_AFTER} restarts in a row were not sent (the last: ${answer.why}), so nothing is restarted though all is ready; see what slows this machine, Redis or the way to Command down: remediator doctor`;
  const { roots } = known;
  const raised = {
    cause: 'command-away',
    per: [NOT_SENT],
    since: now(),
    severity: 'critical',
    summary,
    roots,
  } as const;
  await ledger.update<Conditions>(CONDITIONS, (conditions) => withCondition(conditions, raised));
}

function withOneMore(known: NotSent | null, root: string): NotSent {
  const others = (known?.roots ?? []).filter((one) => one !== root);
  return { count: (known?.count ?? 0) + 1, roots: [...others, root].slice(-ROOTS_LIMIT) };
}
