/** A virtual clock with a queue of events. Nothing here waits for real time. */
export interface Scheduler {
  /** Virtual ms since 1970. */
  now(): number;
  at(time: number, event: () => void): void;
  after(ms: number, event: () => void): void;
  /** Runs events in the order of their times until none is left before `until`; answers how many ran. */
  run(until: number): Promise<number>;
}

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly event: () => void;
}

export function createScheduler(start: number): Scheduler {
  const heap: Entry[] = [];
  let clock = start;
  let order = 0;
  const at = (time: number, event: () => void): void => {
    push(heap, { time: Math.max(time, clock), order: order++, event });
  };
  return {
    now: () => clock,
    at,
    after: (ms, event) => at(clock + ms, event),
    run: async (until) => {
      let steps = 0;
      for (let next = heap[0]; next !== undefined && next.time <= until; next = heap[0]) {
        pop(heap);
        clock = next.time;
        next.event();
        steps += 1;
        await idle();
      }
      clock = Math.max(clock, until);
      return steps;
    },
  };
}

/** Resolves once every continuation that an event set going has run as far as it can. */
async function idle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Entry;
    if (!isBefore(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
    const below = heap[child] as Entry;
    if (!isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
}
