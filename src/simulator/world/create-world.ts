import { DEFAULT_PERMISSIONS, DEFAULT_WORLD } from '../scenario/default-world.ts';
import { DEFAULT_KNOBS, mergeKnobs } from '../scenario/knobs.ts';
import type { Scenario, UserSpec } from '../scenario/schema.ts';
import type { Clock } from './clock.ts';
import { startRun } from './engine.ts';
import { createInstanceStore } from './instance-store.ts';
import { makeCas, scheduleCas } from './make-cas.ts';
import { makeDefinition } from './make-definitions.ts';
import { makeInstances } from './make-instances.ts';
import { actAsPerson } from './people.ts';
import { startTraffic } from './traffic.ts';
import { createTruthLog, record } from './truth.ts';
import type { User, World } from './types.ts';

/** First numbers that this server gives out. */
const FIRST_REFERENCE_ID = 1001;

/**
 * Builds the world of a complete scenario and lets it run.
 * @throws ScenarioError where its parts do not fit together
 */
export function createWorld(scenario: Scenario, clock: Clock): World {
  const { seed = 1, speed = 1, version = DEFAULT_WORLD.version, definitions = [], cas = [], users = [] } = scenario;
  const knobs = mergeKnobs(DEFAULT_KNOBS, scenario.knobs ?? {});
  const world: World = {
    clock,
    seed,
    speed,
    version,
    startedAt: clock.now(),
    definitions: definitions.map((spec, index) => makeDefinition(spec, seed, index)),
    cas: makeCas(cas),
    users: users.map(makeUser),
    instances: createInstanceStore(),
    audit: [],
    truth: createTruthLog(),
    settled: new Map(),
    knobs,
    keepsPast: knobs.staleMs > 0,
    nextReferenceId: FIRST_REFERENCE_ID,
    nextNumber: 1,
    nextRequestId: 1,
  };
  for (const ca of world.cas) record(world.truth.caHistory, { at: world.startedAt, ca: ca.label, mode: ca.mode });
  scheduleCas(world, cas);
  populate(world, scenario);
  return world;
}

function populate(world: World, { instances = [], people = [], traffic }: Scenario): void {
  for (const spec of instances) {
    const made = makeInstances(world, spec, 'seed');
    for (const instance of made) if (instance.state.status === 'Running') startRun(world, instance);
  }
  for (const { at, ...action } of people) world.clock.after(at, () => actAsPerson(world, action));
  if (traffic) startTraffic(world, traffic);
}

function makeUser({ name, password = 'simulated', permissions, roles = [] }: UserSpec): User {
  return { name, password, permissions: permissions ?? DEFAULT_PERMISSIONS, roles };
}
