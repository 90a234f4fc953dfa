import type { Action } from './action.ts';
import type { InstanceStatus, Time } from './instance.ts';
import type { OldRowFate, Policy } from './policy.ts';
import type { GateAnswer } from './ramp.ts';
import type { HoldCause, Remediation } from './remediation.ts';
import type { Ruling } from './rules.ts';
import type { Sighting } from './sighting.ts';

/** A later run of the same wish outside this lineage (DESIGN.md 4.3). */
export interface LaterRun {
  readonly instanceId: string;
  readonly status: InstanceStatus;
  /** Ours: when it was first seen. */
  readonly firstSeenAt: Time;
  /** The remediation that works on it, if one does. */
  readonly rootInstanceId: string | null;
  /** The alert of that remediation, where it ended held or exhausted: whoever waits behind it joins. */
  readonly alertKey?: string | null;
}

/** A run that may be of the same wish, and whose input is not known. */
export interface UnreadRun {
  readonly instanceId: string;
  /** Why it could not be read; null: its turn comes with the next step. */
  readonly why: string | null;
  /** Command refuses to show this one (403). */
  readonly isForbidden: boolean;
  /** How long Command asks to be left alone; null: it does not. */
  readonly retryAfterMs: number | null;
}

export interface WaitingFacts {
  readonly now: Time;
  /** The current instance as a fresh observation shows it. */
  readonly row: Sighting;
  /** Ours: when a row that has left Failed was last known to stand there; left out: it stands. */
  readonly stoodAt?: Time;
  readonly ruling: Ruling;
  readonly laterRun: LaterRun | null;
  /** One that may be a later run of the same request; null or left out: all were read. */
  readonly unreadRun?: UnreadRun | null;
  /** The instance whose restart is open and whose new run this one may be. */
  readonly newRunOf: string | null;
  /** That restart is held unresolved, and this row is of the same wish: it is held with it. */
  readonly isNewRunHeld?: boolean;
  /** Searches in a row of this definition that found no new run, although the restart took effect. */
  readonly lostSearches?: number;
  /** Definition version that is published now; null: not known. */
  readonly publishedVersion: number | null;
  /** The first gate that is shut, with the room to wait in; null: all are open. */
  readonly shutGate: { readonly dependency: string; readonly answer: Extract<GateAnswer, { isOpen: false }> } | null;
  /** The gate keeps this root's last attempt back, and no other waiter can spare one. */
  readonly isLastAttemptKept: boolean;
  readonly pause: { readonly reason: string; readonly until: Time | null } | null;
  readonly brake: string | null;
  /** Access trouble that stops restarts of this definition. */
  readonly denied: string | null;
  /** Why Command's own gate is shut; null or left out: it is open. */
  readonly commandShut?: string | null;
  /** Ours: when rows that failed before an empty store may first be worked; null: now. */
  readonly quietUntil: Time | null;
  /** What is known about the fate of old rows; left out: it does not matter. */
  readonly fate?: OldRowFate;
  /** Server time, as well as it is known. */
  readonly serverNow: Time;
  /** A restart of the same request that is not settled; the alert that people were told of it by. */
  readonly claim?: { readonly instanceId: string; readonly alertKey: string | null } | null;
  /** Restarts of this definition that were refused in a row, with one code. */
  readonly refusals?: { readonly code: string; readonly count: number } | null;
}

/** One reason not to restart; null: it does not hold. */
export type Check = (remediation: Remediation, facts: WaitingFacts, policy: Policy) => Action | null;

/** How long to leave a row alone that only an event can move on, before looking again anyway. */
export const LOOK_AGAIN_MS = 60_000;

/** A person must decide; null: a person did, and waived that reason. */
export function hold(remediation: Remediation, cause: HoldCause, reason: string): Action | null {
  return remediation.waived.includes(cause) ? null : { type: 'hold', cause, reason };
}
