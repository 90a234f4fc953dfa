import type { Time } from './instance.ts';
import type { OldRowFate } from './policy.ts';
import type { Search } from './remediation.ts';
import type { RestartAnswer } from './restart-answer.ts';

/**
 * What is on record about one POST Restart.
 *
 *   (door) ─► open ─► accepted    the 204 was read
 *               ├───► refused     a 4xx that says no
 *               ├───► not-sent    proof that nothing was done: may be tried anew, by a new intent
 *               └───► unknown     everything else, the sender's death included: never sent again on our own
 *
 * Only the sender writes accepted, refused and not-sent. Others may write `unknown`, once the sender's heartbeat is late.
 */
export type IntentState = 'open' | 'accepted' | 'refused' | 'not-sent' | 'unknown';

/** The durable word before a POST: it exists before the first byte, and it never expires by time. */
export interface Intent {
  readonly instanceId: string;
  readonly rootInstanceId: string;
  readonly attempt: number;
  /** Which opening of this instance's intent this is, from 1; a closing with another fence is refused. */
  readonly fence: number;
  readonly replica: string;
  readonly state: IntentState;
  readonly why: string;
  readonly definitionId: string;
  readonly workflowType: string;
  readonly title: string | null;
  readonly fingerprint: string;
  readonly requestKey: string;
  /** Of the old row's input, where there are any: a server that adds to the input of a new run keeps its certificate. */
  readonly certificateKeys?: readonly string[];
  /** Whose slots and rate it takes; null: none. */
  readonly ca: string | null;
  readonly dependencies: readonly string[];
  /** Definition version asked for; null: the newest published one. */
  readonly targetVersion: number | null;
  readonly withBody: boolean;
  readonly isMove: boolean;
  /** The old row's status when the door opened; left out: Failed. */
  readonly from?: 'Suspended' | 'Failed';
  readonly mark: number;
  readonly isMarkComplete: boolean;
  readonly referenceMark: number | null;
  /** Server time before which the successor cannot have started. */
  readonly notBefore: Time | null;
  /** How much earlier rows may date it, by a clock of their own; left out: not at all. */
  readonly rowLagMs?: number;
  readonly oldStartDate: Time | null;
  /** The old row's LastModified when the door opened: unchanged later means untouched. */
  readonly lastModified: Time | null;
  readonly openedAt: Time;
  /** When the sender recorded how its request ended; null while open. */
  readonly endedAt: Time | null;
}

/** The sender may write the first byte only within this time after the intent was acknowledged (DESIGN.md 4.6). */
export const SEND_WITHIN_MS = 1000;

/** A sender whose heartbeat is this late has died, or sleeps and will see the one-second rule when it wakes. */
export const HEARTBEAT_LATE_MS = 15_000;

/** Closes an intent with the answer its sender got. */
export function withAnswer(intent: Intent, answer: RestartAnswer, at: Time): Intent {
  return { ...intent, ...conclusionOf(answer), endedAt: at };
}

/** Closes the open intent of a sender that died: it may have sent. `lastBeatAt`: its last sign of life. */
export function withLostSender(intent: Intent, lastBeatAt: Time): Intent {
  return { ...intent, state: 'unknown', why: 'its sender stopped before it recorded an answer', endedAt: lastBeatAt };
}

function conclusionOf(answer: RestartAnswer): { state: IntentState; why: string } {
  switch (answer.type) {
    case 'accepted':
      return { state: 'accepted', why: 'Command answered 204' };
    case 'not-sent':
      return { state: 'not-sent', why: answer.why };
    case 'throttled':
      return { state: 'not-sent', why: 'Command answered 429: too many requests' };
    case 'denied':
      return { state: 'not-sent', why: `Command answered ${answer.status}: ${answer.message}` };
    case 'refused':
      return {
        state: 'refused',
        why: `Command answered ${answer.status}: ${answer.errorCode ?? ''} ${answer.message}`.trim(),
      };
    case 'unknown':
      return { state: 'unknown', why: answer.why };
  }
}

/** Status and ErrorCode of a refusal, as its reason tells them. */
export function refusalCodeOf({ why }: Pick<Intent, 'why'>): string {
  const [, status = '', code = ''] = /^Command answered (\d+):(?: (0x[0-9a-f]+))?/i.exec(why) ?? [];
  return `${status} ${code}`.trim();
}

/** True where the restart took effect or may have: such an id is not sent again on our own. */
export function mayHaveHappened(intent: Pick<Intent, 'state'>): boolean {
  return intent.state !== 'not-sent';
}

/** What the search for the successor starts from. */
export function searchOf(intent: Intent): Search {
  return {
    predecessorId: intent.instanceId,
    attempt: intent.attempt,
    origin: intent.isMove ? 'move' : 'remediator',
    ...(intent.from === undefined ? {} : { from: intent.from }),
    took: tookOf(intent.state),
    mark: intent.mark,
    isMarkComplete: intent.isMarkComplete,
    referenceMark: intent.referenceMark,
    notBefore: intent.notBefore,
    ...(intent.rowLagMs === undefined ? {} : { rowLagMs: intent.rowLagMs }),
    oldStartDate: intent.oldStartDate,
    lastModified: intent.lastModified,
    startedAt: intent.openedAt,
    endedAt: intent.endedAt ?? intent.openedAt,
  };
}

/**
 * The search with what its sender recorded late: others took it for lost, and it woke up. What it knows outweighs what
 * they believed, and the window counts from when its request ended (P1).
 */
export function withLateAnswer(search: Search, intent: Intent | null): Search {
  if (intent?.instanceId !== search.predecessorId || intent.state === 'open') return search;
  const endedAt = Math.max(search.endedAt, intent.endedAt ?? 0);
  const took = search.took === 'left' ? 'left' : tookOf(intent.state);
  return endedAt === search.endedAt && took === search.took ? search : { ...search, endedAt, took };
}

function tookOf(state: IntentState): Search['took'] {
  if (state === 'accepted') return 'accepted';
  return state === 'refused' ? 'refused' : 'maybe';
}

export interface ResendEvidence {
  readonly search: Search;
  readonly oldRow: OldRowFate;
  /** The old row as a read begun after the window showed it; null: no such read yet. */
  readonly isStillFailedUnchanged: boolean;
  readonly readBegunAt: Time;
  /** Longest Restart call seen on this server, in ms. */
  readonly longestRestartMs: number;
  readonly windowMs: number;
  /** Ours: since when our clock has run steadily; before, it may have jumped over any time. Left out: always. */
  readonly steadySince?: Time;
}

/**
 * P1's second exception: the server is known to move restarted rows out of Failed, and this one is still Failed,
 * unchanged and without a successor in a read begun after the window. Then the restart did not happen.
 */
export function isProvedNotDone(evidence: ResendEvidence): boolean {
  const waitMs = Math.max(evidence.windowMs, 3 * evidence.longestRestartMs);
  return (
    evidence.oldRow === 'leaves' &&
    // What is known about the fate of old rows was learned from Failed ones.
    (evidence.search.from ?? 'Failed') === 'Failed' &&
    evidence.isStillFailedUnchanged &&
    evidence.search.took !== 'accepted' &&
    evidence.search.took !== 'left' &&
    evidence.readBegunAt >= Math.max(evidence.search.endedAt, evidence.steadySince ?? 0) + waitMs
  );
}
