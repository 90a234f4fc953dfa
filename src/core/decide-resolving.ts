import type { Action } from './action.ts';
import type { SuccessorChoice } from './choose-successor.ts';
import type { Time } from './instance.ts';
import { isProvedNotDone } from './intent.ts';
import type { OldRowFate, Policy } from './policy.ts';
import type { Remediation, Search } from './remediation.ts';
import type { OldRowState } from './sighting.ts';
import { LOOK_AGAIN_MS } from './waiting-facts.ts';
import type { UnreadRun } from './waiting-facts.ts';

export interface ResolvingFacts {
  readonly now: Time;
  readonly oldRow: OldRowState;
  /** Ours: when the read of the old row began that `oldRow` comes from. */
  readonly oldRowReadAt: Time;
  /** The old row's status in Command's words, where it is neither Failed nor restarted. */
  readonly oldStatus: string | null;
  readonly choice: SuccessorChoice;
  /** Ours: when the latest complete look at the server's rows began. */
  readonly lookedAt: Time;
  readonly fate: OldRowFate;
  readonly longestRestartMs: number;
  /** Ours: since when our clock has run steadily; left out: always. */
  readonly steadySince?: Time;
  /** What is known of the answer to our request, which is no word that Command took it; left out: it did, or it is not ours. */
  readonly answer?: string;
  /** Of the candidates that are to be read none could be; this is the likeliest. Left out: nobody tried yet. */
  readonly unread?: UnreadRun;
}

/** Decides what is known about the successor of a restart (DESIGN.md 4.7). */
export function decideResolving(remediation: Remediation, facts: ResolvingFacts, policy: Policy): Action {
  const known = remediation.search;
  if (known === null) return { type: 'follow', reason: 'no search on record' };
  const search = withOldRow(known, facts);
  const back = backAgain(remediation, search, facts) ?? terminalByOthers(search, facts);
  if (back) return back;
  if (isStillStanding(search, facts)) return withoutSuccessor(search, facts, policy);
  switch (facts.choice.type) {
    case 'read':
      return facts.unread === undefined
        ? { type: 'read-candidates', ids: facts.choice.ids }
        : withoutRead(search, facts, { ...facts.choice, unread: facts.unread }, policy);
    case 'link':
      return { type: 'link', link: facts.choice.link };
    case 'watch':
      return searchOn(search, `successor ${facts.choice.candidateId} must stay the only candidate`, facts.choice.until);
    case 'ambiguous':
      return {
        type: 'hold',
        cause: 'ambiguous',
        reason: `two runs cannot be told apart: ${facts.choice.ids.join(', ')}`,
        candidates: facts.choice.ids,
      };
    case 'doubtful':
      return withoutSuccessor(search, facts, policy);
    case 'wanted': {
      if (facts.lookedAt < searchEndOf(search, policy)) return withoutSuccessor(search, facts, policy);
      const { id, by } = facts.choice;
      const reason = `${id} may be its new run, or that of ${by}, whose restart is unresolved`;
      return searchOn(search, reason, facts.now + LOOK_AGAIN_MS);
    }
    case 'none-yet':
      return withoutSuccessor(withMiss(search, facts), facts, policy);
  }
}

/** Remembers a look that had its chance to show the new run, and did not: this server shows it late. */
function withMiss(search: Search, { lookedAt }: ResolvingFacts): Search {
  return lookedAt >= search.endedAt ? { ...search, missedAt: lookedAt } : search;
}

/** A row that was taken for restarted or gone, and is there after all: it is worked or watched as before. */
function backAgain({ lineage, currentInstanceId }: Remediation, search: Search, facts: ResolvingFacts): Action | null {
  const { oldRow, now } = facts;
  const isFailed = oldRow === 'still Failed' || oldRow === 'touched';
  if (search.origin !== 'external' || !(isFailed || oldRow === 'changed')) return null;
  if (lineage.some(({ newInstanceId }) => newInstanceId === currentInstanceId)) {
    const newStatus = isFailed ? 'Failed' : 'Running';
    return { type: 'track', newStatus, phase: 'verifying', reason: 'the new run is there after all', until: now };
  }
  return isFailed
    ? { type: 'wait', wait: 'back-off', reason: 'the instance is there after all, and Failed', until: now }
    : null;
}

