import { loadConfig } from '../../src/config/load-config.ts';
import type { Config } from '../../src/config/schema.ts';
import { startAlertReceiver, type AlertReceiver } from '../../src/cli/demo/alert-receiver.ts';
import { readerOf } from '../../src/daemon/demo-parts.ts';
import type { Reader } from '../../src/daemon/reader.ts';
import { startDaemon, type Daemon } from '../../src/daemon/start-daemon.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { startSimulator, type Simulator, type Truth } from '../../src/simulator/simulator.ts';
import { isMute, judge, type Facts, type Part } from './judge.ts';
import { startOddProxy } from '../support/odd-proxy.ts';
import { ODDITIES } from './oddities.ts';
import type { Plan } from './plan.ts';
import { DEAD_CA, LIVE_CA, scenarioOf } from './scenario.ts';

/** How a world ended. */
export interface Ending {
  readonly plan: Plan;
  readonly seconds: number;
  /** False: the time was over before everything came to its end, which a busy machine may have done. */
  readonly isSettled: boolean;
  /** What was promised and not kept; empty: all is well. */
  readonly faults: readonly string[];
  /** What is held, and what for. */
  readonly held: readonly string[];
  readonly log: readonly string[];
}

/** Hours of a real server in seconds. */
const QUICK = {
  mode: 'active',
  'command.timeout': '1500ms',
  'command.requestsPerSecond': 500,
  'poll.interval': '600ms',
  'poll.fullScan': '4s',
  'resolve.settle': '300ms',
  'resolve.window': '5s',
  'verify.timeout': '12s',
  'health.interval': '500ms',
  'health.timeout': '1s',
  'health.canaryWindow': '4s',
  'restart.timeout': '4s',
  'restart.perMinute': 60_000,
  'restart.perCaPerMinute': 60_000,
  'backoff.failed.first': '500ms',
  'backoff.failed.max': '2s',
  'backoff.unreachable.first': '200ms',
  'backoff.unreachable.max': '1s',
  'alerts.groupWait': '500ms',
  'shutdown.grace': '1s',
};

const LOOK_MS = 300;
/** Looks, not seconds: a machine that is busy takes longer for each. The story is over by then, or something hangs. */
const LOOKS = 170;
/** The looks for which the story waits for the daemon, at the most, before it goes on. */
const LOOKS_BEFORE = 40;
/** The same where the daemon cannot know what is Failed, so that nothing comes of waiting. */
const LOOKS_BEFORE_MUTE = 10;
const PERSON_MS = 1_500;
const OUTAGE_MS = 3_500;

/**
 * Lives through one world and holds what was promised against what really happened. `patience`: how many times the usual
 * time it gets.
 */
export async function live(plan: Plan, redisUrl: string, patience = 1): Promise<Ending> {
  const beganAt = Date.now();
  const log: string[] = [];
  const world = await startWorld(plan, redisUrl, { log, patience });
  try {
    const parts = await tell(world);
    const isSettled = await untilSettled(world, parts, LOOKS * patience);
    const facts = await gather(world, parts, isSettled);
    const { faults, held } = judge(plan, facts);
    return { plan, seconds: (Date.now() - beganAt) / 1000, isSettled, faults, held, log };
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      plan,
      seconds: (Date.now() - beganAt) / 1000,
      isSettled: true,
      faults: [`broke off: ${why}`],
      held: [],
      log,
    };
  } finally {
    await world.stop();
  }
}

interface World {
  readonly plan: Plan;
  readonly looksBefore: number;
  readonly config: Config;
  readonly simulator: Simulator;
  readonly receiver: AlertReceiver;
  readonly daemon: Daemon;
  readonly reader: Reader;
  stop(): Promise<void>;
}

async function startWorld(
  plan: Plan,
  redisUrl: string,
  { log, patience }: { readonly log: string[]; readonly patience: number },
): Promise<World> {
  const simulator = await startSimulator({ scenario: scenarioOf(plan) });
  const proxy = await startOddProxy(
    new URL(simulator.url).origin,
    plan.oddities.map((name) => ODDITIES[name]),
  );
  const receiver = await startAlertReceiver();
  const { config } = loadConfig({
    env: {},
    requirements: ['command'],
    overrides: {
      ...QUICK,
      ...plan.settings,
      'redis.url': redisUrl,
      'redis.prefix': `matrix-${crypto.randomUUID().slice(0, 13)}`,
      'command.url': plan.oddities.length > 0 ? proxy.url : new URL(simulator.url).origin,
      'command.auth.username': 'remediator',
      'command.auth.domain': 'KEYEXAMPLE',
      'command.auth.password': 'simulated',
      'alerts.channels': [{ type: 'webhook', name: 'matrix', url: receiver.url, events: ['alerts'] }],
    },
  });
  const beganAt = Date.now();
  const note = (name: string, event: unknown): void => {
    const at = ((Date.now() - beganAt) / 1000).toFixed(2);
    log.push(
      `${at} ${name} ${JSON.stringify(event, (_key, value: unknown) => (value instanceof Error ? value.message : value))}`,
    );
  };
  const daemon = startDaemon({
    config,
    role: 'all',
    redis: { url: redisUrl },
    replica: 'matrix',
    listeners: [note],
    isThrowaway: true,
  });
  return {
    plan,
    looksBefore: (isMute(plan) ? LOOKS_BEFORE_MUTE : LOOKS_BEFORE) * patience,
    config,
    simulator,
    receiver,
    daemon,
    reader: readerOf(daemon, config),
    stop: async () => {
      await daemon.stop();
      await proxy.stop();
      await receiver.stop();
      await simulator.stop();
    },
  };
}

