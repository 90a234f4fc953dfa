import type { InstanceStatus, Time } from './instance.ts';
import type { Confidence } from './lineage.ts';
import type { Input, Search } from './remediation.ts';
import { isAnswered } from './later.ts';
import { latestOf } from './restart-span.ts';
import { isMaybeOfTwin } from './twins.ts';
import type { Twin } from './twins.ts';

/** A row that may be the successor: same definition and type, not the predecessor, not in the before-set. */
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
  /** False: it may be the one, but cannot be linked: the root of another lineage, or gone before anybody could read it. */
  readonly canLink: boolean;
  /** The instance whose unsettled restart may have led to it; null or left out: nobody's. It is left to that search. */
  readonly wantedBy?: string | null;
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
  /**
   * Restarted by others under the eyes of this store: when the look began that first showed it (ours). What that look or
   * a later one showed first was not there before. Left out: nobody watched, or the restart is ours.
   */
  readonly leftSeenAt?: Time | null;
  /** How long new runs stayed unseen on this server after their restart; left out: no longer than a look takes. */
  readonly appearMs?: number;
  /** Other runs of the same request, outside the lineage, that people may have restarted; left out: none. */
  readonly twins?: readonly Twin[];
  /**
   * The old row is gone. `maybe`: a restart is not known to do that here, it may as well have been deleted; `surely`: a
   * restart is known to leave it where it is. Left out: it is there, or a restart took it away.
   */
  readonly isDeleted?: 'maybe' | 'surely';
}

export type SuccessorChoice =
  /** Read these, the likeliest first, then ask again. `alike`: those that were read and may be it. */
  | { readonly type: 'read'; readonly ids: readonly string[]; readonly alike?: readonly string[] }
  /** One candidate; it must stay alone until then (ours), shown by a look begun after. */
  | { readonly type: 'watch'; readonly candidateId: string; readonly until: Time }
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'ambiguous'; readonly ids: readonly string[] }
  /** Equal runs without a proof that they began after the restart: at the end of the window a person decides. */
  | {
      readonly type: 'doubtful';
      readonly ids: readonly string[];
      /** Why they could not be read; left out: they were. */
      readonly unread?: string;
    }
  /** It is the other search's turn to say whose this one is. */
  | { readonly type: 'wanted'; readonly id: string; readonly by: string }
  | { readonly type: 'none-yet' };

export interface Link {
  readonly newInstanceId: string;
  readonly confidence: Confidence;
  readonly evidence: readonly string[];
  /** Keys of InitialData that differ between the two runs (names only). */
  readonly differingKeys: readonly string[];
}

/** The most rows that one look for new runs reads. */
export const READ_LIMIT = 4;

/** Finds the successor among the candidates, on evidence only. Same question, same choice. */
export function chooseSuccessor(question: SuccessorQuestion): SuccessorChoice {
  const free = question.candidates.filter(({ wantedBy = null }) => wantedBy === null);
  const choice = chooseAmong({ ...question, candidates: free });
  if (choice.type !== 'none-yet') return choice;
  const wanted = question.candidates.find(
    (candidate) =>
      isPossible(candidate, question.search) &&
      isMatch(candidate, question) &&
      newnessOf(candidate, question).length > 0,
  );
  return typeof wanted?.wantedBy === 'string' ? { type: 'wanted', id: wanted.id, by: wanted.wantedBy } : choice;
}

function chooseAmong(question: SuccessorQuestion): SuccessorChoice {
  const { search, candidates } = question;
  const possible = candidates.filter((candidate) => candidate.canLink && isPossible(candidate, search));
  const unread = possible.filter((candidate) => candidate.input === null);
  const sameTitleUnread = unread.filter((candidate) => candidate.title === question.title);
  const matching = possible.filter((candidate) => isMatch(candidate, question));
  if (sameTitleUnread.length > 0) {
    const alike = matching.map(({ id }) => id);
    return { type: 'read', ids: idsOf(sameTitleUnread), ...(alike.length > 0 ? { alike } : {}) };
  }
  if (question.input === null) return ofUnreadRow(possible, question);
  // A Title may be rendered from the restarting user: rows with other titles are read only where equal ones gave nothing,
  // and a look begun after the restart had its chance to show one.
  if (matching.length === 0) {
    const hasLooked = question.lookedAt >= search.endedAt + question.settleMs;
    return unread.length > 0 && hasLooked ? { type: 'read', ids: idsOf(unread) } : { type: 'none-yet' };
  }
  const isNew = (candidate: Candidate): boolean => newnessOf(candidate, question).length > 0;
  const [only] = matching.filter(isNew);
  if (only === undefined) return doubtful(matching, search);
  const equals = matching.filter((candidate) => isNew(candidate) || keepsDate(candidate, search));
  if (equals.length > 1) return { type: 'ambiguous', ids: equals.map(({ id }) => id).sort() };
  if (candidates.some((candidate) => isLostChance(candidate, question))) return { type: 'none-yet' };
  if (isOfDeleted(question))
    return isAnswered(only.status) ? { type: 'none-yet' } : { type: 'doubtful', ids: [only.id] };
  if (isMaybeOfTwin(only, question)) return { type: 'doubtful', ids: [only.id] };
  const aloneUntil = Math.max(only.firstSeenAt + question.settleMs, appearedBy(only, question));
  if (question.lookedAt < aloneUntil) return { type: 'watch', candidateId: only.id, until: aloneUntil };
  return { type: 'link', link: linkOf(only, question) };
}

/**
 * The old row was taken away before anybody had read it, so nothing tells its new run from others. A new one of equal Title
 * may be it: were it worked as a root of its own, the attempts would be lost (P5). One that is done needs nobody.
 */
