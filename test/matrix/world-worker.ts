import { parentPort } from 'node:worker_threads';
import { live } from './live.ts';
import type { Order } from './run-worlds.ts';

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread has no origin */

/** Lives through the worlds that it is sent, on a thread of its own. */
parentPort?.on('message', ({ number, plan, redisUrl, patience }: Order) => {
  void live(plan, redisUrl, patience).then((ending) => parentPort?.postMessage({ number, ending }));
});
