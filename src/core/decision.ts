import type { Time } from './instance.ts';

export const DECISIONS = ['retry', 'hold', 'release', 'ignore'] as const;
export type DecisionType = (typeof DECISIONS)[number];

/** What a person decided about one remediation. */
export interface Decision {
  readonly type: DecisionType;
  readonly reason: string;
  /** `user@host`, or what the caller of the API said. */
  readonly by: string;
  /** Ours. */
  readonly at: Time;
  /** Restart again although a restart may have happened; the person has seen its evidence. */
  readonly sendAgain?: boolean;
  /** `release` only: the id of the new run, or `none`. */
  readonly successor?: string;
}

/** The longest reason and name that are kept. */
export const REASON_LIMIT = 500;
export const NAME_LIMIT = 100;
