import type { IncomingHttpHeaders } from 'node:http';
import type { CommandDialect } from '../../ports/command.ts';
import { mergeFacts, noFacts, sortFieldFor, type DialectFacts } from './dialect-facts.ts';
import type { QueryDialect } from './instance-query.ts';
import type { ParameterNames } from './list-parameters.ts';
import type { CommandOptions, StatusMap } from './options.ts';
import type { TestForm } from './wire-authority.ts';
import { parseWireDate } from './wire-dates.ts';
import { toFields, toGuid, type Fields } from './wire-json.ts';
import type { RowDialect } from './wire-instance.ts';
import { NAMED_STATUSES, parseStatus } from './wire-status.ts';

/** Facts of versions that answered before, kept for servers that are upgraded one by one behind one name. */
const MAX_VERSIONS = 8;
/** Integers that no name stands for yet; the schema has seven. */
const MAX_INTEGERS = 50;

interface VersionFacts {
  facts: DialectFacts;
  /** True once what was saved for this version has been read. */
  isLoaded: boolean;
  /** How often Command was asked what it calls the integer that the config gives to Failed, and whether it answered last. */
  failedAsked: { readonly times: number; readonly isAnswered: boolean };
}

/** The names that Command knows may list none of it, or the question fail: after so many the config is believed. */
const ASKS = 3;

function noVersionFacts(): VersionFacts {
  return { facts: noFacts(), isLoaded: false, failedAsked: { times: 0, isAnswered: false } };
}

/** What is known of the dialect in this process; the facts belong to the version that answered last. */
export class DialectState {
  readonly #options: Pick<CommandOptions, 'dialect' | 'statusMap'>;
  readonly #byVersion = new Map<string, VersionFacts>();
  readonly #integers = new Set<number>();
  #version: string | null = null;
  #current = noVersionFacts();
  #hasChanged = false;

  constructor(options: Pick<CommandOptions, 'dialect' | 'statusMap'>) {
    this.#options = options;
  }

  get facts(): DialectFacts {
    return this.#current.facts;
  }

  get version(): string | null {
    return this.#version;
  }

  get isLoaded(): boolean {
    return this.#current.isLoaded;
  }

  /**
   * The integers behind names; what the config says wins, but Failed is left out where Command contradicts it, and
   * until Command was asked about it.
   */
  get statusMap(): StatusMap {
    const isDoubted = this.contraryFailed !== null || this.failedInQuestion !== null;
    const without = isDoubted ? withoutFailed : (map: StatusMap) => map;
    const given = without(this.#given);
    return { ...withoutIntegers(without(this.facts.statusMap), given), ...given };
  }

  /** What Command lists by a name, where the config says otherwise of Failed. */
  get contraryFailed(): CommandDialect['contraryFailed'] {
    const given = this.#given.Failed;
    const { Failed: learned, ...others } = this.facts.statusMap;
    if (given === undefined || learned === given) return null;
    if (learned !== undefined) return { name: 'Failed', integer: learned };
    const name = NAMED_STATUSES.find((other) => other !== 'Failed' && others[other] === given);
    return name === undefined ? null : { name, integer: given };
  }

  /** The integer that the config gives to Failed, where rows show it and Command may still say what it calls it. */
  get failedInQuestion(): number | null {
    const given = this.#given.Failed;
    const { facts, failedAsked } = this.#current;
    const isAskedForNames = failedAsked.isAnswered && facts.statusQuery !== 'name';
    const isAsked = failedAsked.times >= ASKS || isAskedForNames || facts.statusQuery === 'int';
    const isSettled = isAsked || facts.statusMap.Failed !== undefined;
    return given === undefined || isSettled || !this.#integers.has(given) ? null : given;
  }

  get #given(): StatusMap {
    return this.#options.statusMap === 'auto' ? {} : this.#options.statusMap;
  }