function ofUnreadRow(possible: readonly Candidate[], question: SuccessorQuestion): SuccessorChoice {
  const { search, title } = question;
  const alike = possible.filter((candidate) => candidate.title === title && title !== null);
  const isNew = (candidate: Candidate): boolean =>
    newnessOf(candidate, question).length > 0 || keepsDate(candidate, search);
  return doubtful(
    alike.filter((candidate) => isNew(candidate) && !isAnswered(candidate.status)),
    search,
  );
}

/** Others surely deleted the row: nothing tells that they had restarted it before. A run that is done needs nobody then. */
function isOfDeleted({ search, isDeleted }: SuccessorQuestion): boolean {
  return isDeleted === 'surely' && search.origin === 'external';
}

/**
 * Ours: before this the true new run of a restart may not be shown yet, while an equal request of a person is. Others
 * restarted the row before anybody saw it: one that shows only then is late enough.
 */
function appearedBy({ firstSeenAt }: Candidate, { search, windowMs, appearMs = 0 }: SuccessorQuestion): Time {
  if (search.origin === 'external' && firstSeenAt >= search.startedAt) return 0;
  return search.endedAt + Math.min(appearMs, windowMs);
}

/** What is known to have begun before the restart of others is no answer to what became of it. */
function doubtful(matching: readonly Candidate[], search: Search): SuccessorChoice {
  const open = search.origin === 'external' ? matching.filter((candidate) => !isBefore(candidate, search)) : matching;
  return open.length === 0 ? { type: 'none-yet' } : { type: 'doubtful', ids: open.map(({ id }) => id).sort() };
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

/** It cannot be linked, and nothing tells it from one that can: nobody knows which of them is the new run. */
function isLostChance(candidate: Candidate, question: SuccessorQuestion): boolean {
  const { search, title } = question;
  if (candidate.canLink || !isPossible(candidate, search)) return false;
  const isAlike = candidate.input === null ? candidate.title === title : isMatch(candidate, question);
  return isAlike && (newnessOf(candidate, question).length > 0 || keepsDate(candidate, search));
}

function isMatch(candidate: Candidate, question: SuccessorQuestion): boolean {
  const { input } = candidate;
  if (input === null || question.input === null) return false;
  if (input.fingerprint === question.input.fingerprint || input.requestKey === question.input.requestKey) return true;
  return candidate.title === question.title && sharesCertificate(input, question.input);
}

/** True where both name the same CSR, certificate or serial number. */
export function sharesCertificate(a: Pick<Input, 'certificateKeys'>, b: Pick<Input, 'certificateKeys'>): boolean {
  return a.certificateKeys.some((key) => b.certificateKeys.includes(key));
}

/** Proofs that the run began after the restart, by the server's own numbers or by a complete before-set. */
function newnessOf(candidate: Candidate, { search, leftSeenAt = null }: SuccessorQuestion): readonly string[] {
  if (isBefore(candidate, search)) return [];
  const { startDate } = candidate;
  const { notBefore } = search;
  const proofs: string[] = [];
  if (notBefore !== null && startDate !== null && startDate >= notBefore) proofs.push('notBefore');
  if (search.referenceMark !== null && candidate.referenceId !== null && candidate.referenceId > search.referenceMark) {
    proofs.push('referenceId');
  }
  const isAbsentBefore = leftSeenAt !== null && candidate.firstSeenAt >= leftSeenAt;
  if (search.isMarkComplete || isAbsentBefore) proofs.push('beforeSet');
  return proofs;
}

/**
 * Begun between the two runs, yet before the restart: somebody else's, whatever the other numbers say. (What appeared
 * since the last sweep is in no before-set and above every mark.)
 */
function isBefore({ startDate }: Candidate, search: Search): boolean {
  const { notBefore, oldStartDate } = search;
  if (notBefore === null || startDate === null || startDate === oldStartDate) return false;
  return latestOf(startDate) < notBefore - lagOf(search);
}

/**
 * The clock that dates the rows may be behind. Only where the restart took effect: then its new run shows beside a
 * foreign one that began a moment before, and the two are told apart by a person.
 */
function lagOf({ rowLagMs = 0, took }: Search): number {
  return took === 'accepted' || took === 'left' ? rowLagMs : 0;
}

/** A server may give the new run the old one's StartDate: nothing proves it new, and nothing speaks against it. */
function keepsDate({ startDate }: Candidate, { oldStartDate }: Search): boolean {
  return startDate !== null && startDate === oldStartDate;
}

/**
 * Other runs that turned up within the window and cannot be told apart from the linked one: they are new, and as like the
 * predecessor as the linked one is. `isEqual`: its input is that of the predecessor, as that of every new run here.
 */
export function chooseRivals(
  question: SuccessorQuestion,
  linked: { readonly id: string; readonly isEqual: boolean },
): readonly string[] {
  const { search, input, windowMs } = question;
  const isAsLike = (candidate: Candidate): boolean =>
    linked.isEqual ? candidate.input?.fingerprint === input?.fingerprint : isMatch(candidate, question);
  return question.candidates
    .filter(({ id, input: print, wantedBy = null }) => id !== linked.id && print !== null && wantedBy === null)
    .filter((candidate) => isPossible(candidate, search))
    .filter((candidate) => candidate.firstSeenAt <= search.endedAt + windowMs && isAsLike(candidate))
    .filter((candidate) => newnessOf(candidate, question).length > 0 || keepsDate(candidate, search))
    .map(({ id }) => id)
    .sort();
}

function linkOf(candidate: Candidate, question: SuccessorQuestion): Link {
  const { input } = candidate;
  const own = question.input;
  const isEqual = input !== null && own !== null && input.fingerprint === own.fingerprint;
  const isSameWish = input !== null && own !== null && input.requestKey === own.requestKey;
  const newness = newnessOf(candidate, question);
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
