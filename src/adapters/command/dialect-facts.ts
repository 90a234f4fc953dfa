import type { InstanceQuery } from '../../ports/command.ts';
import type { NamedStatus } from './options.ts';
import { isRecord, parseJson, toInteger } from './wire-json.ts';
import { NAMED_STATUSES } from './wire-status.ts';

/** What evidence has shown of one server version's dialect; null: nothing yet. */
export interface DialectFacts {
  parameters: '10' | '11' | null;
  statusForm: 'name' | 'int' | null;
  statusMap: Partial<Record<NamedStatus, number>>;
  statusQuery: 'name' | 'int' | null;
  acceptedSorts: readonly string[];
  refusedSorts: readonly string[];
  dateLiterals: 'full' | 'day' | 'none' | null;
  /** Rows without LastModified were seen: conditions on it must let them through. */
  hasUndated: boolean | null;
  dates: 'zoned' | 'zoneless' | null;
  zoneOffsetMs: number | null;
  hasTotalCount: boolean | null;
  /** One line by fact. */
  evidence: Record<string, string>;
}

export function noFacts(): DialectFacts {
  return {
    parameters: null,
    statusForm: null,
    statusMap: {},
    statusQuery: null,
    acceptedSorts: [],
    refusedSorts: [],
    dateLiterals: null,
    hasUndated: null,
    dates: null,
    zoneOffsetMs: null,
    hasTotalCount: null,
    evidence: {},
  };
}

/** Sort fields by preference; without any of them the server's own order stands (API reference 3: which are taken is unknown). */
const SORTS: Readonly<Record<InstanceQuery['order'], readonly string[]>> = {
  lastModified: ['LastModified', 'ReferenceId', 'Id'],
  startDate: ['StartDate', 'ReferenceId', 'Id'],
};

/** The field to sort by for an order; null where all were refused. */
export function sortFieldFor(order: InstanceQuery['order'], facts: DialectFacts): string | null {
  return SORTS[order].find((field) => !facts.refusedSorts.includes(field)) ?? null;
}

/** True where rows that are sorted by that field stand in this order; the others only come near it. */
export function isSortOf(order: InstanceQuery['order'], field: string | null): boolean {
  return field === SORTS[order][0];
}

/** Saved facts, with what was seen since put over them. */
export function mergeFacts(saved: DialectFacts, seen: DialectFacts): DialectFacts {
  return {
    parameters: seen.parameters ?? saved.parameters,
    statusForm: seen.statusForm ?? saved.statusForm,
    statusMap: { ...saved.statusMap, ...seen.statusMap },
    statusQuery: seen.statusQuery ?? saved.statusQuery,
    acceptedSorts: [...new Set([...saved.acceptedSorts, ...seen.acceptedSorts])],
    refusedSorts: [...new Set([...saved.refusedSorts, ...seen.refusedSorts])],
    dateLiterals: seen.dateLiterals ?? saved.dateLiterals,
    hasUndated: seen.hasUndated ?? saved.hasUndated,
    dates: seen.dates ?? saved.dates,
    zoneOffsetMs: seen.zoneOffsetMs ?? saved.zoneOffsetMs,
    hasTotalCount: seen.hasTotalCount ?? saved.hasTotalCount,
    evidence: { ...saved.evidence, ...seen.evidence },
  };
}

export function writeFacts(facts: DialectFacts): string {
  return JSON.stringify(facts);
}

/** Reads saved facts; what cannot be read is learned again. */
export function readFacts(text: string): DialectFacts {
  const saved = parseJson(text);
  const facts = noFacts();
  if (!isRecord(saved)) return facts;
  return {
    parameters: oneOf(saved.parameters, ['10', '11']),
    statusForm: oneOf(saved.statusForm, ['name', 'int']),
    statusMap: readMap(saved.statusMap),
    statusQuery: oneOf(saved.statusQuery, ['name', 'int']),
    acceptedSorts: texts(saved.acceptedSorts),
    refusedSorts: texts(saved.refusedSorts),
    dateLiterals: oneOf(saved.dateLiterals, ['full', 'day', 'none']),
    hasUndated: typeof saved.hasUndated === 'boolean' ? saved.hasUndated : null,
    dates: oneOf(saved.dates, ['zoned', 'zoneless']),
    zoneOffsetMs: toInteger(saved.zoneOffsetMs),
    hasTotalCount: typeof saved.hasTotalCount === 'boolean' ? saved.hasTotalCount : null,
    evidence: readEvidence(saved.evidence),
  };
}

function oneOf<Word extends string>(value: unknown, words: readonly Word[]): Word | null {
  return words.find((word) => word === value) ?? null;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function readMap(value: unknown): Partial<Record<NamedStatus, number>> {
  const map: Partial<Record<NamedStatus, number>> = {};
  for (const name of NAMED_STATUSES) {
    const integer = isRecord(value) ? toInteger(value[name]) : null;
    if (integer !== null) map[name] = integer;
  }
  return map;
}

function readEvidence(value: unknown): Record<string, string> {
  const lines = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(lines.flatMap(([fact, line]) => (typeof line === 'string' ? [[fact, line] as const] : [])));
}
