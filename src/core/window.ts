import type { Time } from './instance.ts';

/** A recurring time: it opens at the moments that a calendar tells, and stays open for a while. */
export interface Window {
  /** The first opening after that moment; null: it never opens again. */
  readonly nextStart: (after: Time) => Time | null;
  readonly durationMs: number;
}

/** When that one of the windows that are open now and closes first closes; null: none is open. Its end is outside. */
export function openUntil(windows: readonly Window[], now: Time): Time | null {
  return earliest(
    windows.flatMap(({ nextStart, durationMs }) => {
      // The oldest opening that can still be open; searched forwards, so that no change of the clocks hides it.
      const start = nextStart(now - durationMs);
      return start === null || start > now ? [] : [start + durationMs];
    }),
  );
}

export interface ClosedHours {
  readonly reason: string;
  /** Ours: when to look again; null: never again, as the windows stand. */
  readonly until: Time | null;
}

/** Why nothing may be restarted at this hour: a maintenance window, or a rule that has times of its own; null: it may. */
export function closedHours(
  maintenance: readonly Window[],
  onlyDuring: readonly Window[] | null,
  now: Time,
): ClosedHours | null {
  const end = openUntil(maintenance, now);
  if (end !== null) return { reason: `maintenance until ${new Date(end).toISOString()}`, until: end };
  if (onlyDuring === null || openUntil(onlyDuring, now) !== null) return null;
  const until = earliest(onlyDuring.flatMap(({ nextStart }) => nextStart(now) ?? []));
  if (until === null) return { reason: 'its rule restarts only during times that never come', until };
  return { reason: `its rule restarts only from ${new Date(until).toISOString()} on`, until };
}

function earliest(times: readonly Time[]): Time | null {
  return times.length === 0 ? null : Math.min(...times);
}
