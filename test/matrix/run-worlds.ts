import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Ending } from './live.ts';
import type { Plan } from './plan.ts';

export interface Worlds {
  readonly plans: readonly Plan[];
  readonly redisUrl: string;
  /** Worlds at once: they mostly wait. */
  readonly jobs: number;
  readonly onEnding?: (ending: Ending) => void;
}

/** One world, and how many times the usual time it gets. */
export interface Order {
  readonly number: number;
  readonly plan: Plan;
  readonly redisUrl: string;
  readonly patience: number;
}

/** What a world that was only slow gets when only as many live at once as there are processors. */
const AGAIN_PATIENCE = 2;

/**
 * Lives through all worlds, several at once, on as many threads as there are processors. A world that did no harm, and
 * only did not come to its end in time, is lived through again at the end: with twice the
 * time, no more at once than processors.
 */
export async function runWorlds({ plans, redisUrl, jobs, onEnding }: Worlds): Promise<readonly Ending[]> {
  const processors = Math.min(availableParallelism(), jobs);
  const threads = startThreads(processors);
  const left = [...plans];
  const again: Plan[] = [];
  const endings: Ending[] = [];
  const note = (ending: Ending): void => {
    endings.push(ending);
    onEnding?.(ending);
  };
  const work = async (): Promise<void> => {
    for (let plan = left.shift(); plan; plan = left.shift()) {
      const ending = await threads.live({ plan, redisUrl, patience: 1 });
      if (ending.isSettled || isHarmful(ending)) note(ending);
      else again.push(plan);
    }
  };
  const workAgain = async (): Promise<void> => {
    for (let plan = again.shift(); plan; plan = again.shift()) {
      console.info(`once more, with twice the time: seed ${plan.seed}: ${plan.name}`);
      note(await threads.live({ plan, redisUrl, patience: AGAIN_PATIENCE }));
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, work));
    await Promise.all(Array.from({ length: processors }, workAgain));
  } finally {
    await threads.stop();
  }
  return endings;
}

interface Threads {
  live(order: Omit<Order, 'number'>): Promise<Ending>;
  stop(): Promise<void>;
}

function startThreads(count: number): Threads {
  const waiting = new Map<number, (ending: Ending) => void>();
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(new URL('world-worker.ts', import.meta.url));
    worker.on('message', ({ number, ending }: { readonly number: number; readonly ending: Ending }) => {
      waiting.get(number)?.(ending);
      waiting.delete(number);
    });
    worker.on('error', (error) => {
      throw error;
    });
    return worker;
  });
  let number = 0;
  return {
    live: async (order) =>
      new Promise((resolve) => {
        number += 1;
        const worker = workers[number % workers.length];
        waiting.set(number, resolve);
        worker?.postMessage({ ...order, number }); // oxlint-disable-line unicorn/require-post-message-target-origin -- a thread has no origin
      }),
    stop: async () => void (await Promise.all(workers.map(async (worker) => worker.terminate()))),
  };
}

/** No machine is too busy for these: wrong links, ends and counts, a second restart, a second certificate. */
function isHarmful({ faults }: Ending): boolean {
  return faults.some((fault) => /^(P[1457] |P2 .*(did not become|has a new run))/.test(fault));
}

/** The worlds that took longest. */
export function slowText(endings: readonly Ending[]): string {
  const slow = endings.toSorted((one, other) => other.seconds - one.seconds).slice(0, 5);
  return `slowest: ${slow.map(({ plan, seconds }) => `${seconds.toFixed(0)} s ${plan.name}`).join('; ')}`;
}

/** What one world broke, in a few lines. */
export function endingText({ plan, seconds, faults }: Ending): string {
  const word = faults.length === 0 ? 'ok  ' : 'FAIL';
  const lines = faults.slice(0, MAX_FAULTS).map((fault) => `      ${fault}`);
  return [`${word} ${seconds.toFixed(1)} s, seed ${plan.seed}: ${plan.name}`, ...lines].join('\n');
}

const MAX_FAULTS = 4;
