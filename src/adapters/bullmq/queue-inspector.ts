import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { Queue } from 'bullmq';
import type { FastifyPluginCallback } from 'fastify';
import type { Redis } from 'ioredis';
import { DELIVERY_QUEUE } from './delivery-queue.ts';
import { within } from './within.ts';
import { WORK_QUEUES } from './work-queue.ts';

export interface QueueInspectorOptions {
  /** A new connection with `maxRetriesPerRequest: null`. */
  readonly connect: () => Redis;
  readonly prefix: string;
  /** Where the plugin is mounted, such as `/queues`. */
  readonly path: string;
}

export interface QueueInspector {
  /** Shows the queues and their jobs; changes nothing. */
  readonly plugin: FastifyPluginCallback;
  stop(): Promise<void>;
}

/** A look into the queues for those who run the daemon, read-only, over a connection of its own. */
export function createQueueInspector({ connect, prefix, path }: QueueInspectorOptions): QueueInspector {
  const connection = connect();
  const queues = [...WORK_QUEUES, DELIVERY_QUEUE].map((name) => {
    const queue = new Queue(name, { connection, prefix });
    queue.on('error', () => undefined); // Redis is watched elsewhere
    return queue;
  });
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(path);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Remediator queues', hideRedisDetails: true } },
  });
  // What goes wrong is told by the server that this is part of, in its own form and without the inside of an error.
  serverAdapter.setErrorHandler((error) => {
    throw error;
  });
  return {
    plugin: serverAdapter.registerPlugin(),
    stop: async () => {
      await within(Promise.all(queues.map(async (queue) => queue.close())), 2000);
      connection.disconnect();
    },
  };
}
