import { RefusedError } from '../../core/errors.ts';
import type { InstancePage, InstanceQuery, RequestPriority } from '../../ports/command.ts';
import type { CallerParts } from './caller.ts';
import { isSortOf, sortFieldFor } from './dialect-facts.ts';
import type { DialectState } from './dialect-state.ts';
import { isInOrder, toWireQuery } from './instance-query.ts';
import { readPage, type RawPage } from './list-page.ts';
import type { PageCap } from './page-cap.ts';
import { isServerFault } from './server-fault.ts';
import type { WatchZone } from './watch-zone.ts';
import { toFields } from './wire-json.ts';
import { toInstanceRow } from './wire-instance.ts';

export const INSTANCES = '/Workflow/Instances';
/** Command's code for a sort field that it does not take (API reference 1). */
const INVALID_SORT = '0xA011004A';
/** Sort fields that can be refused before none is left. */
const MAX_SORTS = 4;

export interface ListParts extends CallerParts {
  readonly state: DialectState;
  readonly pageSize: number;
  readonly cap: PageCap;
  /** Sees each page, to learn the zone of zone-less dates from what changed since the last. */
  readonly watchZone: WatchZone;
  /** Asks what rows have brought up. */
  readonly learn: (signal: AbortSignal | undefined) => Promise<void>;
}

export interface ListWish {
  readonly signal?: AbortSignal | undefined;
  readonly priority: RequestPriority;
}

/** One page of instances: every row is checked against the query again, whatever the server did with it. */
export async function listInstances(query: InstanceQuery, wish: ListWish, parts: ListParts): Promise<InstancePage> {
  const { state } = parts;
  const { page, sortField } = await readSorted(query, wish, parts);
  state.noteRows(page.rows);
  if (state.failedInQuestion !== null) await parts.learn(wish.signal);
  const received = page.rows.length;
  const { page: number, ...asked } = query;
  state.noteTotal(page.total, received, number);
  const total = state.totalOf(page.total, received);
  const isLast = parts.cap.isLast({
    page: number,
    limit: parts.pageSize,
    received,
    total,
    shape: JSON.stringify(asked),
    ids: page.rows.map((row) => toFields(row)?.get('id')).join(),
  });
  parts.watchZone(query, page, isLast);
  const wireQuery = toWireQuery(query, state.queryDialect);
  const { rowDialect } = state;
  const listed = page.rows.flatMap((row) => toInstanceRow(row, rowDialect) ?? []);
  const rows = listed.filter(wireQuery.matches);
  return {
    rows,
    received,
    isFiltered: listed.every(wireQuery.isListable),
    // in an order of the server's own, or by another field, one page is newest first by chance only
    isOrdered: isSortOf(query.order, sortField) && isInOrder(listed, query),
    isLast,
    total,
    requestedAt: page.answer.requestedAt,
    serverTime: page.answer.serverTime,
  };
}

/** Tries the sort fields in turn until the server takes one; what it refused is not tried again. */
async function readSorted(
  query: InstanceQuery,
  wish: ListWish,
  parts: ListParts,
): Promise<{ readonly page: RawPage; readonly sortField: string | null }> {
  const { state } = parts;
  for (let tried = 0; ; tried += 1) {
    const sortField = sortFieldFor(query.order, state.facts);
    const text = toWireQuery(query, state.queryDialect).text;
    const { page: number, isOldestFirst: isAscending = false } = query;
    const list = { path: INSTANCES, query: text, page: number, limit: parts.pageSize, sortField, isAscending, ...wish };
    try {
      const page = await readPage(list, parts, state);
      if (sortField !== null) accept(sortField, state);
      return { page, sortField };
    } catch (error) {
      const mayBeSort = sortField !== null && tried < MAX_SORTS;
      if (!mayBeSort || !(await isSortRefused(error, sortField, wish, parts))) {
        doubtStatusConditions(query, error, state);
        doubtMoments(query, error, state);
        throw error;
      }
      refuse(sortField, error, state);
    }
  }
}

/**
 * A refusal without the code may be about the condition: then a list with nothing but the sort field decides, and where
 * the server faults at it, whether it answers without one.
 */
async function isSortRefused(error: unknown, sortField: string, wish: ListWish, parts: ListParts): Promise<boolean> {
  if (!isNo(error) || parts.state.facts.acceptedSorts.includes(sortField)) return false;
  if (error instanceof RefusedError && error.errorCode?.toLowerCase() === INVALID_SORT.toLowerCase()) return true;
  const short = { path: INSTANCES, page: 1, limit: 1, ...wish };
  try {
    await readPage({ ...short, sortField }, parts, parts.state);
    accept(sortField, parts.state);
    return false;
  } catch (again) {
    if (!isNo(again)) throw again;
    if (isServerFault(again)) await readPage(short, parts, parts.state);
    return true;
  }
}

function isNo(error: unknown): boolean {
  return (error instanceof RefusedError && error.status === 400) || isServerFault(error);
}

/** A status condition that was learned and is refused now (an upgrade that names no version) is learned anew. */
function doubtStatusConditions(query: InstanceQuery, error: unknown, state: DialectState): void {
  const isSuspect = query.statuses !== undefined && query.title === undefined && state.facts.statusQuery !== null;
  if (!isSuspect || !(error instanceof RefusedError) || error.status !== 400) return;
  state.learn('status conditions', `refused: ${error.message}`, { statusQuery: null });
}

/** A moment that is refused in a condition: days are asked for from now on. */
function doubtMoments({ isFine = false }: InstanceQuery, error: unknown, state: DialectState): void {
  if (!isFine || !isNo(error)) return;
  const evidence = `a condition with date and time was refused: ${String(error)}`;
  state.learn('dateLiterals', evidence, { dateLiterals: 'day' });
}

function accept(sortField: string, state: DialectState): void {
  const { acceptedSorts } = state.facts;
  if (acceptedSorts.includes(sortField)) return;
  state.learn(`sort ${sortField}`, 'a list sorted by it was answered', {
    acceptedSorts: [...acceptedSorts, sortField],
  });
}

function refuse(sortField: string, error: unknown, state: DialectState): void {
  const evidence = `refused: ${error instanceof Error ? error.message : String(error)}`;
  state.learn(`sort ${sortField}`, evidence, { refusedSorts: [...state.facts.refusedSorts, sortField] });
}
