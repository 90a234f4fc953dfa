import { alertKeyOf } from './alert-key.ts';
import type { Time } from './instance.ts';
import { mayHaveHappened, searchOf, withLostSender } from './intent.ts';
import type { Intent } from './intent.ts';
import { withEntry } from './remediation.ts';
import type { Remediation, Search } from './remediation.ts';

export interface ImportFacts {
  readonly now: Time;
  /** When the file was written, for people. */
  readonly exportedAt: string;
  /** True where this store makes the same fingerprints as the one the record comes from. */
  readonly isSameKey: boolean;
  /** The journal's word on the current instance, as it now stands in this store. */
  readonly intent: Intent | null;
}

/**
 * An exported record as it comes back (DESIGN.md 4.2, 4.10). Ends and holds stay. What was waiting is of the past and
 * must be proved. What was sent is searched or followed on, with nothing of this store in its before-set, whose sighting
 * numbers are others.
 */
export function toImported(exported: Remediation, facts: ImportFacts): Remediation {
  const back: Remediation = {
    ...exported,
    version: 1,
    input: facts.isSameKey ? exported.input : null,
    search: exported.search === null ? null : withoutMark(exported.search),
    parkedOn: null,
    awaitsLook: false,
    sightingMark: 0,
    excusedSince: null,
    mayBeNewRun: false,
  };
  const after = inPhase(back, facts);
  const told = withEntry(after, facts.now, `imported from the state of ${facts.exportedAt}`);
  return { ...told, alertKey: alertKeyOf(told) };
}

function inPhase(back: Remediation, facts: ImportFacts): Remediation {
  switch (back.phase) {
    case 'ended':
    case 'held':
      return back;
    case 'verifying':
    case 'handed-over':
      return { ...back, nextAt: facts.now };
    case 'restarting':
    case 'resolving':
      return searching(back, facts);
    case 'waiting':
      return { ...back, past: 'unproved', wait: 'past', reason: 'imported: to be proved', nextAt: facts.now };
  }
}

/** A restart is open: its new run is looked for on, where fingerprints can still tell it. */
function searching(back: Remediation, { isSameKey, intent, now }: ImportFacts): Remediation {
  const sent = intent !== null && mayHaveHappened(intent) ? withoutMark(searchOf(intent)) : null;
  const search = back.phase === 'resolving' ? (back.search ?? sent) : sent;
  if (search !== null && isSameKey)
    return {
      ...back,
      phase: 'resolving',
      wait: null,
      search,
      reason: 'imported: looking for the new run',
      nextAt: now,
    };
  const why = isSameKey ? 'its intent is not in the export' : 'made with another fingerprint key';
  return {
    ...back,
    phase: 'held',
    wait: null,
    holdCause: 'restart may have happened',
    reason: `imported while a restart of it was open (${why})`,
    search,
    nextAt: null,
  };
}

function withoutMark(search: Search): Search {
  return { ...search, mark: 0, isMarkComplete: false };
}

/** The intent as it comes back: a sender of another store never finishes it. */
export function toImportedIntent(intent: Intent): Intent {
  const closed = intent.state === 'open' ? withLostSender(intent, intent.openedAt) : intent;
  return { ...closed, mark: 0, isMarkComplete: false };
}

/** True where the store has only seen it fail, and at most held it by itself: an admission after a loss. */
export function isBlank(known: Remediation): boolean {
  return knowledgeIn(known) < 2;
}

/** True where the file knows more of this lineage than the store. */
export function mayReplace(known: Remediation, exported: Remediation): boolean {
  if (isBlank(known)) return knowledgeIn(exported) > knowledgeIn(known);
  return exported.changedAt > known.changedAt;
}

/** 0: that it failed. 1: a reason to hold it, too. 2: restarts, an end, or a person's word. */
function knowledgeIn({ phase, holdCause, timeline, attemptsMade, lineage, search }: Remediation): 0 | 1 | 2 {
  const isDecided = timeline.some(({ by }) => by !== 'remediator');
  if (isDecided || attemptsMade > 0 || lineage.length > 0 || search !== null) return 2;
  if (phase === 'waiting' || (phase === 'held' && holdCause === 'history')) return 0;
  return phase === 'held' ? 1 : 2;
}
