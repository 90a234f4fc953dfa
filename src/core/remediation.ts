import type { Time } from './instance.ts';
import type { LineageRecord } from './lineage.ts';

export const PHASES = ['waiting', 'restarting', 'resolving', 'verifying', 'held', 'handed-over', 'ended'] as const;
export type Phase = (typeof PHASES)[number];

export const OUTCOMES = ['recovered', 'obsolete', 'refused', 'exhausted', 'ignored'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why a person must decide; each is waived once by `release`. */
export const HOLD_CAUSES = [
  'already issued',
  'maybe issued',
  'history',
  'ambiguous',
  'successor not found',
  'restart may have happened',
  'not recognised',
  'server refuses',
  'not readable',
  'approvals',
  'definition changed',
  'last attempt kept back',
  'by a person',
  'by a rule',
  'outgrown',
  'deadline',
  'sibling unresolved',
] as const;
export type HoldCause = (typeof HOLD_CAUSES)[number];

/** What a waiting one waits for. */
export const WAITS = [
  'back-off',
  'dependency',
  'limits',
  'maintenance',
  'pause',
  'brake',
  'observe',
  'behind',
  'new run',
  'proof',
  'access',
  'command',
  'status unknown',
  'past',
] as const;
export type Wait = (typeof WAITS)[number];

/** The failure that is being worked on: the newest Failed instance of the lineage as it was last seen. */
export interface Failure {
  readonly instanceId: string;
  /** Ours: when this failure was first seen. */
  readonly seenAt: Time;
  /** Server time of the last change. */
  readonly lastModified: Time | null;
  /** What was added to dates without a zone to get it; left out: nothing, or it was not noted. */
  readonly zoneOffsetMs?: number;
  readonly startDate: Time | null;
  readonly step: string;
  readonly stepUniqueName: string | null;
  readonly message: string;
  readonly definitionVersion: number | null;
}

/** What one single read told, reduced to what decisions need: no secret, only keyed hashes (P11). */
export interface Input {
  readonly instanceId: string;
  readonly readAt: Time;
  /** The row's LastModified at that read: a change makes the reading stale. */
  readonly lastModified: Time | null;
  readonly fingerprint: string;
  readonly requestKey: string;
  /** Keyed hash per key of InitialData, to name the keys (never values) that differ between two runs. */
  readonly keyHashes: Readonly<Record<string, string>>;
  /** Keyed hashes of CSR, certificate id and serial number, where present: the weaker proof of "unique". */
  readonly certificateKeys: readonly string[];
  readonly ca: string | null;
  readonly template: string | null;
  /** Names of the keys that show that the CA already took the request; empty: none. */
  readonly issuedEvidence: readonly string[];
  /** True where a signal was received: approvers already acted. */
  readonly hasApproval: boolean;
}

export interface TimelineEntry {
  readonly at: Time;
  readonly text: string;
  /** Who: `remediator`, or a person as `user@host`. */
  readonly by: string;
}

/** A wait of one of the two ladders; the drawn delay is stored, so a crash does not draw again (DESIGN.md 4.10). */
export interface Backoff {
  readonly ladder: 'failed' | 'unreachable';
  /** Rungs climbed, from 1. */
  readonly step: number;
  readonly until: Time;
}

/** A person's wish to run an instance on another version of its definition (DESIGN.md 6, move-version). */
export interface Move {
  readonly version: number;
  /** The status that it is restarted from; in any other the wish is void. */
  readonly from: 'Suspended' | 'Failed';
}

/** The search for the successor of one restart, ours or other people's (DESIGN.md 4.7). */
export interface Search {
  readonly predecessorId: string;
  readonly attempt: number;
  readonly origin: 'remediator' | 'external' | 'move';
  /** The predecessor's status before its restart; left out: Failed. */
  readonly from?: 'Suspended' | 'Failed';
  /** `accepted`: a 204. `left`: the old row left Failed. `maybe`: the answer is unknown. `refused`: a 4xx that proves nothing. */
  readonly took: 'accepted' | 'left' | 'maybe' | 'refused';
  /** Rows first seen at or before this sighting number are in the before-set. */
  readonly mark: number;
  /** True where the stretch behind the mark was watched or proved: absence from it is a proof of newness. */
  readonly isMarkComplete: boolean;
  /** Largest ReferenceId known before the restart. */
  readonly referenceMark: number | null;
  /** Server time before which the successor cannot have started; null: unknown. */
  readonly notBefore: Time | null;
  /** How much earlier rows may date it, by a clock of their own; left out: not at all. */
  readonly rowLagMs?: number;
  /** The predecessor's StartDate: a server may keep it. */
  readonly oldStartDate: Time | null;
  /** The predecessor's LastModified while it was Failed. */
  readonly lastModified: Time | null;
  /** Ours. */
  readonly startedAt: Time;
  /** Ours: when the request ended, or the sender's last heartbeat. The window counts from here. */
  readonly endedAt: Time;
  /** Ours: the latest complete look, begun after the request had ended, that showed no new run; left out: none yet. */
  readonly missedAt?: Time;
  /** Ours: the old row was still there as it failed, so that what had been seen by then is not its new run; left out: no. */
  readonly stoodAt?: Time;
}

/**
 * The whole story of one lineage. Stored as one document; every save raises `version`, which begins with the time of its
 * admission (ours), so that no two records of one root ever share one.
 */
export interface Remediation {
  readonly version: number;
  readonly rootInstanceId: string;
  readonly currentInstanceId: string;
  readonly instanceIds: readonly string[];
  /** The root's. */
  readonly referenceId: number | null;
  readonly currentReferenceId: number | null;
  readonly title: string | null;
  readonly definitionId: string;
  readonly definitionName: string | null;
  readonly workflowType: string;

  readonly phase: Phase;
  readonly outcome: Outcome | null;
  readonly reason: string;
  readonly rule: string;
  /** Set while waiting. */
  readonly wait: Wait | null;
  /** Set while held. */
  readonly holdCause: HoldCause | null;
  /** Ended while its row still stood there Failed: a later run of its request was answered. */
  readonly isStanding?: boolean;
  /** The alert this one belongs to, as its key; null: none. */
  readonly alertKey: string | null;

  readonly ca: string | null;
  readonly attemptsMade: number;
  readonly maxAttempts: number;
  /** Attempts that people granted on top of the rule's. */
  readonly grantedAttempts: number;
  /** While a search waits: a look at the server's rows begun at or after `nextAt` moves it on, not the clock. */
  readonly awaitsLook: boolean;
  /** When the next step is due (ours); null: only an event or a person moves it. */
  readonly nextAt: Time | null;
  readonly firstSeenAt: Time;
  readonly changedAt: Time;
  /** Ours: when it last came back from where no full scan looks after it (held, ended); left out: it was never there. */
  readonly openSince?: Time;
  readonly endedAt: Time | null;
  /** It has recovered, and those who asked to hear of it may not have heard yet; left out: they have, or nobody asked. */
  readonly isUntold?: boolean;

  readonly failure: Failure | null;
  /** The next restart moves the current instance to that version; until its new run is known. */
  readonly move?: Move | null;
  readonly input: Input | null;
  readonly search: Search | null;
  readonly backoff: Backoff | null;
  /** Dependencies this one is parked on; the first is the room it waits in. */
  readonly parkedOn: string | null;
  /**
   * Failed before this store's knowledge began: must be proved before its restart (DESIGN.md 4.2). `begun`: only its run
   * began before, which may be a restart itself: what can be seen of that is counted first.
   */
  readonly past: 'no' | 'begun' | 'unproved' | 'proved';
  /** Ours: when it was proved; a proof of before the store began (again) is void. */
  readonly provedAt?: Time;
  readonly waived: readonly HoldCause[];
  /** First seen while a restart was open whose new run it may be; cleared once it is known not to be. */
  readonly mayBeNewRun: boolean;
  /** A person sent it on: it goes as the next canary, without the window. */
  readonly isUrgent: boolean;
  /** This server wants a body on Restart (a 411 or 415 was seen). */
  readonly needsBody: boolean;
  /** An approval was given in this lineage (a received signal, or a run seen Suspended). */
  readonly isApproved: boolean;
  /** Restarts made although an approval had been given. */
  readonly approvalRestarts: number;
  /** Ours: the first restart; the deadline counts from here. */
  readonly firstRestartAt: Time | null;
  /** Time since then spent waiting for a dependency or an approver: not counted by the deadline. */
  readonly excusedMs: number;
  /** Since when the present wait is excused; null: it is not. */
  readonly excusedSince: Time | null;

  /** The sighting number of the current instance: its successors were first seen later. */
  readonly sightingMark: number;

  readonly lineage: readonly LineageRecord[];
  readonly timeline: readonly TimelineEntry[];
}

/** The most timeline entries that one remediation keeps; the first and the newest stay. */
export const TIMELINE_LIMIT = 40;

/** The most text of Command's that is kept per message. */
export const MESSAGE_LIMIT = 400;

/**
 * Appends to the timeline. When it is full the oldest entry of ours that is not one of the first goes, so that what people
 * decided stays (the oldest of those goes once there is nothing else). Equal neighbours are not repeated.
 */
export function withEntry(remediation: Remediation, at: Time, text: string, by = 'remediator'): Remediation {
  const { timeline } = remediation;
  const last = timeline.at(-1);
  if (last?.text === text && last.by === by) return remediation;
  const grown = [...timeline, { at, text, by }];
  return { ...remediation, timeline: grown.length <= TIMELINE_LIMIT ? grown : withoutOldest(grown) };
}

/** Entries that stay at both ends. */
const FIRST_ENTRIES = 5;
const NEWEST_ENTRIES = 10;

function withoutOldest(timeline: readonly TimelineEntry[]): readonly TimelineEntry[] {
  const middle = timeline.slice(FIRST_ENTRIES, timeline.length - NEWEST_ENTRIES);
  const ours = middle.findIndex(({ by }) => by === 'remediator');
  return timeline.toSpliced(FIRST_ENTRIES + Math.max(0, ours), 1);
}

export function isOpen(remediation: Pick<Remediation, 'phase'>): boolean {
  return remediation.phase !== 'ended';
}
