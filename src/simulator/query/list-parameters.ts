import { ApiError, badArgument } from '../http/api-error.ts';
import type { Knobs } from '../scenario/knobs.ts';

export interface ListParameters {
  readonly query: string;
  readonly page: number;
  readonly limit: number;
  readonly sortField: string;
  readonly isDescending: boolean;
}

const DEFAULT_LIMIT = 50;

interface Names {
  /** What 10.x writes before the names: `pq`, `query`, `instanceQuery` (API reference, 3). */
  readonly prefix: string;
  readonly defaultSort: string;
}

/** Reads the parameters of a list; the names of the other generation are ignored, as model binding does. */
export function readListParameters(search: URLSearchParams, knobs: Knobs, names: Names): ListParameters {
  const given = new Map([...search].map(([name, value]) => [name.toLowerCase(), value]));
  const read = (name: string): string | undefined => {
    const bare = knobs.parameters === '10' ? undefined : given.get(name);
    const prefixed = knobs.parameters === '11' ? undefined : given.get(`${names.prefix}.${name}`.toLowerCase());
    return bare ?? prefixed;
  };
  const order = read('sortascending') ?? '0';
  if (!/^(0|1|ascending|descending)$/i.test(order))
    throw badArgument(`The value '${order}' is not valid for SortAscending.`);
  return {
    query: read('querystring') ?? '',
    page: positive(read('pagereturned'), 1, 'PageReturned'),
    limit: Math.min(positive(read('returnlimit'), DEFAULT_LIMIT, 'ReturnLimit'), knobs.maxReturnLimit),
    sortField: read('sortfield') ?? names.defaultSort,
    isDescending: /^(1|descending)$/i.test(order),
  };
}

/** Finds the field to sort by among those accepted. */
export function chooseSortField<T extends { readonly name: string }>(
  parameters: ListParameters,
  fields: readonly T[],
  options: { knobs: Knobs; defaultSort: string },
): T {
  const { sortFields } = options.knobs;
  const wanted = sortFields === 'ignored' ? options.defaultSort : parameters.sortField;
  const found = fields.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const isDefault = wanted.toLowerCase() === options.defaultSort.toLowerCase();
  const isAccepted =
    isDefault ||
    typeof sortFields === 'string' ||
    sortFields.some((name) => name.toLowerCase() === wanted.toLowerCase());
  if (found && isAccepted) return found;
  throw new ApiError(400, '0xA011004A', `Invalid sort field: ${wanted}.`);
}

function positive(raw: string | undefined, usual: number, name: string): number {
  if (raw === undefined || raw === '') return usual;
  if (!/^\d{1,9}$/.test(raw) || Number(raw) < 1) throw badArgument(`The value '${raw}' is not valid for ${name}.`);
  return Number(raw);
}
