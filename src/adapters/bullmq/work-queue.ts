import { Queue as BullQueue, Worker } from 'bullmq';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Queue } from '../../ports/queue.ts';
import { within } from './within.ts';

export interface WorkQueueOptions {
  /** A new connection with `maxRetriesPerRequest: null`. */
  readonly connect: () => Redis;
  readonly prefix: string;
}

/** What the recurring jobs do. */
export interface Duties {
  readonly advance: (rootInstanceId: string) => Promise<void>;
  readonly sweep: () => Promise<void>;
  readonly scan: () => Promise<void>;
  readonly test: () => Promise<void>;
  readonly alert: () => Promise<void>;
}

/** How often each recurring job runs, in ms, over all replicas together. */
export interface Rhythm {
  readonly sweepMs: number;
  readonly scanMs: number;
  readonly alertMs: number;
}

/** A crashed worker's job goes to another one after about the lock and one check (DESIGN.md 8: within 30 s). */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 10_000;

/** Wishes for a sweep within this time make one sweep. */
const SWEEP_SOON_MS = 1000;

/** The first sweep goes before the first scan. */
const SCAN_SOON_MS = 3000;

const WORK = 'remediations';

/** The queues of the engine by name: the work, and the recurring jobs. */
export const WORK_QUEUES: readonly string[] = [WORK, 'sweeps', 'scans', 'tests', 'alert-checks'];

const FORGET = { removeOnComplete: true, removeOnFail: true } as const;

/** The queues of the engine. Jobs carry only an id; the record is the truth, so a lost or repeated job does no harm. */
export class WorkQueue implements Queue {
  private readonly options: WorkQueueOptions;
  private readonly connection: Redis;
  private readonly work: BullQueue;
  private readonly sweeps: BullQueue;
  private readonly scans: BullQueue;
  private readonly tests: BullQueue;
  private readonly alertChecks: BullQueue;
  private readonly workers: Worker[] = [];
  private readonly connections: Redis[] = [];

  constructor(options: WorkQueueOptions) {
    this.options = options;
    this.connection = options.connect();
    this.work = this.create(WORK);
    this.sweeps = this.create('sweeps');
    this.scans = this.create('scans');
    this.tests = this.create('tests');
    this.alertChecks = this.create('alert-checks');
  }

  async enqueue(rootInstanceIds: readonly string[]): Promise<void> {
    if (rootInstanceIds.length === 0) return;
    const jobs = rootInstanceIds.map((root) => ({
      name: 'advance',
      data: { root },
      opts: { jobId: `root-${root}`, ...FORGET },
    }));
    await this.work.addBulk(jobs);
  }

  /** Jobs that no worker has taken yet. */
  async waiting(): Promise<number> {
    return this.work.getWaitingCount();
  }

  async requestSweep(): Promise<void> {
    await this.sweeps.add('sweep', {}, { jobId: 'sweep-soon', delay: SWEEP_SOON_MS, ...FORGET });
  }

  /** A full scan at once: a start does not wait for the next regular one. */
  async requestScan(): Promise<void> {
    await this.scans.add('scan', {}, { jobId: 'scan-soon', delay: SCAN_SOON_MS, ...FORGET });
  }

  async requestTests(): Promise<void> {
    await this.tests.add('test', {}, { jobId: 'test-now', ...FORGET });
  }

  /** Sets up the recurring jobs: one run per interval over all replicas. Safe to call from every replica, and again. */
  async schedule(rhythm: Rhythm): Promise<void> {
    for (const queue of [this.sweeps, this.scans, this.tests, this.alertChecks]) await queue.setGlobalConcurrency(1);
    const every = async (queue: BullQueue, name: string, ms: number): Promise<unknown> =>
      queue.upsertJobScheduler(`every-${name}`, { every: ms }, { name, data: {}, opts: FORGET });
    await every(this.sweeps, 'sweep', rhythm.sweepMs);
    await every(this.scans, 'scan', rhythm.scanMs);
    await every(this.alertChecks, 'alert', rhythm.alertMs);
  }

  /** Starts this replica's workers. `concurrency`: steps of remediations at once. */
  start(duties: Duties, concurrency: number, role: 'all' | 'poller' | 'worker'): void {
    if (role !== 'poller') {
      this.run(WORK, concurrency, async (job) => duties.advance(rootOf(job)));
      this.run('tests', 1, duties.test);
    }
    if (role === 'worker') return;
    this.run('sweeps', 1, duties.sweep);
    this.run('scans', 1, duties.scan);
    this.run('alert-checks', 1, duties.alert);
  }

  /** Takes no new work and waits for what is under way, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    await within(Promise.all(this.workers.map(async (worker) => worker.close())), graceMs);
    const queues = [this.work, this.sweeps, this.scans, this.tests, this.alertChecks];
    await within(Promise.all(queues.map(async (queue) => queue.close())), 2000);
    for (const connection of [this.connection, ...this.connections]) connection.disconnect();
  }

  private create(name: string): BullQueue {
    const queue = new BullQueue(name, { connection: this.connection, prefix: this.options.prefix });
    queue.on('error', () => undefined); // Redis is watched elsewhere
    return queue;
  }

  private run(queue: string, concurrency: number, duty: (job: Job) => Promise<void>): void {
    const connection = this.options.connect();
    const worker = new Worker(queue, duty, {
      connection,
      prefix: this.options.prefix,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: 1_000_000, // a wake-up is never used up
    });
    worker.on('error', () => undefined); // Redis is watched elsewhere
    this.workers.push(worker);
    this.connections.push(connection);
  }
}

function rootOf(job: Job): string {
  const data: unknown = job.data;
  return typeof data === 'object' && data !== null && 'root' in data ? String(data.root) : '';
}