/** A row that went on by itself or by other hands to an end needs no successor. */
function terminalByOthers(search: Search, { oldRow, oldStatus }: ResolvingFacts): Action | null {
  if (oldRow !== 'changed' || search.origin !== 'external') return null;
  if (oldStatus === 'Complete')
    return { type: 'end', outcome: 'obsolete', reason: 'the instance completed by other hands', newStatus: 'Complete' };
  if (oldStatus === 'Rejected')
    return {
      type: 'end',
      outcome: 'obsolete',
      reason: 'the instance was rejected by other hands',
      newStatus: 'Rejected',
    };
  return null;
}

/** The old row has left Failed: whatever the answer was, the restart took effect. */
function withOldRow(search: Search, { oldRow }: ResolvingFacts): Search {
  // A Suspended row also goes on by itself, once its approvers act: that proves nothing.
  const hasMovedOn = oldRow === 'changed' && search.from !== 'Suspended';
  const hasLeft = oldRow === 'restarted' || oldRow === 'gone' || hasMovedOn;
  return !hasLeft || search.took === 'accepted' ? search : { ...search, took: 'left' };
}

/**
 * A restart moves the row out of Failed on this server, and nobody knows that this one happened: while the row stands
 * there unchanged, an equal run is somebody else's.
 */
function isStillStanding({ took }: Search, { fate, oldRow, choice }: ResolvingFacts): boolean {
  const isOpen = took === 'maybe' || took === 'refused';
  return fate === 'leaves' && oldRow === 'still Failed' && isOpen && choice.type !== 'read';
}

/**
 * What may be the new run cannot be read. It is tried again until the search is over, and a window longer where the reads
 * merely fail; then a person decides.
 */
function withoutRead(
  search: Search,
  facts: ResolvingFacts,
  {
    ids,
    alike = [],
    unread: { instanceId, why, isForbidden },
  }: Extract<SuccessorChoice, { type: 'read' }> & { readonly unread: UnreadRun },
  policy: Policy,
): Action {
  const triedUntil = searchEndOf(search, policy) + (isForbidden ? 0 : policy.resolve.window);
  const others = alike.length === 0 ? '' : `, as may ${alike.join(', ')}`;
  const reason = `${instanceId} may be its new run${others}, and could not be read: ${why ?? 'not tried yet'}`;
  if (facts.lookedAt < triedUntil) return searchOn(search, reason, nextLookAt(search, facts, policy, triedUntil));
  return conclude(search, { ...facts, choice: { type: 'doubtful', ids: [...alike, ...ids], unread: reason } }, policy);
}

/** Ours: a look begun then or later ends the search. */
function searchEndOf(search: Search, policy: Policy): Time {
  const windowEnd = search.endedAt + policy.resolve.window;
  return hasTaken(search) ? Math.max(windowEnd, search.endedAt + policy.verify.timeout) : windowEnd;
}

function hasTaken({ took, origin }: Search): boolean {
  return took === 'accepted' || (took === 'left' && origin !== 'external');
}

function withoutSuccessor(search: Search, facts: ResolvingFacts, policy: Policy): Action {
  const searchEnd = searchEndOf(search, policy);
  if (
    search.took === 'refused' &&
    facts.fate === 'leaves' &&
    facts.oldRow === 'still Failed' &&
    facts.oldRowReadAt >= search.endedAt
  ) {
    return {
      type: 'end',
      outcome: 'refused',
      reason: 'Command refused the restart; the instance is still Failed and unchanged',
      watchUntil: search.endedAt + policy.resolve.window,
    };
  }
  if (facts.lookedAt < searchEnd) {
    return searchOn(
      search,
      hasTaken(search) ? 'successor not seen yet' : waitReason(search),
      nextLookAt(search, facts, policy, searchEnd),
    );
  }
  return conclude(search, facts, policy);
}

