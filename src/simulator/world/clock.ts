/** Time as the simulator sees it: the present, and things that happen later. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs something once, later; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void;
  /** Cancels everything that has not happened yet. */
  stop(): void;
}

/** Longest delay that Node's timers take; longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A clock on real timers. */
export function createClock(now: () => number = Date.now): Clock {
  const timers = new Set<NodeJS.Timeout>();
  let isStopped = false;
  return {
    now,
    after(delayMs, run) {
      if (isStopped) return () => undefined;
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          run();
        },
        Math.min(Math.max(0, delayMs), MAX_TIMER_MS),
      );
      timers.add(timer);
      return () => {
        clearTimeout(timer);
        timers.delete(timer);
      };
    },
    stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
