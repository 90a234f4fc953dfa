import type { Time } from './instance.ts';
import type { Remediation } from './remediation.ts';
import { withEntry } from './remediation.ts';
import { settled } from './transition.ts';

/** When the parked failure happened: the server's time of its last change, else what is known best. */
export function failedAt({ failure, firstSeenAt }: Remediation): Time {
  return failure?.lastModified ?? failure?.startDate ?? failure?.seenAt ?? firstSeenAt;
}

/** True for parked history: a row that failed before this store's knowledge began. */
export function isHistory({ phase, holdCause }: Pick<Remediation, 'phase' | 'holdCause'>): boolean {
  return phase === 'held' && holdCause === 'history';
}

/** Calls to Command that one row of the past takes, about: lists and reads to prove it, and its restart. */
const CALLS_A_ROW = 5;

/**
 * How long after the first one the so-manieth adopted row is due: no sooner than Command takes the calls of those before
 * it, so that a fresh failure and the canaries of those that are proved are not behind all of them.
 */
export function adoptedAfterMs(place: number, requestsPerSecond: number): number {
  return Math.floor((place * CALLS_A_ROW * 1000) / requestsPerSecond);
}

/** Who takes a row into work, why, and when it is due. */
export interface Adoption {
  readonly by: string;
  readonly reason: string;
  /** Default: at once. */
  readonly delayMs?: number;
}

/** Takes a parked row into work: it is proved as far as that goes, then worked as any other (DESIGN.md 4.2). */
export function adopted(before: Remediation, { by, reason, delayMs = 0 }: Adoption, at: Time): Remediation {
  const after: Remediation = {
    ...before,
    phase: 'waiting',
    wait: 'past',
    holdCause: null,
    reason: `adopted by ${by}: ${reason}`,
    nextAt: at + delayMs,
    waived: before.waived.includes('history') ? before.waived : [...before.waived, 'history'],
  };
  const text = `adopt: ${reason}`;
  return { ...settled(before, after, at, text), timeline: withEntry(after, at, text, by).timeline };
}
