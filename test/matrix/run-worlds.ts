import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Ending } from './live.ts';
import type { Plan } from './plan.ts';

export interface Worlds {
  readonly plans: readonly Plan[];
  readonly redisUrl: string;
  /** The most worlds at once: they mostly wait. A busy machine takes fewer. */
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
 * Lives through all worlds, many at once, on as many threads as there are processors. A world that did no harm, and
 * only did not come to its end in time, is lived through again at the end: with twice the
 * time, no more at once than processors.
 */
export async function runWorlds({ plans, redisUrl, jobs, onEnding }: Worlds): Promise<readonly Ending[]> {
  const threads = startThreads(Math.min(availableParallelism(), jobs));
  const again: Ending[] = [];
  const endings: Ending[] = [];
  const note = (ending: Ending): void => {
    endings.push(ending);
    onEnding?.(ending);
  };
  const work = async (thread: Thread, plan: Plan): Promise<void> => {
    const ending = await thread.live({ plan, redisUrl, patience: 1 });
    if (ending.isSettled || isHarmful(ending)) note(ending);
    else again.push(ending);
  };
  const workAgain = async (thread: Thread): Promise<void> => {
    for (let slow = again.shift(); slow; slow = again.shift()) {
      console.info(`once more, with twice the time: ${endingText(slow)}`);
      note(await thread.live({ plan: slow.plan, redisUrl, patience: AGAIN_PATIENCE }));
    }
  };
  try {
    await giveOut(plans, { threads, most: Math.ceil(jobs / threads.length), work });
    await Promise.all(threads.map(workAgain));
  } finally {
    await Promise.all(threads.map(async (thread) => thread.stop()));
  }
  return endings;
}

/** A thread that computes for more than this share of the time gets no further world: those that it has would be late. */
const BUSY = 0.6;
/** How often a thread is looked at; a world that begins shows by then. */
const GIVE_MS = 500;

interface Giving {
  readonly threads: readonly Thread[];
  /** Worlds on one thread at once. */
  readonly most: number;
  readonly work: (thread: Thread, plan: Plan) => Promise<void>;
}

/** Begins a world wherever a thread has time for one, in the order of the plans. */
async function giveOut(plans: readonly Plan[], { threads, most, work }: Giving): Promise<void> {
  const left = [...plans];
  const begun: Promise<void>[] = [];
  while (left.length > 0) {
    for (const thread of threads) {
      const isFree = thread.busyShare() < BUSY && thread.worlds() < most;
      const plan = isFree || thread.worlds() === 0 ? left.shift() : undefined;
      if (plan) begun.push(work(thread, plan));
    }
    await new Promise((resolve) => setTimeout(resolve, GIVE_MS));
  }
  await Promise.all(begun);
}

interface Thread {
  live(order: Omit<Order, 'number'>): Promise<Ending>;
  /** Worlds that live on it. */
  worlds(): number;
  /** The share of the time since the last look in which it did not just wait; a thread that gets no processor is busy. */
  busyShare(): number;
  stop(): Promise<void>;
}

function startThreads(count: number): readonly Thread[] {
  return Array.from({ length: count }, startThread);
}

function startThread(): Thread {
  const waiting = new Map<number, (ending: Ending) => void>();
  const worker = new Worker(new URL('world-worker.ts', import.meta.url));
  worker.on('message', ({ number, ending }: { readonly number: number; readonly ending: Ending }) => {
    waiting.get(number)?.(ending);
    waiting.delete(number);
  });
  worker.on('error', (error) => {
    throw error;
  });
  let number = 0;
  let before = worker.performance.eventLoopUtilization();
  return {
    live: async (order) =>
      new Promise((resolve) => {
        number += 1;
        waiting.set(number, resolve);
        worker.postMessage({ ...order, number }); // oxlint-disable-line unicorn/require-post-message-target-origin -- a thread has no origin
      }),
    worlds: () => waiting.size,
    busyShare: () => {
      const now = worker.performance.eventLoopUtilization();
      const { utilization } = worker.performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    stop: async () => void (await worker.terminate()),
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
