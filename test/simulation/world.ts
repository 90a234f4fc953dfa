import { createHash } from 'node:crypto';
import type { Write } from '../../src/adapters/redis/kv.ts';
import { RedisGateStore } from '../../src/adapters/redis/gate-store.ts';
import { RedisJournal } from '../../src/adapters/redis/journal.ts';
import { createKeys } from '../../src/adapters/redis/keys.ts';
import { RedisArchive } from '../../src/adapters/redis/archive.ts';
import { RedisLedger } from '../../src/adapters/redis/ledger.ts';
import { RedisRemediationStore } from '../../src/adapters/redis/remediation-store.ts';
import { RedisSightings } from '../../src/adapters/redis/sightings.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import { StoreLostError, TransientError } from '../../src/core/errors.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { createDuties } from '../../src/daemon/duties.ts';
import type { WorkParts } from '../../src/daemon/create-parts.ts';
import { callWaiters } from '../../src/gate/call-waiters.ts';
import { probeAccess } from '../../src/remediation/access.ts';
import { giveSignOfLife } from '../../src/remediation/give-sign-of-life.ts';
import { oldRowPorts } from '../../src/remediation/learn-old-row.ts';
import type { EventMap, EventName } from '../../src/telemetry/events.ts';
import { NOON } from '../support/builders.ts';
import { MemoryKv } from '../support/memory-kv.ts';
import type { AlertParts } from '../../src/alerts/parts.ts';
import { createAlertReconciler } from '../../src/alerts/reconcile-alerts.ts';
import { RedisRequestBudget } from '../../src/adapters/redis/request-budget.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Deliveries } from '../../src/ports/alerts.ts';
import type { Command, RequestBudget, RequestPriority } from '../../src/ports/command.ts';
import { CONFIGURED_WAITS, wakeWaiting } from '../../src/remediation/wake-waiting.ts';
import { peek, peopleDecide } from './deciders.ts';
import { DecisionBook } from './decisions.ts';
import { createCommandTwin } from './command-twin.ts';
import { createHistory } from './history.ts';
import type { History } from './history.ts';
import { createMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import { createOracle } from './oracle.ts';
import type { Oracle, Violation } from './oracle.ts';
import { forgetParsed, parseOnce } from './parse-once.ts';
import { peopleAct, setTheScene } from './people.ts';
import type { Plan } from './plan.ts';
import { createRandom } from './random.ts';
import { createScheduler } from './scheduler.ts';
import { CommandServer } from './server.ts';
import { StoreClient } from './store-client.ts';

/** Changes one replica's parts: how mutants are made. */
export type Mutate = (parts: WorkParts) => WorkParts;

export interface Outcome {
  readonly plan: Plan;
  readonly steps: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly history: History;
}

interface Replica {
  readonly machine: Machine;
  readonly parts: WorkParts;
  readonly duties: ReturnType<typeof createDuties>;
  readonly onStoreLost: (error: StoreLostError) => void;
  readonly known: () => number;
  isDispatching: boolean;
}

/** Tells when a restart begins: from then on its sender gives signs of life. */
class Sending extends Map<string, { readonly instanceId: string; readonly ca: string | null }> {
  onSet: () => void = () => undefined;

  override set(key: string, value: { readonly instanceId: string; readonly ca: string | null }): this {
    super.set(key, value);
    this.onSet();
    return this;
  }
}

/** A job that a worker has taken. */
interface Busy {
  readonly machine: Machine;
  readonly since: number;
}

type Duty = 'sweep' | 'scan' | 'test' | 'alert';

const MINUTE = 60_000;
/** Too many to be told one by one. */
const SMALL_FAULTS = new Set(['store cut', 'read error', 'late read', 'job twice', 'job late', 'job lost']);
const LEASE_MS = 5000;
const START = NOON;

parseOnce();

/** Lives through one plan, from the first failure to the last judgement. */
export async function live(plan: Plan, mutate: Mutate = (parts) => parts): Promise<Outcome> {
  forgetParsed();
  const random = createRandom(plan.seed).fork(2);
  const scheduler = createScheduler(START);
  const now = (): number => scheduler.now();
  const history = createHistory(now, START);
  const faults: Record<string, number> = {};
  const onFault = (kind: string): void => {
    faults[kind] = (faults[kind] ?? 0) + 1;
    if (!SMALL_FAULTS.has(kind)) history.note(`fault: ${kind}`);
  };
  const faultsEnd = START + plan.faultsMs;
  const areFaultsOn = (): boolean => now() < faultsEnd;
  const memory = new MemoryKv(now);
  if (plan.faults.storeLoss !== 'never') memory.journal = [];
  const keys = createKeys('sim');
  const server = new CommandServer(scheduler, createRandom(plan.seed).fork(3), plan.knobs);
  const slots: (Replica | null)[] = Array.from({ length: plan.replicas }, () => null);
  const machines = new Map<string, Machine>();
  let wasLost = false;
  /** Whoever knows of a commit that the store has lost; the loss is known to the others once one of them has said so. */
  let loss: { readonly at: number; readonly epoch: string | null; readonly witnesses: readonly Machine[] } | null =
    null;
  const isLossUnknown = (): boolean => {
    if (loss === null || memory.epoch !== loss.epoch || loss.epoch === null) return false;
    const { at, witnesses } = loss;
    const patienceMs = now() < faultsEnd ? 10_000 : 11 * MINUTE;
    return !witnesses.some(
      (one) => one.isAlive() && !one.isPaused() && now() - Math.max(at, one.runningSince()) > patienceMs,
    );
  };
  const book = new DecisionBook();
  /** The latest pause, and when it was written. */
  let pause: { readonly text: string; readonly at: number } = { text: '', at: -Infinity };
  const oracle: Oracle = createOracle({
    plan,
    server,
    now,
    book,
    peek: (id) => peek(id, memory, keys),
    hasGoodTest: (ca) => {
      const doc = memory.hashes.get(keys.gate(ca))?.get('doc');
      return doc !== undefined && (JSON.parse(doc) as Dependency).lastGoodAt !== null;
    },
    isSendingOf: (name) => {
      const machine = machines.get(name);
      return machine?.isAlive() && !machine.isPaused() ? machine.runningSince() : null;
    },
    heardSince: (name) => {
      const machine = machines.get(name);
      return machine?.isAlive() && !machine.isPaused() ? machine.heardSince() : null;
    },
    pausedSince: () => {
      const expiry = memory.expiries.get(keys.pause) ?? Infinity;
      return memory.texts.has(keys.pause) && expiry > now() ? pause.at : null;
    },
    wasLost: () => wasLost,
    unknownLossAt: () => (isLossUnknown() ? (loss?.at ?? null) : null),
  });
  const scene = setTheScene({ server, scheduler, random: createRandom(plan.seed).fork(4), plan, start: START });
  let commandAwayUntil = 0;
  let storeAwayUntil = 0;

  /* ---------- jobs ---------- */

  const living = (): readonly Replica[] => slots.filter((one): one is Replica => one !== null);
  const queued = new Set<string>();
  const active = new Map<string, Busy>();
  const enqueue = (roots: readonly string[]): void => {
    for (const root of roots) {
      if (queued.has(root) || isBusy(active.get(root))) continue;
      if (areFaultsOn() && random.chance(plan.faults.jobLost)) {
        onFault('job lost');
        continue;
      }
      queued.add(root);
      const isLate = areFaultsOn() && random.chance(plan.faults.jobLate);
      if (isLate) onFault('job late');
      scheduler.after(isLate ? random.between(1000, 60_000) : random.between(1, 50), () => advance(root));
      if (areFaultsOn() && random.chance(plan.faults.jobTwice)) {
        onFault('job twice');
        scheduler.after(random.between(1, 3000), () => advance(root));
      }
    }
  };
  const advance = (root: string): void => {
    queued.delete(root);
    const replicas = living();
    if (replicas.length === 0) return;
    const { machine, duties } = random.pick(replicas);
    const mine = { machine, since: now() };
    active.set(root, mine);
    const run = async (): Promise<void> => {
      await duties.advance(root);
      if (active.get(root) === mine) active.delete(root);
    };
    machine.deliver(() => void run());
  };
  const running = new Map<Duty, Busy>();
  const soon = new Set<Duty>();
  /** One at a time over all replicas; a job whose worker died or sleeps goes to another one once its lock is gone. */
  const isBusy = (busy: Busy | undefined): boolean => {
    const isStalled = busy !== undefined && (!busy.machine.isAlive() || busy.machine.isPaused());
    return busy !== undefined && !(isStalled && now() - busy.since > 20_000);
  };
  const perform = (duty: Duty): void => {
    if (isBusy(running.get(duty))) return;
    // One that sleeps takes no new job: those of the alerts would pile up in front of it for as long.
    const replicas = living().filter((one) => duty !== 'alert' || !one.machine.isPaused());
    if (replicas.length === 0) return;
    const { machine, duties } = random.pick(replicas);
    const mine = { machine, since: now() };
    running.set(duty, mine);
    const run = async (): Promise<void> => {
      await duties[duty]();
      if (running.get(duty) === mine) running.delete(duty);
    };
    machine.deliver(() => void run());
  };
  const request = (duty: Duty, ms: number): void => {
    if (soon.has(duty)) return;
    soon.add(duty);
    scheduler.after(ms, () => {
      soon.delete(duty);
      perform(duty);
    });
  };

  /* ---------- what the loops of the daemon do, when there is something to do ---------- */

  let dispatchAt = Infinity;
  const dispatchBy = (time: number): void => {
    const at = Math.max(time, now() + 100);
    if (at >= dispatchAt) return;
    dispatchAt = at;
    scheduler.at(at, () => {
      if (dispatchAt !== at) return;
      dispatchAt = Infinity;
      const replicas = living();
      // All replicas look; most of the time one of them is first.
      const looking = random.chance(0.8) && replicas.length > 0 ? [random.pick(replicas)] : replicas;
      for (const replica of looking) scheduler.after(random.between(0, 100), () => dispatch(replica));
      const earliest = Math.min(Infinity, ...(memory.sets.get(keys.due)?.values() ?? []));
      dispatchBy(Math.max(earliest, now() + 2000));
    });
  };
  const dispatch = (replica: Replica): void => {
    const { machine, parts } = replica;
    if (replica.isDispatching) return;
    replica.isDispatching = true;
    machine.deliver(() => {
      void guarded(replica, async () => parts.step(async () => enqueue(await parts.store.takeDue(500, LEASE_MS)))).then(
        () => (replica.isDispatching = false),
      );
    });
  };
  let isCalling = false;
  const callSoon = (): void => {
    if (isCalling) return;
    isCalling = true;
    scheduler.after(now() < faultsEnd ? random.pick([500, 5000, 20_000]) : 20_000, () => {
      isCalling = false;
      if (!isSomebodyWaiting(memory, keys)) return;
      callSoon();
      const replicas = living();
      if (replicas.length === 0) return;
      const replica = random.pick(replicas);
      replica.machine.deliver(
        () => void guarded(replica, async () => replica.parts.step(async () => callWaiters(replica.parts))),
      );
    });
  };
  const guarded = async (replica: Replica, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof StoreLostError) replica.onStoreLost(error);
      else if (!(error instanceof TransientError)) oracle.onFailedStep(replica.machine.name, error as Error);
    }
  };
  const onWrite = (name: string, writes: readonly Write[]): void => {
    for (const write of writes) {
      if (write[0] === 'set' && write[1] === keys.pause && write[2] !== pause.text)
        pause = { text: write[2], at: now() };
      if (write[0] === 'hset' && write[1] === keys.intents) oracle.onIntent(name, String(write[2]));
      if (write[0] !== 'zadd') continue;
      if (write[1] === keys.due) dispatchBy(write[2]);
      else if (write[1] === keys.rooms) callSoon();
    }
  };

  /* ---------- replicas ---------- */

  const emitOf =
    (name: string) =>
    <N extends EventName>(event: N, told: EventMap[N]): void => {
      tell(name, event, told, { history, oracle });
    };

  const start = async (slot: number, life: number): Promise<void> => {
    const name = `r${slot}.${life}`;
    const machine = createMachine(name, {
      scheduler,
      random,
      faults: plan.faults,
      areFaultsOn,
      onFault,
      onDeath: () => {
        history.note(`${name} dies`);
        slots[slot] = null;
        scheduler.after(random.between(2000, 90_000), () => void start(slot, life + 1));
      },
    });
    machines.set(name, machine);
    const kv = new StoreClient({
      memory,
      keys,
      machine,
      random,
      faults: plan.faults,
      areFaultsOn,
      onFault,
      isAway: () => now() < storeAwayUntil,
      onWrite: (writes) => onWrite(name, writes),
    });
    const isAttached = await kv.attach().then(
      () => true,
      () => false,
    );
    if (!isAttached) {
      machine.wake(2000, () => void start(slot, life + 1));
      return;
    }
    const ledger = new RedisLedger(kv, keys);
    const emit = emitOf(name);
    const isObserving = plan.decisions !== null && now() < START + plan.decisions.observeMs;
    const policy: Policy = isObserving ? { ...plan.policy, mode: 'observe' } : plan.policy;
    if (isObserving) observing.add(name);
    const gates = new RedisGateStore(kv, keys);
    const store = new RedisRemediationStore(kv, keys);
    const sleep = async (ms: number): Promise<void> => new Promise((resolve) => machine.wake(ms, resolve));
    const sending = new Sending();
    const base = {
      store,
      archive: new RedisArchive(kv, keys),
      journal: new RedisJournal(kv, keys, name),
      gates,
      sightings: new RedisSightings(kv, keys),
      ledger,
      command: budgeted(
        createCommandTwin({
          server,
          authorities: scene.authorities,
          scheduler,
          random,
          plan,
          machine,
          startedAt: START,
          areFaultsOn,
          onFault,
          isAway: () => now() < commandAwayUntil,
          onPost: (post) => {
            history.note(`${name}: POST Restart ${post.instanceId}`, post.instanceId);
            oracle.onPost(post, observing.has(name));
          },
          onCommit: (post) => {
            history.note(`server: ${post.instanceId} becomes ${post.newId}`, post.instanceId, post.newId ?? '');
            oracle.onCommit(post);
          },
        }),
        budgetOf(kv, sleep),
        () => oracle.onCall(),
      ),
      queue: {
        enqueue: async (roots: readonly string[]) => enqueue(roots),
        requestSweep: async () => request('sweep', 1000),
        requestTests: async () => request('test', 100),
      },
      policy,
      hash: cheapHash,
      emit,
      now: () => kv.now(),
      wallMs: () => machine.wallMs(),
      monotonicMs: () => machine.monotonicMs(),
      random: () => random.next(),
      sleep,
      replica: name,
      sending,
      stopping: new AbortController().signal,
      probes: new Map(),
      storeSince: () => kv.since(),
      clockSteadySince: () => kv.steadySince(),
      step: async <T>(work: () => Promise<T>): Promise<T> => kv.step(work),
      reconcileAlerts: alertsOf({ store, gates, ledger, emit, now: () => kv.now() }),
      heartbeat: () => undefined,
      publishedVersion: async () => null,
    };
    const parts = mutate({ ...base, ...oldRowPorts(base) });
    let isRecovering = false;
    const onStoreLost = (error: StoreLostError): void => {
      if (isRecovering || !kv.isNews(error)) return;
      isRecovering = true;
      history.note(`${name}: ${error.message}`);
      void kv
        .attach()
        .catch(() => machine.wake(250, () => onStoreLost(error))) // whoever writes next notices again
        .finally(() => (isRecovering = false));
    };
    const replica: Replica = {
      machine,
      parts,
      duties: createDuties(parts, onStoreLost),
      onStoreLost,
      known: () => kv.knownSequence(),
      isDispatching: false,
    };
    slots[slot] = replica;
    let isBeating = false;
    const beat = (): void => {
      if (isBeating || sending.size === 0) return;
      isBeating = true;
      machine.wake(2000, () => {
        isBeating = false;
        void guarded(replica, async () => giveSignOfLife(parts));
        beat();
      });
    };
    sending.onSet = beat;
    if (plan.faults.storeLoss !== 'never') {
      const sayAlive = (): void => {
        void guarded(replica, async () => void (await parts.ledger.beat(name)));
        machine.wake(now() < faultsEnd ? 5000 : 10 * MINUTE, sayAlive);
      };
      sayAlive();
    }
    if (plan.decisions !== null) void guarded(replica, async () => void (await wakeWaiting(CONFIGURED_WAITS, parts)));
    request('sweep', 100);
  };

  /* ---------- people decide, and are told ---------- */

  const observing = new Set<string>();
  const budgetOf = (kv: StoreClient, sleep: (ms: number) => Promise<void>): RequestBudget | null =>
    plan.decisions && new RedisRequestBudget(kv, keys, plan.decisions.requestsPerSecond, sleep);
  const alertsOf = (mine: Pick<AlertParts, 'store' | 'gates' | 'ledger' | 'emit' | 'now'>): (() => Promise<void>) => {
    if (plan.decisions === null) return async () => undefined;
    const deliveries: Deliveries = {
      add: async (_channel, id, message) => {
        if (areFaultsOn() && deciding.chance(0.1)) throw new TransientError('the queue did not answer');
        if ('key' in message) oracle.onAlert(id, message);
      },
    };
    const channels = [{ name: 'people', events: ['alerts' as const] }];
    return createAlertReconciler({ ...mine, deliveries, channels, policy: plan.decisions.alerts, links: {} });
  };
  const deciding = createRandom(plan.seed).fork(22);
  const openCommandLine = (name: string): { machine: Machine; kv: StoreClient } => {
    const machine = createMachine(name, {
      scheduler,
      random: deciding,
      faults: plan.faults,
      areFaultsOn,
      onFault,
      onDeath: () => history.note(`${name} dies`),
    });
    const isAway = (): boolean => now() < storeAwayUntil;
    const kv = new StoreClient({
      memory,
      keys,
      machine,
      random: deciding,
      faults: plan.faults,
      areFaultsOn,
      onFault,
      isAway,
      onWrite: (writes) => onWrite(name, writes),
    });
    return { machine, kv };
  };
  /** Nobody waits any more for what has ended, once some replica has had the time to look. */
  const lookWhetherAwake = (waits: readonly string[], since: number, boundMs: number): void => {
    scheduler.after(boundMs, () => {
      const isPausedAgain = pause.at >= since - MINUTE;
      const roots = new Set(memory.hashes.get(keys.instances)?.values() ?? []);
      const asleep = [...roots]
        .flatMap((root) => peek(root, memory, keys) ?? [])
        .filter((record) => {
          return record.phase === 'waiting' && waits.includes(record.wait ?? '') && record.changedAt < since;
        });
      if (asleep.length === 0 || wasLost || (isPausedAgain && waits.includes('pause'))) return;
      const isAnybodyThere = living().some(({ machine }) => !machine.isPaused() && machine.runningSince() <= since);
      if (isAnybodyThere) oracle.onAsleep(asleep, now() - since);
      else lookWhetherAwake(waits, Math.max(since, now()), boundMs);
    });
  };
  if (plan.decisions !== null) {
    const boundMs = plan.isFriendly ? 15_000 : (plan.faults.storeCut > 0 ? 15 : 5) * MINUTE;
    peopleDecide({
      plan,
      scheduler,
      random: deciding,
      history,
      server,
      memory,
      keys,
      book,
      pickReplica: () => {
        const replicas = living();
        if (replicas.length === 0) return null;
        const { machine, parts } = deciding.pick(replicas);
        return { machine, parts };
      },
      openCommandLine,
      onFailure: (who, error) => oracle.onFailedStep(who, error),
      onResumed: (at) => lookWhetherAwake(['pause', 'brake'], at, boundMs),
      onSaid: (said) => oracle.onSaid(said),
    });
    const { observeMs } = plan.decisions;
    if (observeMs > 0) {
      scheduler.after(observeMs, () => {
        history.note('from now on the daemon is configured to act');
        for (const { machine } of living()) scheduler.after(deciding.between(0, MINUTE), () => machine.kill());
        // Where the word to wake is lost they look again by themselves, at the latest after `poll.fullScan`.
        const ownLookMs = plan.isFriendly ? 0 : plan.policy.poll.fullScan;
        scheduler.after(5 * MINUTE, () => lookWhetherAwake(['observe'], now(), boundMs + ownLookMs));
      });
    }
  }

  /* ---------- time goes by ---------- */

  const every = (ms: () => number, event: () => void): void => {
    const turn = (): void => {
      event();
      scheduler.after(ms(), turn);
    };
    scheduler.after(ms(), turn);
  };
  const calm = (ms: number): number => (now() < faultsEnd + 10 * MINUTE ? ms : Math.max(ms, 2 * MINUTE));
  every(
    () => calm(plan.policy.poll.interval),
    () => perform('sweep'),
  );
  if (plan.decisions !== null)
    every(
      () => calm(30_000),
      () => perform('alert'),
    );
  every(
    () => plan.policy.poll.fullScan,
    () => perform('scan'),
  );
  every(
    () => (now() < faultsEnd ? 5000 : 30_000),
    () => {
      const replicas = living();
      if (replicas.length === 0 || !memory.hashes.has(keys.ledger('access'))) return;
      const replica = random.pick(replicas);
      if (replica.machine.isPaused()) return; // its loop stands still with it
      replica.machine.deliver(
        () => void guarded(replica, async () => replica.parts.step(async () => probeAccess(replica.parts))),
      );
    },
  );
  for (let slot = 0; slot < plan.replicas; slot++) scheduler.after(random.between(0, 5000), () => void start(slot, 0));
  peopleAct({
    server,
    scheduler,
    random: createRandom(plan.seed).fork(5),
    plan,
    start: START,
    history,
    wishes: scene.wishes,
  });
  if (plan.faults.clockJump) {
    for (let jump = 0; jump < 3; jump++) {
      scheduler.after(random.between(0, plan.faultsMs), () => {
        const replicas = living();
        if (replicas.length === 0) return;
        const ms = random.pick([-1, 1]) * random.pick([1500, 60_000, 3_600_000]);
        onFault('clock jump');
        random.pick(replicas).machine.jumpClock(ms);
      });
    }
  }
  if (plan.faults.commandAway) {
    scheduler.after(random.between(0, plan.faultsMs - 10 * MINUTE), () => {
      onFault('Command away');
      commandAwayUntil = now() + random.between(MINUTE, 8 * MINUTE);
    });
  }
  if (plan.faults.storeCut > 0) {
    scheduler.after(random.between(0, plan.faultsMs - 5 * MINUTE), () => {
      onFault('Redis away');
      storeAwayUntil = now() + random.between(1000, MINUTE);
    });
  }
  if (plan.faults.storeLoss !== 'never') {
    let backup = 0;
    scheduler.after(random.between(0, plan.faultsMs / 2), () => (backup = memory.journal?.length ?? 0));
    scheduler.after(random.between(plan.faultsMs / 2, plan.faultsMs), () => {
      wasLost = true;
      const { epoch } = memory;
      for (const authority of scene.authorities) authority.lastGoodAt = null; // so far as the store knows
      if (plan.faults.storeLoss === 'flush') memory.flush();
      else {
        const all = memory.journal?.length ?? 0;
        const lost = memory.lose(plan.faults.storeLoss === 'suffix' ? random.between(1, 40) : all - backup);
        history.note(`the store loses ${lost} of ${all} commits`);
      }
      // What is gone and forgotten was never shown, so far as this store knows.
      const remembered = memory.hashes.get(keys.sightings);
      for (const instance of server.instances.values()) if (!remembered?.has(instance.id)) instance.isShown = false;
      const witnesses = living().flatMap(({ machine, known }) => (known() > memory.sequence ? [machine] : []));
      loss = { at: now(), epoch: plan.faults.storeLoss === 'flush' ? null : epoch, witnesses };
      onFault(`store loss: ${plan.faults.storeLoss}`);
      dispatchBy(now()); // what was due then is due again
      history.note(`${witnesses.length} processes know of something that is lost`);
    });
  }

  let steps = 0;
  while (now() < faultsEnd && oracle.violations.length === 0)
    steps += await scheduler.run(Math.min(faultsEnd, now() + MINUTE));
  history.note('faults end');
  // For ever is when nothing was sent for that long: people may have granted many attempts, one every few hours.
  const finish = (): number =>
    Math.min(faultsEnd + QUIETS * plan.quietMs, Math.max(faultsEnd, oracle.posts.at(-1)?.sentAt ?? 0) + plan.quietMs);
  const reader = new RedisRemediationStore(memory, keys);
  while (now() < finish() && oracle.violations.length === 0) {
    steps += await scheduler.run(Math.min(finish(), now() + 20 * MINUTE));
    if (await isAtRest(reader, server)) break;
  }
  if (oracle.violations.length === 0) steps += await scheduler.run(now() + 20 * MINUTE + plan.policy.resolve.window);
  const records = await reader.list({}, 100_000);
  const roots = memory.hashes.get(keys.instances) ?? new Map<string, string>();
  if (oracle.violations.length === 0) oracle.judgeEnd(records, (id) => roots.get(id) ?? null);
  for (const record of records) noteRecord(record, history);
  return { plan, steps, faults, violations: oracle.violations, counts: oracle.counts, history };
}

