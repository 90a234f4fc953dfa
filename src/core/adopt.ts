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

/** Takes a parked row into work: it is proved as far as that goes, then worked as any other (DESIGN.md 4.2). */
export function adopted(before: Remediation, by: string, reason: string, at: Time): Remediation {
  const after: Remediation = {
    ...before,
    phase: 'waiting',
    wait: 'past',
    holdCause: null,
    reason: `adopted by ${by}: ${reason}`,
    nextAt: at,
    waived: before.waived.includes('history') ? before.waived : [...before.waived, 'history'],
  };
  const text = `adopt: ${reason}`;
  return { ...settled(before, after, at, text), timeline: withEntry(after, at, text, by).timeline };
}
