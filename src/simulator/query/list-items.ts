import type { Answer, Exchange } from '../http/exchange.ts';
import type { DataMap, World } from '../world/types.ts';
import { compileQuery, type Field } from './compile-query.ts';
import { chooseSortField, readListParameters } from './list-parameters.ts';

interface ItemList<T> {
  readonly prefix: string;
  readonly fields: readonly Field<T>[];
  readonly items: readonly T[];
  readonly render: (item: T) => DataMap;
  /** Default: Id. */
  readonly defaultSort?: string;
  /** Fields to sort by, beside the default one. Default: all. */
  readonly sortable?: readonly string[];
}

/** A list of something there is little of: query, order and page as everywhere. */
export function listItems<T>(world: World, exchange: Exchange, list: ItemList<T>): Answer {
  const { knobs } = world;
  const defaultSort = list.defaultSort ?? 'Id';
  const parameters = readListParameters(exchange.search, knobs, { prefix: list.prefix, defaultSort });
  const { page, limit } = parameters;
  const { get } = chooseSortField(parameters, list.fields, {
    knobs: { ...knobs, sortFields: list.sortable ?? 'all' },
    defaultSort,
  });
  const matches = compileQuery(parameters.query, list.fields, {
    knobs,
    now: world.clock.now(),
    userName: exchange.user.name,
  });
  const found = list.items.filter(matches).sort((a, b) => compareValues(get(a), get(b)));
  if (parameters.isDescending) found.reverse();
  return {
    status: 200,
    headers: knobs.totalCount ? { 'x-total-count': String(found.length) } : {},
    body: found.slice((page - 1) * limit, page * limit).map(list.render),
  };
}

function compareValues(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
