import type { Time } from '../../core/instance.ts';

/** A zone is a multiple of a quarter of an hour away from UTC. */
const STEP_MS = 15 * 60_000;
/** The Date header counts whole seconds, and a database's clock may be a little off the web server's. */
const SLACK_MS = 60_000;
const MAX_ZONE_MS = 14 * 3_600_000;
/** Queries and rows remembered, newest kept: a list is compared with the one before it only. */
const MAX_SHAPES = 8;
const MAX_ROWS = 1_000;

/** One list with zone-less dates. */
export interface DatedList {
  /** Lists are comparable if they ask for the same rows. */
  readonly shape: string;
  /** The Date header. */
  readonly serverTime: Time;
  /** True where it holds every row that it asks for, so that a row which it lacks was not among them. */
  readonly isWhole: boolean;
  /** Last change by id, zone-less text taken for UTC. */
  readonly changes: ReadonlyMap<string, Time>;
}

export interface Offset {
  readonly offsetMs: number;
  /** Rows that show it. */
  readonly rows: number;
}

/** Compares each list with the one before it: what changed between the two tells the zone of the dates. */
export interface ZoneWatch {
  /** Null: nothing changed, or the changes do not agree. */
  add(list: DatedList): Offset | null;
}

export function createZoneWatch(): ZoneWatch {
  const before = new Map<string, DatedList>();
  return {
    add: (list) => {
      const earlier = before.get(list.shape);
      if (list.changes.size <= MAX_ROWS) before.set(list.shape, list);
      for (const shape of before.keys()) if (before.size > MAX_SHAPES) before.delete(shape);
      return earlier ? offsetBetween(earlier, list) : null;
    },
  };
}

/**
 * What must be added to the dates of rows that changed between two lists: a known row with another date, or a new one,
 * if it cannot have been there before: above all that were listed newest first, or beside a list of all rows.
 */
export function offsetBetween(earlier: DatedList, later: DatedList): Offset | null {
  const [newest = Number.NEGATIVE_INFINITY] = earlier.changes.values();
  const areSorted = earlier.changes.size > 0 && isNewestFirst(earlier) && isNewestFirst(later);
  const isNew = (wire: Time) => earlier.isWhole || (areSorted && wire > newest);
  const offsets = [...later.changes].flatMap(([id, wire]) => {
    const known = earlier.changes.get(id);
    const hasChanged = known === undefined ? isNew(wire) : wire !== known;
    return hasChanged ? [offsetOf(wire, earlier.serverTime, later.serverTime)] : [];
  });
  const [offsetMs] = offsets;
  if (offsetMs === undefined || offsetMs === null || offsets.some((other) => other !== offsetMs)) return null;
  return { offsetMs, rows: offsets.length };
}

/** The one zone in which `wire` lies between two server times; null where none or several do. */
export function offsetOf(wire: Time, from: Time, to: Time): number | null {
  const least = Math.ceil((from - SLACK_MS - wire) / STEP_MS);
  const most = Math.floor((to + SLACK_MS - wire) / STEP_MS);
  const offsetMs = least === 0 ? 0 : least * STEP_MS; // Math.ceil makes a -0
  return least === most && Math.abs(offsetMs) <= MAX_ZONE_MS ? offsetMs : null;
}

function isNewestFirst(list: DatedList): boolean {
  const times = [...list.changes.values()];
  return times.every((time, index) => index === 0 || time <= (times[index - 1] ?? time));
}
