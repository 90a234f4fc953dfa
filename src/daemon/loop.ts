/** Something that runs again and again until it is stopped, never twice at a time. */
export interface Loop {
  stop(): Promise<void>;
}

/** Runs `work`, then waits `pauseMs`, and so on. `work` must not throw: `onError` gets what it throws all the same. */
export function startLoop(work: () => Promise<void>, pauseMs: number, onError: (error: unknown) => void): Loop {
  const stopped = Promise.withResolvers<void>();
  const state = { isStopped: false };
  const run = async (): Promise<void> => {
    while (!state.isStopped) {
      try {
        await work();
      } catch (error) {
        onError(error);
      }
      await pause(pauseMs, stopped.promise);
    }
  };
  const done = run();
  return {
    stop: async () => {
      state.isStopped = true;
      stopped.resolve();
      await done;
    },
  };
}

async function pause(ms: number, until: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, until]);
  clearTimeout(timer);
}
