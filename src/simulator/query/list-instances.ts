import { asOf } from '../world/instance-changes.ts';
import type { Instance, World } from '../world/types.ts';
import { compileQuery, type Predicate } from './compile-query.ts';
import { INSTANCE_FIELDS, INSTANCE_SORT_FIELDS } from './instance-fields.ts';
import { chooseSortField, readListParameters } from './list-parameters.ts';

export interface InstanceList {
  readonly rows: readonly Instance[];
  readonly total: number;
}

export interface ListRequest {
  readonly search: URLSearchParams;
  readonly prefix: string;
  readonly userName: string;
  /** How far behind the present the answer lies. */
  readonly staleMs: number;
  readonly only?: Predicate<Instance>;
}

const DEFAULT_SORT = 'CurrentStepDisplayName';

/** One page of instances, and how many match. */
export function listInstances(world: World, request: ListRequest): InstanceList {
  const { knobs } = world;
  const parameters = readListParameters(request.search, knobs, { prefix: request.prefix, defaultSort: DEFAULT_SORT });
  const field = chooseSortField(parameters, INSTANCE_SORT_FIELDS, { knobs, defaultSort: DEFAULT_SORT });
  const now = world.clock.now();
  const matches = compileQuery(parameters.query, INSTANCE_FIELDS, { knobs, now, userName: request.userName });
  const at = now - request.staleMs;

  const all = world.instances.ordered(field);
  const first = (parameters.page - 1) * parameters.limit;
  const rows: Instance[] = [];
  let total = 0;
  for (let index = 0; index < all.length; index += 1) {
    const present = all[parameters.isDescending ? all.length - 1 - index : index];
    const shown = present && (request.staleMs > 0 || present.visibleAt > at ? asOf(present, at) : present);
    if (!shown || !matches(shown) || request.only?.(shown) === false) continue;
    if (total >= first && rows.length < parameters.limit) rows.push(shown);
    total += 1;
  }
  return { rows, total };
}
