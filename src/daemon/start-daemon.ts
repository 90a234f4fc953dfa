import { randomUUID } from 'node:crypto';
import { DeliveryQueue } from '../adapters/bullmq/delivery-queue.ts';
import type { DeliveryResult } from '../adapters/bullmq/delivery-queue.ts';
import { WorkQueue } from '../adapters/bullmq/work-queue.ts';
import type { Rhythm, WorkQueueOptions } from '../adapters/bullmq/work-queue.ts';
import { createNotifiers } from '../adapters/notify/create-notifiers.ts';
import { within } from '../adapters/bullmq/within.ts';
import { connectQueue, connectStore, redisLabel } from '../adapters/redis/connect.ts';
import type { RedisOptions } from '../adapters/redis/connect.ts';
import { COMMAND_TIMEOUT_MS } from '../adapters/redis/redis-kv.ts';
import { createRedisAlert } from '../alerts/alert-directly.ts';
import type { Config } from '../config/schema.ts';
import { durabilityFindings } from '../core/durability.ts';
import type { Command } from '../ports/command.ts';
import { CONFIGURED_WAITS, wakeWaiting } from '../remediation/wake-waiting.ts';
import { createAnswerWatch } from '../gate/watch-answers.ts';
import type { AnswerWatch } from '../gate/watch-answers.ts';
import { createEvents } from '../telemetry/events.ts';
import type { Emit, EventMap, Listener } from '../telemetry/events.ts';
import { bringUp } from './bring-up.ts';
import { checkFitness, findUnfit } from './fitness.ts';
import type { FitnessQuestion, Unfit } from './fitness.ts';
import { createCommand, serverName } from './create-command.ts';
import { createParts } from './create-parts.ts';
import { createDuties } from './duties.ts';
import { createStopKeeper } from './keep-stops.ts';
import type { Loop } from './loop.ts';
import { gatherRedisFacts } from './redis-facts.ts';
import { createRecovery } from './recover-store.ts';
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
  /** How its queues are reached. */
  readonly queues: WorkQueueOptions;
  readonly state: () => DaemonState;
  /** Asks Redis now, and waits no longer than a second. */
  answersRedis(): Promise<boolean>;
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
    .then(async (isUp) =>
      isUp ? startWork(engine, options.role, { question, onUnfit, mustRemember: !mayUseStandIn }) : null,
    )
    .then((begun) => {
      work = begun;
      state.isWorking = begun !== null;
      // Told last: whoever hears of it finds it ready.
      if (begun !== null && !stopping.signal.aborted) emit('daemon.started', { mode: engine.policy.mode });
      return begun;
    })
    .catch((error: unknown) => emit('step.failed', { root: 'start', error: toError(error) }));

  return {
    replica: engine.replica,
    stores,
    emit,
    queues: engine.queues,
    state: () => ({ ...state, isRedisAway: watch.isAway() }),
    answersRedis: async () => watch.answers(),
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
  const { prefix, confirmReplicas } = config.redis;
  const confirming =
    confirmReplicas === 0
      ? null
      : { redis: connectStore(options.redis, COMMAND_TIMEOUT_MS), replicas: confirmReplicas };
  const { requestsPerSecond } = config.command;
  const stores = createStoreParts(redis, { prefix, replica, requestsPerSecond, confirming });
  const now = (): number => stores.kv.now();
  const answers = createAnswerWatch({ ledger: stores.ledger, now, emit });
  const { groupWait, repeatInterval, channels } = config.alerts;
  const notifiers = createNotifiers(channels, { source: hostOf(config), repeatInterval });
  const redisAlert = createRedisAlert({ notifiers, groupWait, emit, now, label: redisLabel(options.redis.url) });
  const queues = { connect: () => connectQueue(options.redis), prefix: `${prefix}:queue` };
  return {
    config,
    policy: toPolicy(config),
    replica,
    emit,
    redis,
    confirming,
    stores,
    fingerprintKey: new FingerprintKey(config.security.fingerprintKey, stores.ledger),
    notifiers,
    redisAlert,
    watch: watchRedis(redis, redisAlert, emit),
    answers,
    command: createCommand(config, { ...stores, emit, now, onAnswer: (event) => noteManner(answers, event) }),
    queues,
    stopping: new AbortController(),
  };
}

const CA_TEST_ROUTE = 'POST /CertificateAuthority/Test';

/** A test of a CA speaks about that CA only. */
function noteManner(answers: AnswerWatch, { route, result, manner }: EventMap['command.requested']): void {
  if (manner !== null && route !== CA_TEST_ROUTE) answers.note(manner, `${route} was ${result}`);
}

/** Which Command alerts are about; the port is left out where it is the usual one. */
function hostOf({ command }: Config): string {
  return command.url === undefined ? 'keyfactor' : new URL(command.url).host;
}

