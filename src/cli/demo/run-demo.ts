import type { Listener } from '../../daemon/demo-parts.ts';
import type { Remediation } from '../../core/remediation.ts';
import type { StatusView } from '../../core/status-view.ts';
import type { DemoPlan } from './demo-plan.ts';
import { startDemoWorld } from './demo-world.ts';
import type { DemoWorld } from './demo-world.ts';
import type { DemoFacts } from './facts.ts';
import { notableEvents } from './notable.ts';
import { createOutageDirector } from './outage.ts';
import { checkPromises } from './promises.ts';
import type { PromiseCheck } from './promises.ts';
import type { Screen } from './screen.ts';

export interface DemoResult {
  readonly seconds: number;
  readonly redis: string;
  readonly restartsByReplica: Readonly<Record<string, number>>;
  readonly records: readonly Remediation[];
  readonly promises: readonly PromiseCheck[];
  /** What was still open when the time was over; empty: everything came to an end. */
  readonly open: readonly string[];
  readonly ok: boolean;
}

export interface DemoOptions {
  readonly plan: DemoPlan;
  readonly redisUrl: string | undefined;
  readonly screen: Screen;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** A demonstration that is not through by then has failed. */
const DEADLINE_MS = 60_000;

/** How often things are looked at. */
const LOOK_MS = 250;

/** Everything settled: so long may the last alerts take. */
const ALERTS_MS = 8000;

/** The most records that are read. */
const RECORDS = 1000;

/** Runs the whole demonstration and leaves nothing behind. Null: it was ended early. */
export async function runDemo({ plan, redisUrl, screen, signal }: DemoOptions): Promise<DemoResult | null> {
  const beganAt = Date.now();
  const elapsed = (): number => Date.now() - beganAt;
  const sent = new Map<string, number>();
  const note = (text: string): void => screen.note(elapsed(), text);
  const world = await startDemoWorld(plan, { redisUrl, listenerFor: (replica) => countSent(replica, sent, note) });
  try {
    screen.tell(`Redis: ${world.store.label}`);
    screen.tell(`Command: simulated, at ${world.simulator.url}`);
    screen.tell(`${world.failedIds.length} failed instances; ${plan.replicas} replicas of the daemon, in active mode`);
    const isOutageOver = await watch({ plan, world, screen, signal, sent, elapsed, note });
    screen.end();
    if (signal.aborted) return null;
    await lookForLeaks(world);
    const facts = await gatherFacts(plan, world);
    const promises = checkPromises(facts);
    const open = facts.records.filter(({ phase }) => phase !== 'ended' && phase !== 'held').map(describeOpen);
    if (!isOutageOver) open.push(`the outage of ${plan.outage.ca} is not over: it begins once its test was good`);
    return {
      seconds: Math.round(elapsed() / 100) / 10,
      redis: world.store.label,
      restartsByReplica: Object.fromEntries(sent),
      records: facts.records,
      promises,
      open,
      ok: open.length === 0 && promises.every(({ ok }) => ok),
    };
  } finally {
    await world.stop();
  }
}

function countSent(replica: string, sent: Map<string, number>, note: (text: string) => void): Listener {
  const tell = notableEvents(note);
  return (name, event) => {
    if (name === 'restart.sending') sent.set(replica, (sent.get(replica) ?? 0) + 1);
    tell(name, event);
  };
}

interface Watched extends Omit<DemoOptions, 'redisUrl'> {
  readonly world: DemoWorld;
  readonly sent: ReadonlyMap<string, number>;
  readonly elapsed: () => number;
  readonly note: (text: string) => void;
}

/** Shows how it goes until everything has come to an end, or the time is over. Answers whether the CA came back. */
async function watch({ plan, world, screen, signal, sent, elapsed, note }: Watched): Promise<boolean> {
  const outage = createOutageDirector(plan.outage, world.simulator.control, note);
  let settledAt: number | null = null;
  while (elapsed() < DEADLINE_MS && !signal.aborted) {
    assertFit(world);
    const status = await world.reader.status().catch(() => null); // Redis or the daemon may still be coming up
    if (status !== null) outage.direct(status, Date.now());
    screen.show({ elapsedMs: elapsed(), status, settled: settledIn(status), total: world.failedIds.length, sent });
    settledAt = outage.isOver && isSettled(status, world) ? (settledAt ?? elapsed()) : null;
    if (settledAt !== null && (elapsed() - settledAt > ALERTS_MS || (await isAllTold(plan, world)))) break;
    await pause(LOOK_MS, signal);
  }
  return outage.isOver;
}

/** @throws where this Redis cannot be worked with: waiting would not help */
function assertFit({ daemons }: DemoWorld): void {
  const unfit = daemons.map((daemon) => daemon.state().unfit).find((found) => found !== null);
  if (unfit) throw new Error(`${unfit.why}; ${unfit.fix}`);
}

function settledIn(status: StatusView | null): number {
  return status === null ? 0 : status.phases.ended + status.phases.held;
}

function isSettled(status: StatusView | null, { failedIds }: DemoWorld): boolean {
  if (status === null) return false;
  const known = Object.values(status.phases).reduce((sum, count) => sum + count, 0);
  return known >= failedIds.length && settledIn(status) === known;
}

/** The alerts come a moment later than what they are about. */
async function isAllTold(plan: DemoPlan, world: DemoWorld): Promise<boolean> {
  return checkPromises(await gatherFacts(plan, world)).every(({ promise, ok }) => promise !== 'P9' || ok);
}

async function gatherFacts(plan: DemoPlan, world: DemoWorld): Promise<DemoFacts> {
  const { simulator, daemons, receiver, config, leaks, failedIds } = world;
  const definitions = plan.scenario.definitions ?? [];
  return {
    truth: simulator.control.truth(),
    records: (await daemons[0]?.stores.store.list({}, RECORDS)) ?? [],
    failedIds,
    outageCa: plan.outage.ca,
    approvalDefinitions: definitions
      .filter(({ steps }) => JSON.stringify(steps ?? []).includes('"approval"'))
      .map(({ name }) => name),
    config,
    alerts: receiver.alerts,
    recovered: receiver.recovered,
    leaks: leaks.report,
  };
}

/** Looks for planted secrets in all of Redis and in what was sent to people. */
async function lookForLeaks({ store, receiver, leaks }: DemoWorld): Promise<void> {
  for (const { key, text } of await store.readAll()) leaks.look(`Redis key ${key}`, `${key} ${text}`);
  for (const text of receiver.texts) leaks.look('alert', text);
}

function describeOpen({ rootInstanceId, phase, reason }: Remediation): string {
  return `${rootInstanceId} is ${phase}: ${reason}`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
