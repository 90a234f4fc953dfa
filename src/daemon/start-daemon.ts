import { randomUUID } from 'node:crypto';
import { DeliveryQueue } from '../adapters/bullmq/delivery-queue.ts';
import type { DeliveryResult } from '../adapters/bullmq/delivery-queue.ts';
import { WorkQueue } from '../adapters/bullmq/work-queue.ts';
import type { Rhythm } from '../adapters/bullmq/work-queue.ts';
import { createNotifiers } from '../adapters/notify/create-notifiers.ts';
import { connectQueue, connectStore, redisLabel } from '../adapters/redis/connect.ts';
import type { RedisOptions } from '../adapters/redis/connect.ts';
import { COMMAND_TIMEOUT_MS } from '../adapters/redis/redis-kv.ts';
import { createRedisAlert } from '../alerts/alert-directly.ts';
import type { Config } from '../config/schema.ts';
import { FEED } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { StoreLostError } from '../core/errors.ts';
import type { Command } from '../ports.ts';
import { createEvents } from '../telemetry/events.ts';
import type { Emit, Listener } from '../telemetry/events.ts';
import { bringUp } from './bring-up.ts';
import type { Unfit } from './fitness.ts';
import { createCommand, serverName } from './create-command.ts';
import { createParts } from './create-parts.ts';
import { createDuties } from './duties.ts';
import type { Loop } from './loop.ts';
import { startLoops } from './start-loops.ts';
import { createStoreParts, FingerprintKey } from './store-parts.ts';
import type { StoreParts } from './store-parts.ts';
import { toPolicy } from './to-policy.ts';
import { watchRedis } from './watch-redis.ts';

export interface DaemonOptions {
  readonly config: Config;
  readonly role: 'all' | 'poller' | 'worker';
  readonly redis: RedisOptions;
  readonly listeners: readonly Listener[];
  readonly replica?: string;
  /** True where the data may be lost at exit: the stand-in of Redis will do. Default: false. */
  readonly isThrowaway?: boolean;
}

export interface DaemonState {
  readonly isRedisAway: boolean;
  readonly unfit: Unfit | null;
  readonly isWorking: boolean;
}

export interface Daemon {
  readonly replica: string;
  readonly stores: StoreParts;
  readonly emit: Emit;
  readonly state: () => DaemonState;
  requestSweep(): Promise<void>;
  /** Alert messages that no channel has accepted yet. */
  alertsPending(): Promise<number>;
  /** Takes no new work, lets open restarts end within `shutdown.grace`, closes everything. */
  stop(): Promise<void>;
}

/** Starts one replica. It waits for Redis by itself and works as soon as everything is there. */
export function startDaemon(options: DaemonOptions): Daemon {
  const engine = createEngine(options);
  const { config, stores, emit, watch, stopping } = engine;
  const state: { unfit: Unfit | null; isWorking: boolean } = { unfit: null, isWorking: false };
  let work: Work | null = null;
  const mayUseStandIn = engine.policy.mode !== 'active' || options.isThrowaway === true;
  const question = { redis: engine.redis, ledger: stores.ledger, server: serverName(config), mayUseStandIn };
  const onUnfit = (unfit: Unfit | null): void => void (state.unfit = unfit);
  const started = bringUp({ question, stores, emit, stopping: stopping.signal, onUnfit })
    .then(async (isUp) => (isUp ? startWork(engine, options.role) : null))
    .then((begun) => {
      work = begun;
      state.isWorking = begun !== null;
      return begun;
    })
    .catch((error: unknown) => emit('step.failed', { root: 'start', error: toError(error) }));

  return {
    replica: engine.replica,
    stores,
    emit,
    state: () => ({ ...state, isRedisAway: watch.isAway() }),
    requestSweep: async () => work?.queue.requestSweep(),
    alertsPending: async () => work?.deliveries.pending() ?? 0,
    stop: async () => {
      stopping.abort();
      await started;
      if (work !== null) await stopWork(engine, work);
      await stopEngine(engine);
    },
  };
}

type Engine = ReturnType<typeof createEngine>;

