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
  let leftOut = 0;
  let after: ListPosition | undefined;
  for (;;) {
    const page = await opened.store.list(flags.ca === undefined ? {} : { ca: flags.ca }, PAGE, after);
    for (const remediation of page.filter((one) => isMeant(one, type, flags))) {
      if (isLeftOut(remediation, type)) leftOut += 1;
      else roots.push(remediation.rootInstanceId);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = positionOf(last);
  }
  const unique = [...new Set(roots)];
  const others = leftOut === 0 ? '' : `; ${leftOut} left out: a restart of ours may have happened ("explain" shows it)`;
  terminal.writeError(`${type}: ${unique.length} chosen${others}\n`);
  if (unique.length === 0 || flags.yes) return unique;
  const isAgreed = await terminal.confirm(`${type} ${unique.length}?`);
  if (isAgreed === null) throw usageFailure(`say --yes to ${type} ${unique.length}`);
  return isAgreed ? unique : [];
}

/** What waits for a decision. What is under way, has ended well or was ended by a person is left alone. */
function isMeant(remediation: Remediation, type: DecisionType, { cause, rule }: DecisionFlags): boolean {
  if (cause !== undefined && remediation.alertKey !== cause) return false;
  if (rule !== undefined && remediation.rule.toLowerCase() !== rule.toLowerCase()) return false;
  const { phase, alertKey } = remediation;
  if (phase === 'held') return type !== 'hold';
  if (phase === 'waiting') return type !== 'release';
  if (phase === 'ended') return (type === 'retry' || type === 'ignore') && alertKey !== null;
  return isLeftOut(remediation, type); // to be counted
}

/** Such a one is sent again only by its own id. */
function isLeftOut(remediation: Remediation, type: DecisionType): boolean {
  return (type === 'retry' || type === 'release') && isUnsettled(remediation);
}
