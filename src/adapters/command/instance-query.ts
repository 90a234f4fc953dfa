import type { InstanceRow, InstanceStatus, Time } from '../../core/instance.ts';
import type { InstanceQuery } from '../../ports/command.ts';
import type { StatusMap } from './options.ts';
import { toDay, toMoment } from './wire-dates.ts';
import { NAMED_STATUSES } from './wire-status.ts';

/** What of the dialect a query's text hangs on. */
export interface QueryDialect {
  /** How a status is written in a condition; null: not known, so it is left out. */
  readonly statusQuery: 'name' | 'int' | null;
  readonly statusMap: StatusMap;
  readonly zoneOffsetMs: number;
  /** True where dates carry no zone and nothing has told it yet: they may be off by as much as zones are apart. */
  readonly isZoneOpen: boolean;
  /** False where conditions with a date are refused: they are left out. */
  readonly takesDates: boolean;
  /** True where rows without LastModified were seen. */
  readonly hasUndated: boolean;
}

/** A query in Command's language, and what its rows must satisfy. */
export interface WireQuery {
  /** Null: no condition could be written. */
  readonly text: string | null;
  /** False for a row that a server which heeds every condition of the query would not have listed. */
  readonly isListable: (row: InstanceRow) => boolean;
  /** True for a row that satisfies the query exactly. */
  readonly matches: (row: InstanceRow) => boolean;
}

interface Condition {
  /** Null: it cannot be written for sure; it is checked here only. */
  readonly text: string | null;
  /** As `matches`, but as coarse as the written condition. */
  readonly isListable: (row: InstanceRow) => boolean;
  readonly matches: (row: InstanceRow) => boolean;
}

/**
 * The literal's day may be read in any zone of the world, so it is written this much earlier; which rows are wanted
 * is decided here (date literals finer than a day: API reference 3, unknown).
 */
const ZONE_SLACK_MS = 14 * 3_600_000;
/** IIS refuses query strings beyond 2048 bytes by default; a title gets a part of that, in encoded bytes. */
const MAX_TITLE_BYTES = 600;
/** A shorter part of a title selects nothing worth a condition. */
const MIN_TITLE_PART = 3;

/** Writes a query's conditions; each is also checked here, since a server may ignore any of them. */
export function toWireQuery(query: InstanceQuery, dialect: QueryDialect): WireQuery {
  const conditions = [
    ...(query.statuses?.length ? [statusCondition(query.statuses, dialect)] : []),
    ...(query.definitionId === undefined ? [] : [definitionCondition(query.definitionId)]),
    ...(query.title === undefined ? [] : [titleCondition(query.title)]),
    ...(query.modifiedSince === undefined
      ? []
      : [sinceCondition('LastModified', query.modifiedSince, dialect, query.isFine)]),
    ...(query.startedSince === undefined ? [] : [sinceCondition('StartDate', query.startedSince, dialect)]),
  ];
  const written = conditions.filter(({ text }) => text !== null);
  return {
    text: written.map(({ text }) => text).join(' AND ') || null,
    isListable: (row) => conditions.every((condition) => condition.isListable(row)),
    matches: (row) => conditions.every((condition) => condition.matches(row)),
  };
}

/** A condition on one status, as far as it can be written. */
export function statusLiteral(status: InstanceStatus, dialect: QueryDialect): string | null {
  const named = NAMED_STATUSES.find((name) => name === status);
  if (!named || dialect.statusQuery === null) return null;
  if (dialect.statusQuery === 'name') return named;
  return dialect.statusMap[named] === undefined ? null : String(dialect.statusMap[named]);
}

function statusCondition(statuses: readonly InstanceStatus[], dialect: QueryDialect): Condition {
  const literals = statuses.map((status) => statusLiteral(status, dialect));
  const parts = literals.map((literal) => `Status -eq "${literal}"`);
  const matches = (row: InstanceRow) => statuses.includes(row.status);
  if (literals.includes(null)) return { text: null, isListable: matches, matches };
  // a row whose integer has no name yet may well be one of these: that is no sign of an ignored filter
  const isListable = (row: InstanceRow) => matches(row) || row.status === 'Unknown';
  return { text: parts.length === 1 ? parts.join('') : `(${parts.join(' OR ')})`, isListable, matches };
}

function definitionCondition(definitionId: string): Condition {
  const wanted = definitionId.toLowerCase();
  const matches = (row: InstanceRow) => row.definitionId === wanted;
  return { text: /^[0-9a-f-]+$/.test(wanted) ? `DefinitionId -eq "${wanted}"` : null, matches, isListable: matches };
}

function titleCondition(title: string): Condition {
  const matches = (row: InstanceRow) => row.title === title;
  const part = safePart(title);
  if (part === title)
    return { text: `Title -eq "${title}"`, matches, isListable: (row) => isSameText(row.title, title) };
  if (part.length < MIN_TITLE_PART) return { text: null, matches, isListable: matches };
  const isListable = (row: InstanceRow) => (row.title ?? '').toLowerCase().includes(part.toLowerCase());
  return { text: `Title -contains "${part}"`, matches, isListable };
}

/**
 * The longest part of a title that surely means itself in a query: quotes end the value, backslashes may have to be
 * doubled, and percent signs make tokens (API reference 3).
 */
function safePart(title: string): string {
  const parts = title.split(/["\\%\p{Cc}]/u).map((part) => withinBytes(part === title ? part : part.trim()));
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

function withinBytes(part: string): string {
  let kept = '';
  let bytes = 0;
  for (const character of part.toWellFormed()) {
    bytes += encodeURIComponent(character).length;
    if (bytes > MAX_TITLE_BYTES) return kept.trim();
    kept += character;
  }
  return kept;
}

/** As a database compares: without case and trailing blanks. */
function isSameText(one: string | null, other: string): boolean {
  return one?.trimEnd().toLowerCase() === other.trimEnd().toLowerCase();
}

function sinceCondition(
  field: 'LastModified' | 'StartDate',
  since: Time,
  dialect: QueryDialect,
  isFine = false,
): Condition {
  const day = toDay(since - dialect.zoneOffsetMs - ZONE_SLACK_MS);
  const earliest = Date.parse(day) + dialect.zoneOffsetMs - ZONE_SLACK_MS;
  const timeOf = (row: InstanceRow) => (field === 'LastModified' ? row.lastModified : row.startDate);
  const isAfter = (row: InstanceRow, limit: Time) => {
    const time = timeOf(row);
    return time === null || time >= limit; // a row without the date cannot be ruled out
  };
  return {
    text: dialect.takesDates ? dateText(field, isFine ? toMoment(since) : day, dialect) : null,
    matches: (row) => isAfter(row, dialect.isZoneOpen ? since - ZONE_SLACK_MS : since),
    isListable: (row) => !dialect.takesDates || isAfter(row, earliest),
  };
}

function dateText(field: 'LastModified' | 'StartDate', day: string, { hasUndated }: QueryDialect): string {
  const condition = `${field} -ge "${day}"`;
  return hasUndated && field === 'LastModified' ? `(${condition} OR LastModified -eq NULL)` : condition;
}

/** True where the rows stand in the order asked for; rows without the date stand anywhere. */
export function isInOrder(rows: readonly InstanceRow[], { order, isOldestFirst = false }: InstanceQuery): boolean {
  const times = rows.flatMap((row) => (order === 'lastModified' ? row.lastModified : row.startDate) ?? []);
  const sign = isOldestFirst ? -1 : 1;
  return times.every((time, index) => index === 0 || sign * time <= sign * (times[index - 1] ?? time));
}