/** The same Command, whose every call takes a turn of the budget that all replicas share. */
function budgeted(command: Command, budget: RequestBudget | null, onCall: () => void): Command {
  if (budget === null) return command;
  const turn = async <T>(priority: RequestPriority, call: () => Promise<T>): Promise<T> => {
    await budget.take(priority);
    onCall();
    try {
      return await call();
    } catch (error) {
      if (error instanceof TransientError && error.retryAfterMs !== null) await budget.holdOff(error.retryAfterMs);
      throw error;
    }
  };
  return {
    ...command,
    listInstances: async (query, signal, priority = 'sweep') =>
      turn(priority, async () => command.listInstances(query, signal)),
    readInstance: async (id, signal, priority = 'successor') =>
      turn(priority, async () => command.readInstance(id, signal)),
    openRestartLine: async (signal) => turn('restart', async () => command.openRestartLine(signal)),
    listCertificateAuthorities: async () => turn('sweep', async () => command.listCertificateAuthorities()),
    testCertificateAuthority: async (ca, timeoutMs) =>
      turn('sweep', async () => command.testCertificateAuthority(ca, timeoutMs)),
    checkAccess: async () => turn('classification', async () => command.checkAccess()),
  };
}

function isSomebodyWaiting(memory: MemoryKv, keys: ReturnType<typeof createKeys>): boolean {
  for (const name of memory.sets.get(keys.rooms)?.keys() ?? [])
    if ((memory.sets.get(keys.room(name))?.size ?? 0) > 0) return true;
  return false;
}