/**
 * The look that is worth waiting for: the first one after the candidate had time to settle, then ever rarer ones, and the
 * one that ends the search. A row that may be the one wakes the search at once, whenever it shows.
 */
function nextLookAt(search: Search, { now, lookedAt }: ResolvingFacts, { resolve }: Policy, searchEnd: Time): Time {
  const first = search.endedAt + resolve.settle;
  if (lookedAt < first) return first;
  return Math.min(searchEnd, now + Math.max(LEAST_PAUSE_MS, (now - search.endedAt) / 2));
}

const LEAST_PAUSE_MS = 1000;

const HAS_LEFT: ReadonlySet<OldRowState> = new Set(['gone', 'restarted', 'changed']);

function conclude(search: Search, facts: ResolvingFacts, policy: Policy): Action {
  if (facts.choice.type === 'doubtful' && !isStillStanding(search, facts)) {
    const { ids, unread } = facts.choice;
    return {
      type: 'hold',
      cause: 'ambiguous',
      reason: unread ?? `nothing proves that ${ids.join(', ')} is the new run of this restart`,
      candidates: ids,
    };
  }
  if (search.origin === 'external' && HAS_LEFT.has(facts.oldRow)) {
    const isGone = facts.oldRow === 'gone';
    return {
      type: 'end',
      outcome: 'obsolete',
      reason: isGone
        ? 'the instance was deleted by other hands'
        : 'the instance left Failed by other hands and no successor was seen',
      ...(isGone ? { newStatus: 'Deleted' as const } : {}),
    };
  }
  if (search.took === 'accepted' || search.took === 'left') {
    return {
      type: 'hold',
      cause: 'successor not found',
      reason: `${whatIsKnown(facts)}; look in Command for the new run`,
    };
  }
  if (search.took === 'refused' && facts.oldRow === 'still Failed') {
    return { type: 'end', outcome: 'refused', reason: 'Command refused the restart and no new run appeared' };
  }
  return withoutProof(search, facts, policy);
}

/** A row that is gone may have been restarted by us or others, or deleted: only an answer that took it tells. */
function whatIsKnown({ oldRow, answer }: ResolvingFacts): string {
  return oldRow === 'gone' && answer !== undefined
    ? `the row is gone, and no new run was found; whether it was restarted or deleted is not known (${answer})`
    : 'the restart took effect, but no successor was found';
}

/** The answer was lost, and no new run was seen: proved not to have happened, or a person's turn. */
function withoutProof(search: Search, facts: ResolvingFacts, policy: Policy): Action {
  const isStillFailedUnchanged = facts.oldRow === 'still Failed';
  const { fate, longestRestartMs, oldRowReadAt, lookedAt, steadySince = 0 } = facts;
  const evidence = {
    search,
    oldRow: fate,
    isStillFailedUnchanged,
    // Both must be late: the read of the row, and the look that showed no new run.
    readBegunAt: Math.min(oldRowReadAt, lookedAt),
    longestRestartMs,
    windowMs: policy.resolve.window,
    steadySince,
  };
  if (isProvedNotDone(evidence))
    return {
      type: 'not-done',
      reason: 'the restart did not happen: the row is still Failed, unchanged, on a server that moves restarted rows',
    };
  if (fate === 'leaves' && (isStillFailedUnchanged || facts.oldRow === 'unknown'))
    return searchOn(
      search,
      'waiting for proof that the restart did not happen',
      Math.max(
        facts.now,
        Math.max(search.endedAt, steadySince) + Math.max(policy.resolve.window, 3 * longestRestartMs),
      ),
    );
  return {
    type: 'hold',
    cause: 'restart may have happened',
    reason:
      'the restart may have happened: its answer was lost and the row proves nothing; look in Command for a new run',
  };
}

function waitReason(search: Search): string {
  if (search.origin === 'external') return 'looking for what became of it';
  return search.took === 'refused'
    ? 'refused; watching whether it took effect all the same'
    : 'the answer was lost; looking for a new run';
}

function searchOn(search: Search, reason: string, until: Time): Action {
  return { type: 'search-on', reason, until, search };
}
