import type { OldRowFate, Policy } from './policy.ts';

/** The ledger's name for what is known about the fate of old rows. */
export const OLD_ROW = 'old-row';

/** What is known about the fate of a Failed row once it was restarted (DESIGN.md 5). */
export interface OldRowKnowledge {
  readonly fate: OldRowFate;
  readonly evidence: string;
  /** Restarts that ended without a verdict while the fate was being learned. */
  readonly withoutVerdict: number;
  /** Rows of accepted restarts that were gone when somebody looked: a person may have deleted them. */
  readonly gone?: readonly string[];
  /** Those of them that were gone within seconds. */
  readonly goneAtOnce?: readonly string[];
  /** A restarted row was seen to stay, as CanceledForRestart: one that is gone was deleted by somebody. */
  readonly isKept?: true;
}

/** What one old row shows. `gone`: it is not there any more; the server or a person took it away. */
export interface OldRowEvidence {
  readonly shows: 'leaves' | 'stays' | 'gone';
  /** True where it is still there, as CanceledForRestart. */
  readonly isKept?: true;
  /** True where it was gone within seconds of its restart. */
  readonly isAtOnce?: true;
  readonly instanceId: string;
  readonly text: string;
}

/** A Failed row was seen to turn CanceledForRestart. */
export function turnedRow(instanceId: string): OldRowEvidence {
  return { shows: 'leaves', isKept: true, instanceId, text: `Failed row ${instanceId} turned CanceledForRestart` };
}

/** After this many restarts without a verdict work goes on with the fate unknown. */
const LEARNING_LIMIT = 3;

/** So many different rows that are gone are no coincidence, while not one was seen to stay. */
const GONE_LIMIT = 3;
const GONE_AT_ONCE_LIMIT = 2;

/** True while the fate is open: a look at one old row may tell, and without the operator's word restarts go one at a time. */
export function isLearning(known: OldRowKnowledge | null): boolean {
  return known === null || (known.fate === 'unknown' && known.withoutVerdict < LEARNING_LIMIT);
}

/** True where a look at an old row can still tell something new; evidence that contradicts itself is settled by nothing. */
export function isOpenFate(known: OldRowKnowledge | null): boolean {
  return known === null || (known.fate === 'unknown' && !isContrary(known));
}

/** The operator's word, else what was learned; evidence against that word makes it unknown (DESIGN.md 5). */
export function fateOf(
  configured: Policy['oldRow'],
  known: Pick<OldRowKnowledge, 'fate' | 'evidence'> | null,
): OldRowFate {
  const learned = known?.fate ?? 'unknown';
  if (configured === 'auto') return learned;
  const speaksAgainst = known !== null && (learned === 'unknown' ? isContrary(known) : learned !== configured);
  return speaksAgainst ? 'unknown' : configured;
}

/** Takes in evidence; contrary evidence makes the fate unknown. Null: nothing new. */
export function withEvidence(known: OldRowKnowledge | null, evidence: OldRowEvidence): OldRowKnowledge | null {
  const { shows, text, isKept } = evidence;
  if (known !== null && isContrary(known)) return null;
  if (shows === 'gone') return withGone(known, evidence);
  if (known?.fate === shows) return isKept && !known.isKept ? { ...known, isKept } : null;
  const speaksAgainst = known !== null && known.fate !== 'unknown';
  return {
    fate: speaksAgainst ? 'unknown' : shows,
    evidence: speaksAgainst ? `${CONTRARY} ${known.evidence}; ${text}` : text,
    withoutVerdict: speaksAgainst ? LEARNING_LIMIT : (known?.withoutVerdict ?? 0),
    ...(isKept ? { isKept } : {}),
  };
}

/** A row that is gone proves nothing alone; several do. */
function withGone(known: OldRowKnowledge | null, { instanceId, isAtOnce }: OldRowEvidence): OldRowKnowledge | null {
  if (known !== null && known.fate !== 'unknown') return null;
  const before = { gone: known?.gone ?? [], goneAtOnce: known?.goneAtOnce ?? [] };
  const gone = [...new Set([...before.gone, instanceId])];
  const goneAtOnce = isAtOnce ? [...new Set([...before.goneAtOnce, instanceId])] : before.goneAtOnce;
  if (gone.length === before.gone.length && goneAtOnce.length === before.goneAtOnce.length) return null;
  const base = known ?? { fate: 'unknown', evidence: 'nothing seen yet', withoutVerdict: 0 };
  const rows = { ...base, gone, goneAtOnce };
  if (goneAtOnce.length >= GONE_AT_ONCE_LIMIT)
    return { ...rows, fate: 'leaves', evidence: `rows ${goneAtOnce.join(', ')} were gone right after their restarts` };
  if (gone.length >= GONE_LIMIT)
    return { ...rows, fate: 'leaves', evidence: `rows ${gone.join(', ')} were gone when their successors had ended` };
  return rows;
}

/** One more restart ended without a verdict while the fate was being learned. */
export function withoutVerdict(known: OldRowKnowledge | null): OldRowKnowledge {
  const base = known ?? { fate: 'unknown', evidence: 'nothing seen yet', withoutVerdict: 0 };
  return { ...base, withoutVerdict: base.withoutVerdict + 1 };
}

/** Why a person is told that nobody knows what becomes of old rows; null: it is known, or still being learned. */
export function oldRowDoubt(configured: Policy['oldRow'], known: OldRowKnowledge | null): string | null {
  if (known === null || configured === 'unknown' || fateOf(configured, known) !== 'unknown') return null;
  if (isContrary(known)) return known.evidence;
  if (configured !== 'auto') return `command.oldRow says ${configured}, but ${known.evidence}`;
  if (known.withoutVerdict < LEARNING_LIMIT) return null;
  return `${known.withoutVerdict} restarts ended without showing it`;
}

function isContrary({ evidence }: Pick<OldRowKnowledge, 'evidence'>): boolean {
  return evidence.startsWith(CONTRARY);
}

const CONTRARY = 'contrary:';
