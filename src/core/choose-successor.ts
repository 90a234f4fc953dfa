import type { InstanceStatus, Time } from './instance.ts';
import type { Confidence } from './lineage.ts';
import type { Input, Search } from './remediation.ts';

/** A row that may be the successor: same definition and type, not the predecessor, unclaimed, not in the before-set. */
export interface Candidate {
  readonly id: string;
  readonly status: InstanceStatus;
  readonly title: string | null;
  readonly startDate: Time | null;
  readonly referenceId: number | null;
  /** The sighting number at which it was first seen. */
  readonly firstSeen: number;
  /** Ours: when it was first seen. */
  readonly firstSeenAt: Time;
  /** What its single read told; null: not read yet. */
  readonly input: Pick<Input, 'fingerprint' | 'requestKey' | 'keyHashes' | 'certificateKeys'> | null;
}

export interface SuccessorQuestion {
  readonly search: Search;
  readonly title: string | null;
  /** What was read of the predecessor; null: it was never read (restarted by others before we could). */
  readonly input: Pick<Input, 'fingerprint' | 'requestKey' | 'keyHashes' | 'certificateKeys'> | null;
  readonly candidates: readonly Candidate[];
  /** Ours: when the latest complete look at the server's rows began. */
  readonly lookedAt: Time;
  readonly settleMs: number;
  readonly windowMs: number;
}

export type SuccessorChoice =
  /** Read these, the likeliest first, then ask again. */
  | { readonly type: 'read'; readonly ids: readonly string[] }
  /** One candidate; it must stay alone until then (ours), shown by a look begun after. */
  | { readonly type: 'watch'; readonly candidateId: string; readonly until: Time }
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'ambiguous'; readonly ids: readonly string[] }
  /** Equal runs without a proof that they began after the restart: at the end of the window a person decides. */
  | { readonly type: 'doubtful'; readonly ids: readonly string[] }
  | { readonly type: 'none-yet' };

export interface Link {
  readonly newInstanceId: string;
  readonly confidence: Confidence;
  readonly evidence: readonly string[];
  /** Keys of InitialData that differ between the two runs (names only). */
  readonly differingKeys: readonly string[];
}

/** The most rows that one look reads. */
const READ_LIMIT = 4;

/** Finds the successor among the candidates, on evidence only. Same question, same choice. */
export function chooseSuccessor(question: SuccessorQuestion): SuccessorChoice {
  const { search, candidates } = question;
  const possible = candidates.filter((candidate) => isPossible(candidate, search));
  const unread = possible.filter((candidate) => candidate.input === null);
  const sameTitleUnread = unread.filter((candidate) => candidate.title === question.title);
  if (sameTitleUnread.length > 0) return { type: 'read', ids: idsOf(sameTitleUnread) };

  const matching = possible.filter((candidate) => isMatch(candidate, question));
  // A Title may be rendered from the restarting user: rows with other titles are read only where equal ones gave nothing,
  // and a look begun after the restart had its chance to show one.
  if (matching.length === 0) {
    const hasLooked = question.lookedAt >= search.endedAt + question.settleMs;
    return unread.length > 0 && hasLooked ? { type: 'read', ids: idsOf(unread) } : { type: 'none-yet' };
  }
  const isNew = (candidate: Candidate): boolean => newnessOf(candidate, search).length > 0;
  const [only, second] = matching.filter(isNew);
  if (only === undefined) return { type: 'doubtful', ids: matching.map(({ id }) => id).sort() };
  if (second !== undefined)
    return {
      type: 'ambiguous',
      ids: matching
        .filter(isNew)
        .map(({ id }) => id)
        .sort(),
    };
  const aloneUntil = only.firstSeenAt + question.settleMs;
  if (question.lookedAt < aloneUntil) return { type: 'watch', candidateId: only.id, until: aloneUntil };
  return { type: 'link', link: linkOf(only, question) };
}

