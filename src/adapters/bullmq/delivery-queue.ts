import { createHash } from 'node:crypto';
import { DelayedError, Queue, Worker } from 'bullmq';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { deliveryDelayMs } from '../../core/alert-state.ts';
import type { AlertMessage, Deliveries, Notifier, RecoveredMessage } from '../../ports/alerts.ts';
import { within } from './within.ts';

export interface DeliveryQueueOptions {
  /** A new connection with `maxRetriesPerRequest: null`. */
  readonly connect: () => Redis;
  readonly prefix: string;
  /** The channels by their names: addresses and secrets stay here, never in the queue. */
  readonly notifiers: readonly Notifier[];
  readonly onResult: (result: DeliveryResult) => void;
  /** The pause before the next try. Default: `deliveryDelayMs`. */
  readonly delayMs?: (tries: number, ageMs: number) => number;
}

export interface DeliveryResult {
  readonly channel: string;
  readonly key: string;
  readonly result: 'ok' | 'failed';
}

interface Delivery {
  readonly channel: string;
  /** What must stay in order: the channel and the alert. */
  readonly lane: string;
  readonly message: AlertMessage | RecoveredMessage;
}

/** The queue of messages on their way. */
export const DELIVERY_QUEUE = 'alerts';

/** Messages sent at once by one replica. */
const CONCURRENCY = 8;

/** As for all queues of ours: a crashed worker's message goes to another one after about both together. */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 10_000;

/** A message is never given up for its number of tries. */
const FOR_EVER = 1_000_000_000;

/** Delivered ones are kept this long (seconds), so that the same message is not taken twice. */
const KEPT_S = 3600;

/** How long a message waits for the one before it; it is called when that one is accepted. */
const BLOCKED_MS = 15_000;

/** A channel that no replica has known for this long was taken out of the configuration. */
const UNKNOWN_CHANNEL_MS = 24 * 3_600_000;

/** The most entries of one lane that one look clears away. */
const LANE_LIMIT = 1000;

/** Messages on their way, in a durable queue: each is sent until its channel accepts it, in order per channel and alert. */
export class DeliveryQueue implements Deliveries {
  private readonly options: DeliveryQueueOptions;
  private readonly connection: Redis;
  private readonly queue: Queue<Delivery>;
  private worker: Worker<Delivery> | null = null;
  private workerConnection: Redis | null = null;
  private closing: Promise<void> | null = null;

  constructor(options: DeliveryQueueOptions) {
    this.options = options;
    this.connection = options.connect();
    this.queue = new Queue<Delivery>(DELIVERY_QUEUE, { connection: this.connection, prefix: options.prefix });
    this.queue.on('error', () => undefined); // Redis is watched elsewhere
  }

  async add(channel: string, id: string, message: AlertMessage | RecoveredMessage): Promise<void> {
    const jobId = `m-${hashOf(channel, id)}`;
    const lane = hashOf(channel, keyOf(message));
    // The place in line comes first: an entry without a job is cleared away, a job without an entry could overtake.
    const turn = await this.connection.incr(`${this.options.prefix}:alert-turns`);
    await this.connection.zadd(this.laneKey(lane), 'NX', turn, jobId);
    await this.queue.add(
      'deliver',
      { channel, lane, message },
      {
        jobId,
        attempts: FOR_EVER,
        backoff: { type: 'alert' },
        removeOnComplete: { age: KEPT_S },
        stackTraceLimit: 1,
      },
    );
  }

  /** Begins to deliver. */
  start(): void {
    const delayMs = this.options.delayMs ?? deliveryDelayMs;
    this.workerConnection = this.options.connect();
    this.worker = new Worker<Delivery>(DELIVERY_QUEUE, async (job, token, signal) => this.deliver(job, token, signal), {
      connection: this.workerConnection,
      prefix: this.options.prefix,
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: FOR_EVER,
      settings: { backoffStrategy: (tries, _type, _error, job) => delayMs(tries, ageMs(job)) },
    });
    this.worker.on('error', () => undefined); // Redis is watched elsewhere
    this.worker.on('completed', (job: Job<Delivery>) => void this.callNext(job).catch(() => undefined));
  }

  /** Messages that are not accepted yet. */
  async pending(): Promise<number> {
    return this.queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized');
  }

  /** Takes no new message and waits for those under way, at most `graceMs`; what is left is sent later. */
  async close(graceMs: number): Promise<void> {
    this.closing ??= this.closeAll(graceMs);
    await this.closing;
  }

  private async closeAll(graceMs: number): Promise<void> {
    const { worker } = this;
    if (worker && !(await within(worker.close(), graceMs))) {
      worker.cancelAllJobs('stopping');
      await within(worker.close(), CLOSE_LIMIT_MS);
    }
    await within(this.queue.close(), CLOSE_LIMIT_MS);
    this.connection.disconnect();
    this.workerConnection?.disconnect();
  }

  private async deliver(job: Job<Delivery>, token?: string, signal?: AbortSignal): Promise<void> {
    const { channel, lane, message } = job.data;
    if (!(await this.isFirst(lane, job))) {
      await job.moveToDelayed(Date.now() + BLOCKED_MS, token);
      throw new DelayedError();
    }
    const tell = (result: DeliveryResult['result']): void =>
      this.options.onResult({ channel, key: keyOf(message), result });
    const notifier = this.options.notifiers.find(({ name }) => name === channel);
    if (notifier === undefined) {
      tell('failed');
      if (ageMs(job) > UNKNOWN_CHANNEL_MS) return;
      throw new Error(`no channel ${channel} in the configuration of this replica`);
    }
    try {
      await notifier.send(message, signal);
    } catch (error) {
      tell('failed');
      throw error;
    }
    tell('ok');
  }

  /** Is there no earlier message of this lane under way? Entries whose message is accepted are cleared away. */
  private async isFirst(lane: string, job: Job<Delivery>): Promise<boolean> {
    for (let cleared = 0; cleared < LANE_LIMIT; cleared++) {
      const [first] = await this.connection.zrange(this.laneKey(lane), '0', '0');
      if (first === undefined || first === job.id) return true;
      const state = await this.queue.getJobState(first);
      if (state !== 'completed' && state !== 'failed' && state !== 'unknown') return false;
      await this.connection.zrem(this.laneKey(lane), first);
    }
    return false;
  }

  private async callNext(job: Job<Delivery>): Promise<void> {
    const lane = this.laneKey(job.data.lane);
    await this.connection.zrem(lane, job.id ?? '');
    const [next] = await this.connection.zrange(lane, '0', '0');
    const waiting = next === undefined ? undefined : await this.queue.getJob(next);
    if (waiting && (await waiting.isDelayed())) await waiting.promote();
  }

  private laneKey(lane: string): string {
    return `${this.options.prefix}:alert-lanes:${lane}`;
  }
}

/** How long closing what is idle may take. */
const CLOSE_LIMIT_MS = 2000;

function keyOf(message: AlertMessage | RecoveredMessage): string {
  return 'key' in message ? message.key : `recovered:${message.rootInstanceId}`;
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function ageMs(job: { readonly timestamp: number } | undefined): number {
  return job === undefined ? 0 : Date.now() - job.timestamp;
}
