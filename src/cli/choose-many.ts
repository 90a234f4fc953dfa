import type { DecisionType } from '../core/decision.ts';
import type { ListPosition } from '../core/list-position.ts';
import { positionOf } from '../core/list-position.ts';
import type { Remediation } from '../core/remediation.ts';
import { isUnsettled } from '../core/unsettled.ts';
import type { DecisionFlags } from './decision-command.ts';
import { usageFailure } from './terminal.ts';
import type { StoreContext } from './with-store.ts';

/** Records that one look at the store loads. */
const PAGE = 500;

/** The roots that a bulk decision is for, once a person agreed to their number; none: nothing is to be done. */
export async function chooseMany(
  type: DecisionType,
  flags: DecisionFlags,
  { opened, terminal }: StoreContext,
): Promise<readonly string[]> {
  const roots: string[] = [];
  const leftOut = new Map<string, number>();
  let after: ListPosition | undefined;
  for (;;) {
    const page = await opened.store.list(flags.ca === undefined ? {} : { ca: flags.ca }, PAGE, after);
    for (const remediation of page.filter((one) => isMeant(one, type, flags))) {
      const why = whyLeftOut(remediation, type, flags);
      if (why === null) roots.push(remediation.rootInstanceId);
      else leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = positionOf(last);
  }
  const unique = [...new Set(roots)];
  const others = [...leftOut].map(([why, count]) => `; ${count} left out: ${why}`);
  terminal.writeError(`${type}: ${unique.length} chosen${others.join('')}\n`);
  if (unique.length === 0 || flags.yes) return unique;
  const isAgreed = await terminal.confirm(`${type} ${unique.length}?`);
  if (isAgreed === null) throw usageFailure(`say --yes to ${type} ${unique.length}`);
  return isAgreed ? unique : [];
}

/** What waits for a decision. What is under way, has ended well or was ended by a person is left alone. */
function isMeant(remediation: Remediation, type: DecisionType, flags: DecisionFlags): boolean {
  const { cause, rule } = flags;
  if (cause !== undefined && remediation.alertKey !== cause) return false;
  if (rule !== undefined && remediation.rule.toLowerCase() !== rule.toLowerCase()) return false;
  const { phase, alertKey } = remediation;
  if (phase === 'held') return type !== 'hold';
  if (phase === 'waiting') return type !== 'release';
  if (phase === 'ended') return (type === 'retry' || type === 'ignore') && alertKey !== null;
  return whyLeftOut(remediation, type, flags) !== null; // to be counted
}

/** What is sent only where a person means this very one, or this very reason; null: it is chosen. */
function whyLeftOut(
  remediation: Remediation,
  type: DecisionType,
  { cause }: Pick<DecisionFlags, 'cause'>,
): string | null {
  if (type !== 'retry' && type !== 'release') return null;
  if (isUnsettled(remediation)) return 'a restart of ours may have happened ("explain" shows it)';
  const { holdCause } = remediation;
  const isIssued = holdCause === 'already issued' || holdCause === 'maybe issued';
  return isIssued && cause === undefined ? 'a certificate may exist (sent only by id or --cause)' : null;
}
