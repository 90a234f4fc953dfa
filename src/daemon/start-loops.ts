import type { WorkQueue } from '../adapters/bullmq/work-queue.ts';
import { StoreLostError } from '../core/errors.ts';
import { callWaiters } from '../gate/call-waiters.ts';
import type { AnswerWatch } from '../gate/watch-answers.ts';
import { giveSignOfLife } from '../remediation/give-sign-of-life.ts';
import { probeAccess } from '../remediation/access.ts';
import type { WorkParts } from './create-parts.ts';
import type { StopKeeper } from './keep-stops.ts';
import { startLoop } from './loop.ts';
import type { Loop } from './loop.ts';

/** Turns of this replica's loops, ms. */
const DISPATCH_MS = 100;
const CALL_MS = 100;
const BEAT_MS = 2000;
/** What stops all work is seen, and hence outlives a loss of the store, this long after it was said. */
const STOPS_MS = 250;

/** Wake-ups on their way to a worker: no more than this, so that the due ones stay in order. */
const QUEUED_LIMIT = 500;
/** A wake-up that was lost comes again after this time. */
const LEASE_MS = 5000;

/** How often observe mode tells what it would do, and the most records it counts. */
const OBSERVE_MS = 15_000;
const OBSERVE_LIMIT = 5000;

/** Tells how many would be restarted now, whenever the number changes. */
function createObserver(parts: WorkParts): () => Promise<void> {
  let told = 0;
  return async () => {
    const waiting = await parts.store.loadMany(await parts.store.rootsIn('waiting', OBSERVE_LIMIT));
    const count = waiting.filter(({ wait }) => wait === 'observe').length;
    if (count !== told) parts.emit('observe.would-restart', { count });
    told = count;
  };
}

export interface LoopOptions {
  readonly role: 'all' | 'poller' | 'worker';
  readonly answers: Pick<AnswerWatch, 'look'>;
  readonly stops: StopKeeper;
  readonly onStoreLost: (error: StoreLostError) => void;
}

/** Starts what this replica does by its own clock. The first is the heartbeat. */
export function startLoops(
  parts: WorkParts,
  queue: WorkQueue,
  { role, answers, stops, onStoreLost }: LoopOptions,
): readonly Loop[] {
  const onError = (error: unknown): void => {
    if (error instanceof StoreLostError) onStoreLost(error); // anything else: Redis is away, which is told elsewhere
  };
  const beat = async (): Promise<void> => {
    await giveSignOfLife(parts);
    await stops.beat();
    await answers.look();
  };
  const dispatch = async (): Promise<void> => {
    const free = QUEUED_LIMIT - (await queue.waiting());
    if (free > 0) await queue.enqueue(await parts.store.takeDue(free, LEASE_MS));
  };
  const loops = [startLoop(beat, BEAT_MS, onError), startLoop(async () => stops.look(), STOPS_MS, onError)];
  if (role === 'poller') return loops;
  loops.push(startLoop(async () => parts.step(dispatch), DISPATCH_MS, onError));
  loops.push(startLoop(async () => parts.step(async () => callWaiters(parts)), CALL_MS, onError));
  loops.push(startLoop(async () => parts.step(async () => probeAccess(parts)), BEAT_MS, onError));
  if (parts.policy.mode === 'observe') loops.push(startLoop(createObserver(parts), OBSERVE_MS, onError));
  return loops;
}
