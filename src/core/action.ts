import type { Time } from './instance.ts';
import type { Link } from './choose-successor.ts';
import type { NewStatus } from './lineage.ts';
import type { Backoff, HoldCause, Outcome, Search, Wait } from './remediation.ts';

/** What to do next with one remediation, as data. */
export type Action =
  | {
      readonly type: 'end';
      readonly outcome: Outcome;
      readonly reason: string;
      readonly newStatus?: NewStatus;
      /** The row still stands there Failed: people may restart it. */
      readonly isStanding?: true;
      /**
       * Ours: until when it is watched on: a refused restart that may have taken effect all the same, or a link that a second
       * candidate may make doubtful.
       */
      readonly watchUntil?: Time;
    }
  | {
      readonly type: 'hold';
      readonly cause: HoldCause;
      readonly reason: string;
      readonly candidates?: readonly string[];
    }
  /** `until` null: an event moves it on. */
  | {
      readonly type: 'wait';
      readonly wait: Wait;
      readonly reason: string;
      readonly until: Time | null;
      readonly backoff?: Backoff;
      /** Of the one that it waits behind: it joins that alert. */
      readonly alertKey?: string | null;
    }
  | {
      readonly type: 'park';
      readonly dependency: string;
      readonly wait: 'dependency' | 'limits';
      readonly reason: string;
      readonly until: Time | null;
    }
  | { readonly type: 'restart'; readonly version: number | null }
  /** One list or two: what happened to rows that failed before our knowledge began (DESIGN.md 4.2). */
  | { readonly type: 'prove' }
  /**
   * The row left Failed by other hands: find what became of it. `leftAt`: when, by the server's clock, if it tells. `stoodAt`,
   * ours: when it was last known to stand there.
   */
  | { readonly type: 'follow'; readonly reason: string; readonly leftAt?: Time | null; readonly stoodAt?: Time }
  | { readonly type: 'read-candidates'; readonly ids: readonly string[] }
  | { readonly type: 'search-on'; readonly reason: string; readonly until: Time; readonly search: Search }
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'not-done'; readonly reason: string }
  /** The successor's status as seen; the attempt goes on. */
  | {
      readonly type: 'track';
      readonly newStatus: NewStatus;
      readonly phase: 'verifying' | 'handed-over';
      readonly reason: string;
      readonly until: Time | null;
      /** A look begun at or after `until` moves it on, not the clock. */
      readonly awaitsLook?: boolean;
    }
  /** The successor failed: same root, next attempt. */
  | { readonly type: 'reopen'; readonly reason: string };