/** What happens in every world: an outage, failures of all kinds, a person's hand, a lost answer. */
async function tell(world: World): Promise<readonly Part[]> {
  const { control } = world.simulator;
  const web = { definition: 'Web Server Enrollment', status: 'Failed' } as const;
  const parts: Part[] = control
    .truth()
    .instances.filter(({ status }) => status === 'Failed')
    .map(({ id }) => ({ id, kind: 'old' }));
  const add = (kind: Part['kind'], ids: readonly string[]): readonly string[] => {
    parts.push(...ids.map((id): Part => ({ id, kind })));
    return ids;
  };
  await waitFor(async () => (await statusOf(world))?.lastSweepAt != null, world.looksBefore);
  // Where dates are cut to seconds, what fails in the same second as the watch began may have failed before it.
  await sleepUntil(Date.now() + 1100);
  const [first = ''] = add('plain', control.makeInstances({ ...web, ca: DEAD_CA }));
  await waitFor(async () => (await wasGood(world, DEAD_CA)) && (await isEnded(world, first)), world.looksBefore);

  control.setCa(DEAD_CA, { up: false });
  const diedAt = Date.now();
  add('outage', control.makeInstances({ ...web, ca: DEAD_CA, count: 2 }));
  const [restarted = ''] = control.makeInstances({ ...web, ca: DEAD_CA });
  const [asked = ''] = add('asked again', control.makeInstances({ ...web, ca: DEAD_CA }));
  add('plain', control.makeInstances({ ...web, ca: LIVE_CA, count: 2 }));
  add('approval', control.makeInstances({ definition: 'VPN Enrollment', status: 'Failed', ca: LIVE_CA }));
  add('collection', control.makeInstances({ definition: 'New Certificate Ticket', status: 'Failed' }));
  add('issued', control.makeInstances({ ...web, ca: LIVE_CA, step: 'SendMail1', issued: 'yes' }));
  add('maybe issued', control.makeInstances({ ...web, ca: LIVE_CA, issued: 'maybe' }));
  add('plain', control.makeInstances({ ...web, status: 'Running', ca: LIVE_CA, failures: 1 }));
  control.addFaults([{ kind: 'resetAfter', route: 'restart', count: 1 }]);

  await sleepUntil(diedAt + PERSON_MS);
  // A row that is deleted before anything but its Title was known leaves nothing that tells its new run.
  await waitFor(async () => areRead(await recordsOf(world), [restarted, asked]), world.looksBefore);
  parts.push({ id: restarted, kind: 'by a person', isUnread: !areRead(await recordsOf(world), [restarted]) });
  const anew = control.act({ do: 'restart', who: 'KEYEXAMPLE\\jsmith', instance: restarted }).done;
  const again = control.act({ do: 'resubmit', who: 'KEYEXAMPLE\\jsmith', instance: asked }).done;
  add(
    'asked again',
    again.flatMap(({ newId }) => newId ?? []),
  );

  await waitFor(async () => [...anew, ...again].every(({ newId }) => !isRunning(world, newId)), world.looksBefore);
  await waitFor(async () => Date.now() > diedAt + OUTAGE_MS || (await isDown(world, DEAD_CA)), world.looksBefore);
  control.setCa(DEAD_CA, { up: true });
  return parts;
}

async function statusOf({ reader }: World) {
  return await reader.status().catch(() => null); // Redis or the daemon may still be coming up
}

async function wasGood(world: World, ca: string): Promise<boolean> {
  const status = await statusOf(world);
  return status?.dependencies.some(({ name, lastGoodAt }) => name.endsWith(ca) && lastGoodAt !== null) ?? false;
}

async function isEnded(world: World, id: string): Promise<boolean> {
  return (await recordsOf(world)).some(({ instanceIds, phase }) => instanceIds.includes(id) && phase === 'ended');
}

async function isDown(world: World, ca: string): Promise<boolean> {
  const status = await statusOf(world);
  return status?.dependencies.some(({ name, state }) => name.endsWith(ca) && state === 'down') ?? false;
}

function isRunning({ simulator }: World, id: string | null): boolean {
  return simulator.control.truth().instances.some((run) => run.id === id && run.status === 'Running');
}

function areRead(records: readonly Remediation[], ids: readonly string[]): boolean {
  return ids.every((id) => records.some(({ instanceIds, input }) => instanceIds.includes(id) && input !== null));
}

async function recordsOf({ daemon }: World): Promise<readonly Remediation[]> {
  return await daemon.stores.store.list({}, 1000);
}

function isToldOfMute({ plan, receiver }: World): boolean {
  return isMute(plan) && receiver.alerts.some(({ key }) => key === 'failed-status-unknown');
}

/** True once everything of the story has an end or a person's turn, twice in a row. */
async function untilSettled(world: World, parts: readonly Part[], looks: number): Promise<boolean> {
  let before = false;
  for (let look = 0; look < looks; look += 1) {
    const records = await recordsOf(world);
    const isNow =
      isToldOfMute(world) ||
      parts.every(({ id }) => {
        const record = records.find(({ instanceIds }) => instanceIds.includes(id));
        return record !== undefined && (record.phase === 'ended' || record.phase === 'held');
      });
    if (isNow && before) return true;
    before = isNow;
    await sleep(LOOK_MS);
  }
  return false;
}

async function gather(world: World, parts: readonly Part[], isSettled: boolean): Promise<Facts> {
  const records = await recordsOf(world);
  const truth: Truth = world.simulator.control.truth();
  return { parts, records, truth, alerts: world.receiver.alerts, isSettled };
}

async function waitFor(holds: () => Promise<boolean>, looks: number): Promise<boolean> {
  for (let look = 0; look < looks; look += 1) {
    if (await holds()) return true;
    await sleep(LOOK_MS);
  }
  return false;
}

async function sleepUntil(time: number): Promise<void> {
  await sleep(Math.max(0, time - Date.now()));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
