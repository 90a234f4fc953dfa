import type { InstanceQuery } from '../../ports/command.ts';
import type { DialectState } from './dialect-state.ts';
import { createZoneWatch, type Offset } from './learn-zone.ts';
import type { RawPage } from './list-page.ts';
import { parseWireDate } from './wire-dates.ts';
import { toFields, toGuid } from './wire-json.ts';

/** Sees each page of a list; `isLast` where no page follows it. */
export type WatchZone = (query: InstanceQuery, page: RawPage, isLast: boolean) => void;

/** Learns the zone of zone-less dates from what changed between two first pages; a new zone (summer time) must show twice. */
export function createZoneLearner(state: DialectState): WatchZone {
  const watch = createZoneWatch();
  let seen: number | null = null;
  return (query, page, isLast) => {
    const { serverTime } = page.answer;
    if (state.facts.dates !== 'zoneless' || query.order !== 'lastModified' || query.page !== 1 || serverTime === null)
      return;
    const shape = JSON.stringify([query.statuses, query.definitionId, query.title, query.order, query.isOldestFirst]);
    const offset = watch.add({ shape, serverTime, isWhole: isLast, changes: changesOf(page.rows) });
    if (!offset) return;
    const known = state.facts.zoneOffsetMs;
    if (known !== offset.offsetMs && (known === null || seen === offset.offsetMs)) learn(offset, state);
    seen = offset.offsetMs;
  };
}

function changesOf(rows: readonly unknown[]): ReadonlyMap<string, number> {
  const changes = new Map<string, number>();
  for (const row of rows) {
    const fields = toFields(row);
    const id = fields && toGuid(fields.get('id'));
    const date = fields && parseWireDate(fields.get('lastmodified'));
    if (id && date && !date.hasZone) changes.set(id, date.time);
  }
  return changes;
}

function learn({ offsetMs, rows }: Offset, state: DialectState): void {
  const hours = -offsetMs / 3_600_000;
  const zone = `UTC${hours < 0 ? '' : '+'}${hours} h`;
  const evidence = `dates without zone are ${zone}: ${rows} row(s) changed between two lists, by their Date headers`;
  state.learn('zone', evidence, { zoneOffsetMs: offsetMs });
}
