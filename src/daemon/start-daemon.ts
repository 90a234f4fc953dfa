import { randomUUID } from 'node:crypto';
import { WorkQueue } from '../adapters/bullmq/work-queue.ts';
import { connectQueue, connectStore } from '../adapters/redis/connect.ts';
import type { RedisOptions } from '../adapters/redis/connect.ts';
import { COMMAND_TIMEOUT_MS } from '../adapters/redis/redis-kv.ts';
import type { Config } from '../config/schema.ts';
import { StoreLostError } from '../core/errors.ts';
import { callWaiters } from '../gate/call-waiters.ts';
import { probeAccess } from '../remediation/access.ts';
import { oldRowFate } from '../remediation/parts.ts';
import type { RemediationParts } from '../remediation/parts.ts';
import type { Command } from '../ports.ts';
import { createEvents } from '../telemetry/events.ts';
import type { Listener } from '../telemetry/events.ts';
import { createCommand, serverName } from './create-command.ts';
import { createDuties } from './duties.ts';
import { checkFitness } from './fitness.ts';
import type { Unfit } from './fitness.ts';
import { startLoop } from './loop.ts';
import type { Loop } from './loop.ts';
import { createFingerprintHash, createStoreParts } from './store-parts.ts';
import type { StoreParts } from './store-parts.ts';
import { toPolicy } from './to-policy.ts';

export interface DaemonOptions {
  readonly config: Config;
  readonly role: 'all' | 'poller' | 'worker';
  readonly redis: RedisOptions;
  readonly listeners: readonly Listener[];
  readonly replica?: string;
}

export interface Daemon {
  readonly replica: string;
  readonly stores: StoreParts;
  /** What keeps this replica from working; null: nothing. */
  state(): { readonly waitsFor: 'redis' | null; readonly unfit: Unfit | null };
  requestSweep(): Promise<void>;
  /** Takes no new work, lets open restarts end within `shutdown.grace`, closes everything. */
  stop(): Promise<void>;
}

/** Turns of this replica's loops, ms. */
const DISPATCH_MS = 100;
const CALL_MS = 500;
const BEAT_MS = 2000;
const WAIT_MS = 2000;

/** Wake-ups on their way to a worker: no more than this, so that the due ones stay in order. */
const QUEUED_LIMIT = 500;
const LEASE_MS = 5000;