/** Nothing runs in Command or waits for its approvers, and every record is at an end, in a person's hands, or waits for one that is. */
async function isAtRest(store: RedisRemediationStore, server: CommandServer): Promise<boolean> {
  const { phases } = await store.counts();
  if (phases.restarting + phases.resolving + phases.verifying + phases['handed-over'] > 0) return false;
  for (const { status, isDeleted } of server.instances.values())
    if ((status === 'Running' || status === 'Suspended') && !isDeleted) return false;
  return (await store.list({ phase: 'waiting' }, WAITING_LIMIT)).every(({ alertKey }) => alertKey !== null);
}
const WAITING_LIMIT = 1000;

/** However much is still sent, a world ends after so many of its quiet times. */
const QUIETS = 10;

function noteRecord(record: Remediation, history: History): void {
  const { rootInstanceId: root, instanceIds, phase, outcome, reason, timeline } = record;
  history.note(`record ${root}: ${outcome ?? phase}, ${reason}`, ...instanceIds);
  for (const { text } of timeline.slice(-12)) history.note(`   ${text}`, ...instanceIds);
}

function tell(
  name: string,
  event: EventName,
  told: Record<string, unknown>,
  { history, oracle }: { history: History; oracle: Oracle },
): void {
  const root = typeof told['root'] === 'string' ? told['root'] : '';
  const text = Object.entries(told)
    .filter(([key]) => key !== 'root' && key !== 'ms')
    .map(([key, value]) => `${key}=${value instanceof Error ? value.message : String(value)}`)
    .join(' ');
  if (root !== '') history.note(`${name}: ${event} ${root} ${text}`, root);
  else if (event === 'dependency.changed' || event === 'old-row.learned') history.note(`${name}: ${event} ${text}`);
  if (event === 'remediation.ended' && told['outcome'] === 'recovered')
    oracle.onRecovered(root, told['newInstanceId'] as string | null);
  const { error } = told;
  const isOurs = error instanceof TransientError || (error as { code?: unknown } | undefined)?.code !== undefined;
  if ((event === 'step.failed' || event === 'sweep.failed') && error instanceof Error && !isOurs)
    oracle.onFailedStep(root, error);
}

/** Equal texts, equal hashes; nothing secret lives here. */
const hashes = new Map<string, string>();
function cheapHash(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const fresh = createHash('sha1').update(text).digest('base64url').slice(0, 16);
  if (hashes.size > 20_000) hashes.clear();
  hashes.set(text, fresh);
  return fresh;
}
