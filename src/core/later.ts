import type { InstanceStatus } from './instance.ts';
import type { Sighting } from './sighting.ts';

type Run = Pick<Sighting, 'id' | 'startDate' | 'referenceId' | 'firstSeen'>;

/** True where this run is the later one of the same request (DESIGN.md 4.3). */
export function isLater(other: Run, run: Run): boolean {
  return other.id !== run.id && compareLater(other, run) < 0;
}

/** The latest first: by StartDate, else by ReferenceId, else by when it was first seen. What is not known tells nothing. */
export function compareLater(a: Run, b: Run): number {
  return descending(a.startDate, b.startDate) || descending(a.referenceId, b.referenceId) || b.firstSeen - a.firstSeen;
}

function descending(a: number | null, b: number | null): number {
  return a === null || b === null ? 0 : b - a;
}

/** True where a run in this status has answered its request, with yes or with no (DESIGN.md 4.3). */
export function isAnswered(status: InstanceStatus): boolean {
  return status === 'Complete' || status === 'Rejected';
}
