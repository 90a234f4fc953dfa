import type { OldRowFate, Policy } from './policy.ts';

/** The ledger's name for what is known about the fate of old rows. */
export const OLD_ROW = 'old-row';

/** What is known about the fate of a Failed row once it was restarted (DESIGN.md 5). */
export interface OldRowKnowledge {
  readonly fate: OldRowFate;
  readonly evidence: string;
  /** Restarts that ended without a verdict while the fate was being learned. */
  readonly withoutVerdict: number;
}

/** After this many restarts without a verdict work goes on with the fate unknown. */
const LEARNING_LIMIT = 3;

/** True while the fate is open: a look at one old row may tell, and without the operator's word restarts go one at a time. */
export function isLearning(known: OldRowKnowledge | null): boolean {
  return known === null || (known.fate === 'unknown' && known.withoutVerdict < LEARNING_LIMIT);
}

/** The operator's word, else what was learned; evidence against that word makes it unknown (DESIGN.md 5). */
export function fateOf(
  configured: Policy['oldRow'],
  known: Pick<OldRowKnowledge, 'fate' | 'evidence'> | null,
): OldRowFate {
  const learned = known?.fate ?? 'unknown';
  if (configured === 'auto') return learned;
  const isContrary =
    known !== null && (learned === 'unknown' ? known.evidence.startsWith(CONTRARY) : learned !== configured);
  return isContrary ? 'unknown' : configured;
}

/** Takes in evidence; contrary evidence makes the fate unknown. Null: nothing new. */
export function withEvidence(
  known: OldRowKnowledge | null,
  fate: 'leaves' | 'stays',
  evidence: string,
): OldRowKnowledge | null {
  if (known?.fate === fate || known?.evidence.startsWith(CONTRARY)) return null;
  const isContrary = known !== null && known.fate !== 'unknown';
  return {
    fate: isContrary ? 'unknown' : fate,
    evidence: isContrary ? `${CONTRARY} ${known.evidence}; ${evidence}` : evidence,
    withoutVerdict: isContrary ? LEARNING_LIMIT : (known?.withoutVerdict ?? 0),
  };
}

const CONTRARY = 'contrary:';