function idsOf(candidates: readonly Candidate[]): readonly string[] {
  return [...candidates]
    .sort((a, b) => b.firstSeen - a.firstSeen)
    .slice(0, READ_LIMIT)
    .map(({ id }) => id);
}

function isPossible(candidate: Candidate, search: Search): boolean {
  return candidate.id !== search.predecessorId && candidate.firstSeen > search.mark;
}

function isMatch(candidate: Candidate, question: SuccessorQuestion): boolean {
  const { input } = candidate;
  if (input === null || question.input === null) return false;
  if (input.fingerprint === question.input.fingerprint || input.requestKey === question.input.requestKey) return true;
  return candidate.title === question.title && sharesCertificate(input, question.input);
}

function sharesCertificate(a: Pick<Input, 'certificateKeys'>, b: Pick<Input, 'certificateKeys'>): boolean {
  return a.certificateKeys.some((key) => b.certificateKeys.includes(key));
}

/** Proofs that the run began after the restart, by the server's own numbers or by a complete before-set. */
function newnessOf(candidate: Candidate, search: Search): readonly string[] {
  // Begun between the two runs, yet before the restart: somebody else's, whatever the other numbers say. (What appeared
  // since the last sweep is in no before-set and above every mark.)
  const { startDate } = candidate;
  const { notBefore } = search;
  const isBefore = notBefore !== null && startDate !== null && latestOf(startDate) < notBefore;
  if (isBefore && startDate !== search.oldStartDate) return [];
  const proofs: string[] = [];
  if (notBefore !== null && startDate !== null && startDate >= notBefore) proofs.push('notBefore');
  if (search.referenceMark !== null && candidate.referenceId !== null && candidate.referenceId > search.referenceMark) {
    proofs.push('referenceId');
  }
  if (search.isMarkComplete) proofs.push('beforeSet');
  return proofs;
}

/** A date without a fraction was cut off by the server: the moment may have been up to a second later. */
function latestOf(date: Time): Time {
  return date % 1000 === 0 ? date + 999 : date;
}

/**
 * Other runs that turned up within the window and cannot be told apart from the linked one: they are new, and as like the
 * predecessor as the linked one is.
 */
export function chooseRivals(
  question: SuccessorQuestion,
  linked: { readonly id: string; readonly confidence: Confidence },
): readonly string[] {
  const { search, input, windowMs } = question;
  const isAsLike = (candidate: Candidate): boolean =>
    linked.confidence === 'exact' ? candidate.input?.fingerprint === input?.fingerprint : isMatch(candidate, question);
  return question.candidates
    .filter((candidate) => candidate.id !== linked.id && candidate.input !== null && isPossible(candidate, search))
    .filter((candidate) => candidate.firstSeenAt <= search.endedAt + windowMs && isAsLike(candidate))
    .filter((candidate) => newnessOf(candidate, search).length > 0)
    .map(({ id }) => id)
    .sort();
}

function linkOf(candidate: Candidate, question: SuccessorQuestion): Link {
  const { input } = candidate;
  const own = question.input;
  const isEqual = input !== null && own !== null && input.fingerprint === own.fingerprint;
  const isSameWish = input !== null && own !== null && input.requestKey === own.requestKey;
  const newness = newnessOf(candidate, question.search);
  const evidence = ['definition', ...newness];
  if (isEqual) evidence.unshift('fingerprint');
  else if (isSameWish) evidence.unshift('requestKey');
  else evidence.unshift('certificate');
  if (candidate.title === question.title) evidence.push('title');
  return {
    newInstanceId: candidate.id,
    confidence: isEqual && newness.length > 0 ? 'exact' : 'unique',
    evidence,
    differingKeys: isEqual || input === null || own === null ? [] : differingKeys(own.keyHashes, input.keyHashes),
  };
}

function differingKeys(before: Input['keyHashes'], after: Input['keyHashes']): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => before[key] !== after[key])
    .sort();
}