/** Starts one replica. It waits for Redis by itself and works as soon as everything is there. */
export function startDaemon(options: DaemonOptions): Daemon {
  const { config, role } = options;
  const replica = options.replica ?? randomUUID().slice(0, 8);
  const { emit, subscribe } = createEvents();
  for (const listener of options.listeners) subscribe(listener);
  const policy = toPolicy(config);
  const stopping = new AbortController();
  const redis = connectStore(options.redis, COMMAND_TIMEOUT_MS);
  const stores = createStoreParts(redis, {
    prefix: config.redis.prefix,
    replica,
    requestsPerSecond: config.command.requestsPerSecond,
  });
  const now = (): number => stores.kv.now();
  const command = createCommand(config, { ...stores, emit, now });
  const queue = new WorkQueue({ connect: () => connectQueue(options.redis), prefix: `${config.redis.prefix}:queue` });
  const state: { waitsFor: 'redis' | null; unfit: Unfit | null } = { waitsFor: null, unfit: null };
  const loops: Loop[] = [];
  const rhythm = {
    sweepMs: policy.poll.interval,
    scanMs: policy.poll.fullScan,
    alertMs: Math.min(5000, Math.max(500, config.alerts.groupWait / 2)),
  };

  let isRecovering = false;
  const onStoreLost = (error: StoreLostError): void => {
    if (isRecovering) return;
    isRecovering = true;
    emit('store.lost', { why: error.message });
    void stores.kv
      .attach(true)
      .then(async () => queue.schedule(rhythm))
      .catch(() => undefined)
      .finally(() => (isRecovering = false));
  };

  const work = async (): Promise<void> => {
    const hash = await createFingerprintHash(config.security.fingerprintKey, stores.ledger);
    const parts = {
      ...stores,
      command,
      queue,
      policy,
      hash,
      emit,
      now,
      replica,
      wallMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      random: () => Math.random(),
      sleep: async (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
      sending: new Map<string, { instanceId: string; ca: string | null }>(),
      stopping: stopping.signal,
      probes: new Map(),
      fate: async () => oldRowFate({ ledger: stores.ledger, policy }),
    };
    await queue.schedule(rhythm);
    await learnDialect(command, stopping.signal);
    queue.start(createDuties(parts, { onStoreLost, alert: async () => undefined }), stepConcurrency(config), role);
    loops.push(...startLoops(parts, queue, { role, onStoreLost, shutdownGrace: config.shutdown.grace }));
    emit('daemon.started', { replica, mode: policy.mode });
    await queue.requestSweep();
  };

  const started = bringUp({
    redis,
    stores,
    server: serverName(config),
    isActive: policy.mode === 'active',
    state,
    emit,
    stopping: stopping.signal,
  }).then(async (isUp) => (isUp ? work() : undefined));

  return {
    replica,
    stores,
    state: () => ({ ...state, waitsFor: redis.status === 'ready' ? state.waitsFor : 'redis' }),
    requestSweep: async () => queue.requestSweep(),
    stop: async () => {
      stopping.abort();
      await started.catch(() => undefined);
      await Promise.all(loops.filter((loop) => loop !== loops.at(0)).map(async (loop) => loop.stop()));
      await queue.stop(config.shutdown.grace);
      await loops.at(0)?.stop();
      await stores.ledger.leave(replica).catch(() => undefined);
      await command.close();
      redis.disconnect();
    },
  };
}

/** What other replicas have learned is one read away; Command away is no reason to wait here, each sweep tries again. */
async function learnDialect(command: Command, signal: AbortSignal): Promise<void> {
  await command.learnDialect(signal).catch(() => undefined);
}

/** Steps at once: more than restarts at once, since most steps only look. */
function stepConcurrency({ restart }: Config): number {
  return Math.min(100, restart.concurrency * 2 + 8);
}

interface LoopOptions {
  readonly role: 'all' | 'poller' | 'worker';
  readonly onStoreLost: (error: StoreLostError) => void;
  readonly shutdownGrace: number;
}

type LoopParts = RemediationParts & Parameters<typeof callWaiters>[0] & StoreParts;

/** The first one is the heartbeat: it goes on until open restarts have ended. */
function startLoops(parts: LoopParts, queue: WorkQueue, { role, onStoreLost }: LoopOptions): readonly Loop[] {
  const onError = (error: unknown): void => {
    if (error instanceof StoreLostError) onStoreLost(error); // anything else: Redis is away, which is told elsewhere
  };
  const beat = async (): Promise<void> => {
    await parts.journal.beat([...parts.sending.values()]);
    await parts.ledger.beat(parts.replica);
  };
  const dispatch = async (): Promise<void> => {
    const free = QUEUED_LIMIT - (await queue.waiting());
    if (free > 0) await queue.enqueue(await parts.store.takeDue(free, LEASE_MS));
  };
  const loops = [startLoop(beat, BEAT_MS, onError)];
  if (role === 'poller') return loops;
  loops.push(startLoop(dispatch, DISPATCH_MS, onError));
  loops.push(startLoop(async () => callWaiters(parts), CALL_MS, onError));
  loops.push(startLoop(async () => probeAccess(parts), BEAT_MS, onError));
  return loops;
}

interface BringUp {
  readonly redis: ReturnType<typeof connectStore>;
  readonly stores: StoreParts;
  readonly server: string;
  readonly isActive: boolean;
  readonly state: { waitsFor: 'redis' | null; unfit: Unfit | null };
  readonly emit: ReturnType<typeof createEvents>['emit'];
  readonly stopping: AbortSignal;
}

/** Waits until Redis answers and may be worked with. False: stopped before. */
async function bringUp({ redis, stores, server, isActive, state, emit, stopping }: BringUp): Promise<boolean> {
  let told = '';
  const tell = (text: string, say: () => void): void => {
    if (told !== text) say();
    told = text;
  };
  while (!stopping.aborted) {
    try {
      await stores.kv.attach();
      if (state.waitsFor !== null) emit('daemon.back', { what: 'redis' });
      state.waitsFor = null;
      state.unfit = await checkFitness({ redis, ledger: stores.ledger, server, isActive });
      if (state.unfit === null) return true;
      const { why, fix } = state.unfit;
      tell(why, () => emit('daemon.unfit', { why, fix }));
    } catch (error) {
      state.waitsFor = 'redis';
      const why = error instanceof Error ? error.message : String(error);
      tell('redis', () => emit('daemon.waiting', { what: 'redis', why }));
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  return false;
}
