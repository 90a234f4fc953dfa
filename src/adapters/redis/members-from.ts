import type { ListPosition } from '../../core/list-position.ts';
import type { Kv } from './kv.ts';

type Place = Pick<ListPosition, 'at' | 'root'>;

/** Members that one look at a sorted set takes. */
const LOT = 200;

/**
 * The members of a sorted set by rising score, in lots, from behind a place on. Members of equal score stand in the order
 * of their names, and there may be more of them than a lot has.
 */
export async function* membersFrom(kv: Kv, key: string, start: Place | null): AsyncGenerator<readonly string[]> {
  let passed = start;
  let offset = 0;
  for (;;) {
    const page = await kv.zrange(key, { min: passed?.at ?? '-inf', offset, limit: LOT });
    const before = passed;
    const rest = before === null ? page : page.filter((next) => next.score > before.at || next.member > before.root);
    yield rest.map(({ member }) => member);
    const last = page.at(-1);
    if (!last || page.length < LOT) return;
    const isSameScore = last.score === before?.at;
    offset = isSameScore ? offset + page.length : 0;
    passed = { at: last.score, root: isSameScore && before.root > last.member ? before.root : last.member };
  }
}