  /** Status integers that rows showed and no name stands for. */
  get unnamed(): readonly number[] {
    const named = new Set(Object.values(this.statusMap));
    return [...this.#integers].filter((integer) => !named.has(integer));
  }

  get rowDialect(): RowDialect {
    return { statusMap: this.statusMap, zoneOffsetMs: this.facts.zoneOffsetMs ?? 0 };
  }

  get queryDialect(): QueryDialect {
    const { statusQuery, dateLiterals, hasUndated, dates, zoneOffsetMs } = this.facts;
    const isZoneOpen = dates === 'zoneless' && zoneOffsetMs === null;
    const takesDates = dateLiterals !== 'none';
    return { ...this.rowDialect, statusQuery, isZoneOpen, takesDates, hasUndated: hasUndated === true };
  }

  get parameterNames(): ParameterNames {
    const { dialect } = this.#options;
    if (dialect !== 'auto') return dialect === '10' ? '10' : '11';
    return this.facts.parameters ?? 'both';
  }

  get testForm(): TestForm {
    const { dialect } = this.#options;
    if (dialect !== 'auto') return dialect;
    const major = Number.parseInt(this.#version ?? '', 10);
    if (Number.isNaN(major)) return this.facts.parameters === '10' ? '10' : '11';
    return major <= 10 ? '10' : major < 25 ? '11' : '25';
  }

  /** Writes facts down, with the evidence for them. */
  learn(fact: string, evidence: string, change: Partial<DialectFacts>): void {
    Object.assign(this.facts, change);
    this.facts.evidence[fact] = evidence;
    this.#hasChanged = true;
  }

  /** Answers how to note that the version of this moment was asked about it; null: nothing is in question. */
  askAboutFailed(): ((isAnswered: boolean) => void) | null {
    const asked = this.#current;
    if (this.failedInQuestion === null) return null;
    return (isAnswered) => (asked.failedAsked = { times: asked.failedAsked.times + 1, isAnswered });
  }

  /** Takes over what was saved for the present version; what was seen since stands. */
  adopt(saved: DialectFacts): void {
    this.#current.facts = mergeFacts(saved, this.facts);
    this.#current.isLoaded = true;
  }

  /** True once since the last call where something was learned. */
  takeChanges(): boolean {
    const had = this.#hasChanged;
    this.#hasChanged = false;
    return had;
  }

  /** Looks at the version that an answer names; another one than before has facts of its own. */
  noteHeaders(headers: IncomingHttpHeaders): void {
    const named = headers['x-keyfactor-product-version'];
    if (typeof named !== 'string' || named === '' || named === this.#version) return;
    const known = this.#byVersion.get(named);
    const first = this.#version === null && !this.isLoaded ? this.#current : noVersionFacts();
    this.#current = known ?? first;
    this.#version = named;
    this.#integers.clear();
    if (this.#byVersion.size < MAX_VERSIONS) this.#byVersion.set(named, this.#current);
  }

  /** Learns what every row shows in passing. */
  noteRows(rows: readonly unknown[]): void {
    for (const row of rows) {
      const fields = toFields(row);
      if (!fields || toGuid(fields.get('id')) === null) continue; // no instance
      this.#noteStatus(fields);
      this.#noteDates(fields);
    }
  }

  /** Learns from a page whether lists count all their rows. A total of as many rows as came may be the page's own. */
  noteTotal(total: number | null, received: number, page = 1): void {
    const isOpen = total === received && page === 1;
    const hasTotalCount = total !== null && total > received;
    if (received === 0 || isOpen || hasTotalCount === this.facts.hasTotalCount) return;
    const evidence = `page ${page} of a list came with ${received} row(s) and ${total ?? 'no'} as x-total-count`;
    this.learn('totalCount', evidence, { hasTotalCount });
  }

  /** How many rows the whole list has; null: this server does not say, or nothing has shown yet that it does. */
  totalOf(total: number | null, received: number): number | null {
    return this.facts.hasTotalCount === true && total !== null && total >= received ? total : null;
  }

  view(): CommandDialect {
    return toCommandDialect(this, this.#options);
  }

  #noteStatus(fields: Fields): void {
    const { integer, raw, status } = parseStatus(fields.get('status'), {});
    if (integer === null && status === 'Unknown') return;
    if (integer !== null && this.#integers.size < MAX_INTEGERS) this.#integers.add(integer);
    const statusForm = integer === null ? 'name' : 'int';
    if (statusForm === this.facts.statusForm) return;
    this.learn('statusForm', `a row came with the status ${JSON.stringify(raw)}`, { statusForm });
  }

  #noteDates(fields: Fields): void {
    const date = parseWireDate(fields.get('lastmodified')) ?? parseWireDate(fields.get('startdate'));
    const dates = date?.hasZone === false ? 'zoneless' : 'zoned';
    // where both forms come, the offset is for those without a zone
    if (!date || dates === this.facts.dates || this.facts.dates === 'zoneless') return;
    this.learn('dates', `a row came with a date ${date.hasZone ? 'with' : 'without'} zone`, { dates });
  }
}

function withoutFailed({ Failed: _failed, ...others }: StatusMap): StatusMap {
  return others;
}

/** A learned integer that the config gives to another name is not used. */
function withoutIntegers(learned: StatusMap, given: StatusMap): StatusMap {
  const taken = new Set(Object.values(given));
  return Object.fromEntries(Object.entries(learned).filter(([, integer]) => !taken.has(integer)));
}

/** What the config says goes before what was learned. */
function toCommandDialect(state: DialectState, options: Pick<CommandOptions, 'dialect' | 'statusMap'>): CommandDialect {
  const { facts, parameterNames } = state;
  const statusMap = facts.statusForm === 'name' ? {} : state.statusMap;
  return {
    productVersion: state.version,
    parameters: parameterNames === 'both' ? 'unknown' : parameterNames,
    statusForm: facts.statusForm ?? 'unknown',
    statusMap,
    isFailedKnown: facts.statusForm === 'name' || statusMap.Failed !== undefined,
    contraryFailed: facts.statusForm === 'name' ? null : state.contraryFailed,
    contraryParameters: options.dialect === 'auto' || facts.parameters === parameterNames ? null : facts.parameters,
    openStatuses: facts.statusForm === 'name' ? [] : state.unnamed,
    sortFields: { lastModified: sortFieldFor('lastModified', facts), startDate: sortFieldFor('startDate', facts) },
    dateLiterals: facts.dateLiterals ?? 'unknown',
    zoneOffsetMs: facts.dates === 'zoneless' ? facts.zoneOffsetMs : null,
    hasTotalCount: facts.hasTotalCount,
    evidence: [
      ...(options.dialect === 'auto' ? [] : [`parameters: command.dialect is ${options.dialect}`]),
      ...(options.statusMap === 'auto' ? [] : [`status: command.statusMap is ${JSON.stringify(options.statusMap)}`]),
      ...Object.entries(facts.evidence).map(([fact, line]) => `${fact}: ${line}`),
    ],
  };
}