/** What works once everything is there. The first loop is the heartbeat. */
interface Work {
  readonly queue: WorkQueue;
  readonly deliveries: DeliveryQueue;
  readonly loops: readonly Loop[];
}

interface Fitness {
  readonly question: FitnessQuestion;
  readonly onUnfit: (unfit: Unfit | null) => void;
  /** What is sent must not be forgotten. */
  readonly mustRemember: boolean;
}

/** Redis may be worked with: connects the queues, starts workers and loops. */
async function startWork(engine: Engine, role: DaemonOptions['role'], fitness: Fitness): Promise<Work> {
  const { config, policy, stores, command, emit, replica, queues, notifiers } = engine;
  const queue = new WorkQueue(queues);
  const onResult = (result: DeliveryResult): void => emit('alert.delivered', result);
  const deliveries = new DeliveryQueue({ ...queues, notifiers, onResult });
  const stopping = engine.stopping.signal;
  const parts = await createParts({ ...engine, queue, deliveries, stopping });
  const alertMs = alertPauseMs(config.alerts.groupWait);
  const rhythm: Rhythm = { sweepMs: policy.poll.interval, scanMs: policy.poll.fullScan, alertMs };
  await queue.schedule(rhythm);
  await within(learnDialect(command, stopping), LEARNING_MS);
  if (stopping.aborted) return { queue, deliveries, loops: [] };
  const begin = async (): Promise<void> => {
    await checkFitness(fitness.question); // writes down again whose store this is
    await engine.fingerprintKey.share();
    await queue.schedule(rhythm);
  };
  const look = async (): Promise<Unfit | null> => findUnfit(fitness.question);
  const stops = createStopKeeper({ ...stores, replica, step: parts.step, emit });
  const onStoreLost = createRecovery({
    kv: stores.kv,
    look,
    stops,
    begin,
    onUnfit: fitness.onUnfit,
    emit,
    sleep: parts.sleep,
    stopping,
  });
  queue.start(createDuties(parts, onStoreLost), stepConcurrency(config), role);
  deliveries.start();
  const loops = startLoops(parts, queue, { role, answers: engine.answers, stops, onStoreLost });
  if (fitness.mustRemember) await tellRisks(engine);
  // Whom this misses looks again by itself.
  void wakeWaiting(CONFIGURED_WAITS, stores).catch(() => undefined);
  await queue.requestSweep();
  await queue.requestScan();
  return { queue, deliveries, loops };
}

/** In active mode any setting of Redis will do; what a weaker one risks is said once. */
async function tellRisks({ redis, config, emit }: Engine): Promise<void> {
  const findings = durabilityFindings(await gatherRedisFacts(redis, config));
  for (const { level, text, evidence, fix } of findings)
    if (level !== 'ok') emit('store.at-risk', { risk: text, evidence, fix });
}

async function stopWork({ config }: Engine, { queue, deliveries, loops: [heartbeat, ...others] }: Work): Promise<void> {
  // The queue's commands wait for Redis however long it is away: nobody may wait with them.
  await within(Promise.all(others.map(async (loop) => loop.stop())), LOOPS_GRACE_MS);
  await queue.stop(config.shutdown.grace);
  if (heartbeat) await within(heartbeat.stop(), LOOPS_GRACE_MS); // it went on until open restarts had ended
  await deliveries.close(DELIVERY_GRACE_MS);
}

async function stopEngine(engine: Engine): Promise<void> {
  await engine.redisAlert.stop();
  await engine.watch.stop();
  if (!engine.watch.isAway()) await engine.stores.ledger.leave(engine.replica).catch(() => undefined);
  await engine.command.close();
  engine.redis.disconnect();
  engine.confirming?.redis.disconnect();
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** What a loop is in the middle of may end. */
const LOOPS_GRACE_MS = 1000;

/** An alert that is just being sent may end; the rest stays in the queue. */
const DELIVERY_GRACE_MS = 2000;

/** Alerts are looked at twice per `groupWait`, every 5 s at the least, twice a second at the most. */
function alertPauseMs(groupWaitMs: number): number {
  return Math.min(5000, Math.max(500, groupWaitMs / 2));
}

/** Steps at once: more than restarts at once, since most steps only look. Beyond the limit each only gets slower. */
function stepConcurrency({ restart }: Config): number {
  return Math.min(100, restart.concurrency * 2 + 8);
}

/** A Command that does not answer holds no replica up: learning goes on beside the work, which sends nothing until then. */
const LEARNING_MS = 5000;

/** What other replicas have learned is one read away. Command away is no reason to wait here: each sweep tries again. */
async function learnDialect(command: Command, signal: AbortSignal): Promise<void> {
  await command.learnDialect(signal).catch(() => undefined);
}
