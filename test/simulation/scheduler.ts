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
      const isDue = (): boolean => (heap[0]?.time ?? Infinity) <= until;
      const step = (): void => {
        const [next] = heap;
        if (next === undefined || !isDue()) return;
        pop(heap);
        clock = next.time;
        steps += 1;
        next.event();
      };
      while (isDue()) await inTurn(step);
      clock = Math.max(clock, until);
      return steps;
    },
  };
}

/** Turns of the event loop cost more than most steps: so many steps go into one. */
const STEPS_A_TURN = 64;

/**
 * Runs that many steps; before each one every continuation that the one before set going has run as far as it can: Node
 * empties the queues of promises between two immediates.
 */
async function inTurn(step: () => void): Promise<void> {
  for (let count = 1; count < STEPS_A_TURN; count++) setImmediate(step);
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      step();
      resolve();
    });
  });
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
