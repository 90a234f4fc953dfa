import { DEFAULT_PERMISSIONS, DEFAULT_WORLD } from '../scenario/default-world.ts';
import { DEFAULT_KNOBS, mergeKnobs } from '../scenario/knobs.ts';
import { checkScenario, ScenarioError } from '../scenario/parse-scenario.ts';
import type { CaSpec, Scenario, ScenarioInput, UserSpec } from '../scenario/schema.ts';
import { setCaMode } from './ca-calls.ts';
import type { Clock } from './clock.ts';
import { startRun } from './engine.ts';
import { createInstanceStore } from './instance-store.ts';
import { makeDefinition } from './make-definitions.ts';
import { makeInstances } from './make-instances.ts';
import { createTruthLog, record } from './truth.ts';
import type { CaMode, CertificateAuthority, User, World } from './types.ts';

/** Lays a scenario over the default world: a part that it names replaces that part as a whole. */
export function completeScenario(input: ScenarioInput): Scenario & { readonly isDefaultTraffic: boolean } {
  const given = checkScenario(input);
  const usual = checkScenario(DEFAULT_WORLD);
  const owns = input.instances !== undefined || input.definitions !== undefined || input.cas !== undefined;
  const { traffic, ...rest } = { ...usual, ...given };
  const ownInstances = input.instances ?? (input.definitions || input.cas ? [] : undefined);
  return {
    ...rest,
    instances: ownInstances && !input.instances ? [] : (rest.instances ?? []),
    ...((given.traffic ?? !owns) ? { traffic: given.traffic ?? traffic } : {}),
    isDefaultTraffic: given.traffic === undefined,
  };
}

/** Builds the world of a scenario; running instances run from now on. */
export function createWorld(scenario: Scenario, clock: Clock): World {
  const seed = scenario.seed ?? 1;
  const world: World = {
    clock,
    seed,
    startedAt: clock.now(),
    speed: scenario.speed ?? 1,
    version: scenario.version ?? DEFAULT_WORLD.version,
    definitions: (scenario.definitions ?? []).map((spec, index) => makeDefinition(spec, seed, index)),
    cas: (scenario.cas ?? []).map(makeCa),
    users: (scenario.users ?? []).map(makeUser),
    instances: createInstanceStore(),
    audit: [],
    truth: createTruthLog(),
    settled: new Map(),
    knobs: mergeKnobs(DEFAULT_KNOBS, scenario.knobs ?? {}),
    keepsPast: false,
    nextReferenceId: 1001,
    nextNumber: 1,
    nextRequestId: 1,
  };
  world.keepsPast = world.knobs.staleMs > 0;
  for (const ca of world.cas) record(world.truth.caHistory, { at: world.startedAt, ca: ca.name, mode: ca.mode });
  scheduleCas(world, scenario.cas ?? []);
  for (const spec of scenario.instances ?? []) {
    const made = makeInstances(world, spec, 'seed');
    for (const instance of made) if (instance.state.status === 'Running') startRun(world, instance);
  }
  return world;
}

function makeCa(spec: CaSpec, index: number): CertificateAuthority {
  const type = spec.type ?? 'dcom';
  return {
    id: index + 1,
    name: spec.name,
    host: spec.host,
    type,
    tenant: spec.tenant ?? (type === 'dcom' ? 'keyexample.com' : 'ejbca'),
    downAs: spec.downAs ?? 'refused',
    failMs: spec.failMs ?? 20,
    issueMs: spec.issueMs ?? 50,
    maxConcurrent: spec.maxConcurrent ?? Number.POSITIVE_INFINITY,
    explicitCredentials: spec.explicitCredentials ?? false,
    connectorPool: spec.connectorPool ?? null,
    mode: modeAtStart(spec),
    test: spec.test ?? 'real',
    busy: 0,
  };
}

/** A schedule entry at 0 counts from the very start. */
function modeAtStart(spec: CaSpec): CaMode {
  const first = spec.schedule?.find(({ at }) => at === 0);
  return (first && modeOf(first)) ?? modeOf(spec) ?? 'up';
}

export function modeOf(change: { mode?: CaMode | undefined; up?: boolean | undefined }): CaMode | undefined {
  if (change.mode) return change.mode;
  if (change.up === undefined) return undefined;
  return change.up ? 'up' : 'down';
}

function scheduleCas(world: World, specs: readonly CaSpec[]): void {
  for (const [index, spec] of specs.entries()) {
    const ca = world.cas[index];
    for (const change of spec.schedule ?? []) {
      const mode = modeOf(change);
      if (!mode) throw new ScenarioError([`cas.${index}.schedule: an entry needs up or mode`]);
      if (ca && change.at > 0) world.clock.after(change.at, () => setCaMode(world, ca, mode));
    }
  }
}

function makeUser(spec: UserSpec): User {
  return {
    name: spec.name,
    password: spec.password ?? 'simulated',
    permissions: spec.permissions ?? DEFAULT_PERMISSIONS,
    roles: spec.roles ?? [],
  };
}
