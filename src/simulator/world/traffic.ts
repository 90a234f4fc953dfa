import type { TrafficSpec } from '../scenario/schema.ts';
import { startRun } from './engine.ts';
import { removeInstances } from './instance-changes.ts';
import { findDefinition, makeInstances } from './make-instances.ts';
import { createRandom } from './random.ts';
import type { Instance, Status, World } from './types.ts';

const DEFAULT_KEEP = 2000;
const FINISHED: readonly Status[] = ['Complete', 'Rejected', 'CanceledForRestart'];

type Mix = NonNullable<TrafficSpec['mix']>;

/** Makes new instances for ever, at the rate that the scenario says, and forgets old finished ones. */
export function startTraffic(world: World, spec: TrafficSpec): void {
  if (spec.perSecond === 0) return;
  const random = createRandom(world.seed * 7919 + 1);
  const mix = spec.mix ?? world.definitions.map(({ displayName }) => ({ definition: displayName }));
  for (const { definition } of mix) findDefinition(world, definition);
  const made: Instance[] = [];
  const next = () => {
    const part = pick(mix, random());
    const failures = random() < (part.failing ?? 0) ? 1 : undefined;
    const ca = part.ca === undefined ? {} : { ca: part.ca };
    const [instance] = makeInstances(
      world,
      { definition: part.definition, ...ca, ...(failures && { failures }) },
      'traffic',
    );
    if (instance) {
      made.push(instance);
      startRun(world, instance);
    }
    forgetOld(world, made, spec.keep ?? DEFAULT_KEEP);
    world.clock.after(gapMs(spec.perSecond, random()), next);
  };
  world.clock.after(gapMs(spec.perSecond, random()), next);
}

/** Between half and one and a half of the mean. */
function gapMs(perSecond: number, random: number): number {
  return (1000 / perSecond) * (0.5 + random);
}

function pick(mix: Mix, random: number): Mix[number] {
  const total = mix.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let left = random * total;
  for (const part of mix) {
    left -= part.weight ?? 1;
    if (left < 0) return part;
  }
  const [first = { definition: '' }] = mix;
  return first;
}

/**
 * Finished ones go first; beyond twice the number the others go, too, so that a long run stays small. What a restart
 * made of one that goes takes its place.
 */
function forgetOld(world: World, made: Instance[], keep: number): void {
  if (made.length <= keep * 1.1 + 10) return;
  let surplus = made.length - keep;
  const mayGo = (instance: Instance) =>
    FINISHED.includes(instance.state.status) || (made.length > keep * 2 && instance.state.status !== 'Running');
  const old = made.filter((instance) => surplus > 0 && mayGo(instance) && surplus-- > 0);
  const gone = new Set(old);
  const successors = old.flatMap(({ successorIds }) => successorIds.map((id) => world.instances.get(id)));
  const kept = [...made.filter((instance) => !gone.has(instance)), ...successors.filter((one) => one !== undefined)];
  made.splice(0, made.length, ...kept);
  removeInstances(
    world,
    old.filter(({ isDeleted }) => !isDeleted),
    { isForgotten: true },
  );
}
