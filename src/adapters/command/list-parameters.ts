import type { Parameters } from './target.ts';

/** Which names of list parameters a server heeds; `both` while that is not known: unknown names are ignored. */
export type ParameterNames = '10' | '11' | 'both';

export interface ListParameters {
  readonly query?: string | null;
  /** From 1. */
  readonly page: number;
  readonly limit: number;
  /** Sorted descending; absent: the server's own order. */
  readonly sortField?: string | null;
  readonly isAscending?: boolean;
}

/** Writes the parameters of a list call; 10.x has the same names behind a prefix (API reference 3). */
export function toListParameters(list: ListParameters, names: ParameterNames): Parameters {
  const plain: [string, string][] = [
    ...(list.query ? [['QueryString', list.query] as [string, string]] : []),
    ['PageReturned', String(list.page)],
    ['ReturnLimit', String(list.limit)],
    ...(list.sortField ? sortParameters(list.sortField, list.isAscending === true) : []),
  ];
  const prefixed = plain.map(([name, value]) => [`pq.${name[0]?.toLowerCase()}${name.slice(1)}`, value] as const);
  if (names === '10') return prefixed;
  return names === '11' ? plain : [...plain, ...prefixed];
}

/** Zero is ascending, one descending, whatever the name says (API reference 3). */
function sortParameters(field: string, isAscending: boolean): [string, string][] {
  return [
    ['SortField', field],
    ['SortAscending', isAscending ? '0' : '1'],
  ];
}