/** Builds the parts that live as long as the replica; nothing of them works yet. */
function createEngine(options: DaemonOptions) {
  const { config } = options;
  const replica = options.replica ?? randomUUID().slice(0, 8);
  const { emit, subscribe } = createEvents();
  for (const listener of options.listeners) subscribe(listener);
  const redis = connectStore(options.redis, COMMAND_TIMEOUT_MS);
  const { prefix } = config.redis;
  const stores = createStoreParts(redis, { prefix, replica, requestsPerSecond: config.command.requestsPerSecond });
  const now = (): number => stores.kv.now();
  const notifiers = createNotifiers(config.alerts.channels);
  const { groupWait } = config.alerts;
  const redisAlert = createRedisAlert({ notifiers, groupWait, emit, now, label: redisLabel(options.redis.url) });
  const queues = { connect: () => connectQueue(options.redis), prefix: `${prefix}:queue` };
  return {
    config,
    policy: toPolicy(config),
    replica,
    emit,
    redis,
    stores,
    fingerprintKey: new FingerprintKey(config.security.fingerprintKey, stores.ledger),
    notifiers,
    redisAlert,
    watch: watchRedis(redis, redisAlert, emit),
    command: createCommand(config, { ...stores, emit, now }),
    queues,
    stopping: new AbortController(),
  };
}

/** What works once everything is there. The first loop is the heartbeat. */
interface Work {
  readonly queue: WorkQueue;
  readonly deliveries: DeliveryQueue;
  readonly loops: readonly Loop[];
}

/** Redis may be worked with: connects the queues, starts workers and loops. */
async function startWork(engine: Engine, role: DaemonOptions['role']): Promise<Work> {
  const { config, policy, stores, command, emit, replica, queues, notifiers } = engine;
  const queue = new WorkQueue(queues);
  const onResult = (result: DeliveryResult): void => emit('alert.delivered', result);
  const deliveries = new DeliveryQueue({ ...queues, notifiers, onResult });
  const stopping = engine.stopping.signal;
  const parts = await createParts({ ...engine, queue, deliveries, stopping });
  const alertMs = alertPauseMs(config.alerts.groupWait);
  const rhythm: Rhythm = { sweepMs: policy.poll.interval, scanMs: policy.poll.fullScan, alertMs };
  await queue.schedule(rhythm);
  await learnDialect(command, stopping);
  if (stopping.aborted) return { queue, deliveries, loops: [] };
  const begin = async (): Promise<void> => {
    await engine.fingerprintKey.share();
    // A store that was set back still has a feed: what failed before now may have been restarted since (DESIGN.md 4.2).
    await stores.ledger.update<Feed>(FEED, (feed) => feed && { ...feed, startedAt: stores.kv.now() });
    await queue.schedule(rhythm);
  };
  const onStoreLost = createRecovery(stores, begin, emit);
  queue.start(createDuties(parts, onStoreLost), stepConcurrency(config), role);
  deliveries.start();
  const loops = startLoops(parts, queue, { role, onStoreLost });
  emit('daemon.started', { replica, mode: policy.mode });
  await queue.requestSweep();
  await queue.requestScan();
  return { queue, deliveries, loops };
}

async function stopWork({ config }: Engine, { queue, deliveries, loops: [heartbeat, ...others] }: Work): Promise<void> {
  await Promise.all(others.map(async (loop) => loop.stop()));
  await queue.stop(config.shutdown.grace);
  await heartbeat?.stop(); // it went on until open restarts had ended
  await deliveries.close(DELIVERY_GRACE_MS);
}

async function stopEngine(engine: Engine): Promise<void> {
  await engine.redisAlert.stop();
  if (!engine.watch.isAway()) await engine.stores.ledger.leave(engine.replica).catch(() => undefined);
  await engine.command.close();
  engine.redis.disconnect();
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** An alert that is just being sent may end; the rest stays in the queue. */
const DELIVERY_GRACE_MS = 2000;

/** Alerts are looked at twice per `groupWait`, every 5 s at the least, twice a second at the most. */
function alertPauseMs(groupWaitMs: number): number {
  return Math.min(5000, Math.max(500, groupWaitMs / 2));
}

/** Steps at once: more than restarts at once, since most steps only look. */
function stepConcurrency({ restart }: Config): number {
  return Math.min(100, restart.concurrency * 2 + 8);
}

/** What other replicas have learned is one read away. Command away is no reason to wait here: each sweep tries again. */
async function learnDialect(command: Command, signal: AbortSignal): Promise<void> {
  await command.learnDialect(signal).catch(() => undefined);
}

/** The store went back: begin anew on it, once however many notice. */
function createRecovery(stores: StoreParts, begin: () => Promise<void>, emit: Emit): (error: StoreLostError) => void {
  let isUnderWay = false;
  return (error) => {
    if (isUnderWay) return;
    isUnderWay = true;
    emit('store.lost', { why: error.message });
    void stores.kv
      .attach(true)
      .then(begin)
      .catch(() => undefined) // whoever writes next notices again
      .finally(() => (isUnderWay = false));
  };
}
