import type { Access } from '../http/auth.ts';
import type { FaultPlan } from '../http/fault-plan.ts';
import { faultSchema, type Fault, type FaultInput } from '../scenario/faults.ts';
import { knobsSchema, mergeKnobs, type Knobs, type KnobsInput } from '../scenario/knobs.ts';
import { checkInput, ScenarioError } from '../scenario/parse-scenario.ts';
import { actionSchema, instanceSchema, type ActionInput, type InstanceInput } from '../scenario/schema.ts';
import { findCa, setCaMode } from '../world/ca-calls.ts';
import { modeOf } from '../world/make-cas.ts';
import { startRun } from '../world/engine.ts';
import { keepPastStates } from '../world/instance-changes.ts';
import { findDefinition, makeInstances } from '../world/make-instances.ts';
import { actAsPerson, type ActionResult } from '../world/people.ts';
import { CA_MODES, type World } from '../world/types.ts';
import { toSummary, toTruth, type Truth, type TruthSummary } from './ground-truth.ts';
import { z } from 'zod';

export type { Truth, TruthSummary } from './ground-truth.ts';

/** Live switches of a running simulator, and what really happened in it. All inputs are checked. */
export interface SimulatorControl {
  truth(): Truth;
  summary(): TruthSummary;
  setCa(name: string, change: CaChange): void;
  /** Publishes another version of a definition, or switches it off and on. */
  setDefinition(name: string, change: DefinitionChange): void;
  setKnobs(knobs: KnobsInput): Knobs;
  /** Replaces all faults. */
  setFaults(faults: readonly FaultInput[]): void;
  addFaults(faults: readonly FaultInput[]): void;
  faults(): readonly (Fault & { readonly struck: number })[];
  /** Makes new instances and answers their ids; running ones run. */
  makeInstances(spec: InstanceInput): readonly string[];
  /** Does what a person would do in the portal. */
  act(action: ActionInput): ActionResult;
  revokeTokens(): number;
}

/** The same for input whose type is not known; it is checked in either case. */
export interface UncheckedControl extends SimulatorControl {
  setCa(name: string, change: unknown): void;
  setDefinition(name: string, change: unknown): void;
  setKnobs(knobs: unknown): Knobs;
  setFaults(faults: unknown): void;
  addFaults(faults: unknown): void;
  makeInstances(spec: unknown): readonly string[];
  act(action: unknown): ActionResult;
}

const caChangeSchema = z.strictObject({
  up: z.boolean().optional(),
  mode: z.enum(CA_MODES).optional(),
  test: z.enum(['real', 'up', 'down']).optional(),
});
export type CaChange = z.input<typeof caChangeSchema>;

const definitionChangeSchema = z.strictObject({
  published: z.int().min(0).optional(),
  enabled: z.boolean().optional(),
});
export type DefinitionChange = z.input<typeof definitionChangeSchema>;

interface ControlParts {
  readonly world: World;
  readonly faults: FaultPlan;
  readonly access: Access;
}

export function createSimulatorControl({ world, faults, access }: ControlParts): UncheckedControl {
  return {
    truth: () => toTruth(world),
    summary: () => toSummary(world),
    setCa(name, change) {
      const ca = findCa(world, name);
      if (!ca)
        throw new ScenarioError([
          `ca: "${name}" is not there; allowed: ${world.cas.map((one) => one.label).join(', ')}`,
        ]);
      const checked = checkInput(caChangeSchema, change, 'ca');
      const mode = modeOf(checked);
      if (mode) setCaMode(world, ca, mode);
      if (checked.test) ca.test = checked.test;
    },
    setDefinition: (name, change) =>
      changeDefinition(world, name, checkInput(definitionChangeSchema, change, 'definition')),
    setKnobs(knobs) {
      world.knobs = mergeKnobs(world.knobs, checkInput(knobsSchema, knobs, 'knobs'));
      if (world.knobs.staleMs > 0) keepPastStates(world);
      return world.knobs;
    },
    setFaults(next) {
      faults.replace(checkInput(z.array(faultSchema), next, 'faults'));
    },
    addFaults(next) {
      faults.add(checkInput(z.array(faultSchema), next, 'faults'));
    },
    faults: () => faults.list(),
    makeInstances(spec) {
      const made = makeInstances(world, checkInput(instanceSchema, spec, 'instances'), 'made');
      for (const instance of made) if (instance.state.status === 'Running') startRun(world, instance);
      return made.map(({ id }) => id);
    },
    act: (action) => actAsPerson(world, checkInput(actionSchema, action, 'action')),
    revokeTokens: () => access.revokeTokens(),
  };
}

function changeDefinition(world: World, name: string, { published, enabled }: DefinitionChange): void {
  const definition = findDefinition(world, name);
  if (published !== undefined && published > definition.draftVersion)
    throw new ScenarioError([
      `definition.published: ${published} is not allowed; allowed: 0 to ${definition.draftVersion}`,
    ]);
  if (published !== undefined) definition.publishedVersion = published === 0 ? null : published;
  if (enabled !== undefined) definition.enabled = enabled;
}
