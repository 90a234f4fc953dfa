import { walkPages } from '../../../src/poller/walk-pages.ts';
import type { InstancePage } from '../../../src/ports/command.ts';

const SIZE = 10;

interface Server {
  /** How it takes an order: heeded, its own, or always newest first. */
  readonly sort?: 'heeded' | 'ignored' | 'newest';
  readonly hasTotal?: boolean;
  /** The same page, whatever its number. */
  readonly isPageIgnored?: boolean;
}

interface Entry {
  readonly id: string;
  readonly at: number;
  /** Its place where the server has an order of its own. */
  readonly place: number;
}

/** A list of rows that come and go after each read; a row that changes is the newest. */
function aList(count: number, { sort = 'heeded', hasTotal = true, isPageIgnored = false }: Server = {}) {
  const rows = new Map<string, Entry>();
  let clock = 0;
  let calls = 0;
  let move: (read: number) => void = () => undefined;
  const put = (id: string): void => {
    clock += 1;
    rows.set(id, { id, at: clock, place: (clock * 7919) % 1009 });
  };
  for (let index = 0; index < count; index += 1) put(`old-${index}`);
  const begunAt = clock + 1;
  clock += 1;
  const compare = (isOldestFirst: boolean) => (one: Entry, other: Entry) => {
    if (sort === 'ignored') return one.place - other.place;
    return sort === 'heeded' && isOldestFirst ? one.at - other.at : other.at - one.at;
  };
  const read = async (page: number, isOldestFirst: boolean): Promise<InstancePage> => {
    calls += 1;
    const all = [...rows.values()].sort(compare(isOldestFirst));
    const from = isPageIgnored ? 0 : (page - 1) * SIZE;
    const listed = all.slice(from, from + SIZE);
    const sign = isOldestFirst ? 1 : -1;
    const isOrdered = listed.every(({ at }, index) => index === 0 || sign * at >= sign * (listed[index - 1]?.at ?? at));
    move(calls);
    return {
      rows: listed.map(({ id, at }) => ({ id, lastModified: at })),
      received: listed.length,
      isFiltered: true,
      isOrdered,
      isLast: listed.length < SIZE || (hasTotal && page * SIZE >= all.length) || (isPageIgnored && page > 1),
      total: hasTotal ? all.length : null,
      requestedAt: begunAt,
      serverTime: begunAt,
    } as unknown as InstancePage;
  };
  return {
    read,
    put,
    leave: (id: string) => void rows.delete(id),
    ids: () => [...rows.keys()],
    calls: () => calls,
    /** What others do after each read. */
    meanwhile: (act: (read: number) => void) => void (move = act),
  };
}

async function walk(list: ReturnType<typeof aList>, limit = 100): Promise<readonly string[]> {
  const seen = new Set<string>();
  for await (const page of walkPages(list.read, limit)) for (const { id } of page.rows) seen.add(id);
  return [...seen];
}

test.each<readonly [string, number, Server, number]>([
  ['one page is one call', 5, {}, 1],
  ['an empty list is one call', 0, {}, 1],
  ['one call more than pages where the order holds', 200, {}, 21],
  ['a few more where rows are not counted', 200, { hasTotal: false }, 31],
  ['two passes where the order is ignored', 200, { sort: 'ignored' }, 41],
  ['two passes where only one direction is heeded', 200, { sort: 'newest' }, 41],
  ['it ends where the page number is ignored', 200, { isPageIgnored: true }, 7],
])('%s', async (_title, count, server, calls) => {
  const list = aList(count, server);

  const seen = await walk(list);

  expect(seen).toHaveLength(server.isPageIgnored ? 2 * SIZE : count);
  expect(list.calls()).toBe(calls);
});

test.each<readonly [string, Server]>([
  ['the order holds', {}],
  ['the order holds and rows are not counted', { hasTotal: false }],
  ['only one direction is heeded', { sort: 'newest' }],
])('no row that stays is passed over while others leave, come and change, where %s', async (_title, server) => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const list = aList(SIZE * 12, server);
    const old = new Set(list.ids());
    let state = seed;
    const pick = (below: number): number => (state = (state * 1103515245 + 12345) % 2147483648) % below;
    // One direction alone is read again and again: it takes a pause between the changes.
    const every = server.sort === 'newest' ? 20 : 1;
    list.meanwhile((read) => {
      if (read % every !== 0) return;
      for (let act = pick(4); act > 0; act -= 1) {
        const ids = list.ids();
        const id = ids[pick(ids.length)] ?? '';
        old.delete(id);
        if (pick(2) === 0) list.leave(id);
        else list.put(id);
        if (pick(3) === 0) list.put(`new-${seed}-${read}-${act}`);
      }
    });

    const seen = await walk(list);

    expect(seen).toEqual(expect.arrayContaining([...old]));
  }
});

test('rows that left during the first pass are made up for where the order is ignored', async () => {
  const list = aList(SIZE * 6, { sort: 'ignored' });
  list.meanwhile((read) => {
    if (read === 3) for (let index = 0; index < 12; index += 1) list.leave(`old-${index}`);
  });

  const seen = await walk(list);

  expect(seen).toEqual(expect.arrayContaining([...list.ids()]));
});

test('the newest are read where there are more pages than it may read', async () => {
  const list = aList(SIZE * 12);

  const seen = await walk(list, 4);

  expect(seen).toHaveLength(SIZE * 4);
  expect(seen).toContain(`old-${SIZE * 12 - 1}`);
});
