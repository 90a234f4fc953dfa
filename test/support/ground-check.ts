import type { DemoFacts } from '../../src/cli/demo/facts.ts';
import { toGround } from '../../src/cli/demo/facts.ts';
import { checkPromises, wrongLinks } from '../../src/cli/demo/promises.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import type { World } from './world.ts';
import { until } from './world.ts';

/** What must hold whatever was killed, cut or slept; those of DESIGN.md 2 that no clock is needed for. */
const TIMELESS = ['P1', 'P2', 'P3', 'P4', 'P5', 'P7', 'P10'];

/** The store against the ground truth of the simulated Command: what broke which promise; empty: all of them held. */
export async function brokenPromises(world: World, ids: readonly string[]): Promise<readonly string[]> {
  const facts = await factsOf(world, ids);
  return [...toFaults(facts, TIMELESS), ...sentThoughDone(facts), ...(await silentWaits(world))];
}

/**
 * The same after the store has forgotten: no restart twice, no wrong link and no second certificate; each of these lineages is
 * Complete or on a record with an end or a person's choice, whatever the record still knows of its past.
 */
export async function brokenAfterLoss(world: World, ids: readonly string[]): Promise<readonly string[]> {
  const facts = await factsOf(world, ids);
  const ground = toGround(facts.truth);
  const lost = ids
    .map((id) => ground.lineageFrom(id).at(-1) ?? id)
    .filter((newest) => ground.instances.get(newest)?.status !== 'Complete')
    .filter((newest) => !facts.records.some((one) => one.instanceIds.includes(newest) && isSettled(one)));
  return [
    ...toFaults(facts, ['P1', 'P4', 'P7', 'P10']),
    ...sentThoughDone(facts),
    ...(await silentWaits(world)),
    ...wrongLinks(facts, ground).map(({ oldInstanceId }) => `P2 ${oldInstanceId} has a wrong successor`),
    ...lost.map((id) => `P3 ${id} is neither Complete nor settled on a record`),
  ];
}

/** Waits until each of these has an end or is a person's turn. */
export async function untilSettled(world: World, ids: readonly string[], limitMs = 60_000): Promise<void> {
  await until(
    async () => {
      const records = await world.records().catch(() => []);
      const settled = new Set(records.filter(isSettled).flatMap(({ instanceIds }) => instanceIds));
      const open = records.filter((one) => !isSettled(one));
      return { missing: ids.filter((id) => !settled.has(id)), open: open.map(describe) };
    },
    ({ missing }) => missing.length === 0,
    limitMs,
  );
}

interface Listed {
  readonly rootInstanceId: string;
  readonly phase: string;
  readonly reason: string;
  readonly rule: string;
  readonly nextAt: string | null;
}

/** Phases in which it is a person's turn. */
const PERSONS_TURN = ['held', 'handed-over'];

/** What `list` shows as open without a reason, or with neither a next time nor a person's turn (P3). */
export async function silentWaits(world: World): Promise<readonly string[]> {
  const open = await world.lines<Listed>(['list', '--json']);
  return open
    .filter(({ phase }) => phase !== 'ended')
    .filter(
      ({ reason, rule, nextAt, phase }) =>
        reason === '' || rule === '' || (nextAt === null && !PERSONS_TURN.includes(phase)),
    )
    .map((one) => `P3 ${JSON.stringify(one)} has no reason, next time or person's turn`);
}

/** Requests for an instance whose restart had already taken effect: refused by this server, a second run on another. */
function sentThoughDone({ truth }: DemoFacts): readonly string[] {
  const done = new Set<string>();
  return truth.restarts.flatMap(({ instanceId, tookEffect }) => {
    const isAgain = done.has(instanceId);
    if (tookEffect) done.add(instanceId);
    return isAgain ? [`P1 ${instanceId} was sent again though its restart had taken effect`] : [];
  });
}

function isSettled({ phase }: Remediation): boolean {
  return phase === 'ended' || phase === 'held';
}

function describe({ rootInstanceId, phase, reason }: Remediation): string {
  return `${rootInstanceId} is ${phase}: ${reason}`;
}

function toFaults(facts: DemoFacts, promises: readonly string[]): readonly string[] {
  return checkPromises(facts, promises).flatMap(({ ok, promise, detail }) => (ok ? [] : [`${promise} ${detail}`]));
}

async function factsOf(world: World, ids: readonly string[]): Promise<DemoFacts> {
  const truth = world.simulator.control.truth();
  return {
    truth,
    records: await world.records(),
    failedIds: ids,
    outageCa: '',
    approvalDefinitions: [],
    config: {} as DemoFacts['config'], // only promises about time and numbers ask for it
    alerts: [],
    recovered: [],
    leaks: { planted: [], looked: {}, found: [] },
  };
}
