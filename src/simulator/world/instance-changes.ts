import { record } from './truth.ts';
import type { Instance, InstanceState, World } from './types.ts';

/** Longest stretch of the past that stale reads can show. */
const MAX_STALE_MS = 3_600_000;
/** Most states kept of one instance. */
const MAX_PAST_STATES = 20;

export type StateChange = Partial<Omit<InstanceState, 'since' | 'previous' | 'lastModified'>>;

/** Changes what the server shows of an instance; LastModified moves with it. */
export function changeInstance(world: World, instance: Instance, change: StateChange): void {
  const now = world.clock.now();
  const previous = world.keepsPast ? withoutOld(instance.state, now) : null;
  instance.state = { ...instance.state, ...change, lastModified: now, since: now, previous };
  world.instances.touch();
  if (instance.state.status !== 'Running') tellSettled(world, instance);
}

function tellSettled(world: World, { id }: Instance): void {
  const waiting = world.settled.get(id) ?? [];
  world.settled.delete(id);
  for (const tell of waiting) tell();
}

/** Makes instances unreadable; the ground truth remembers them unless they are old traffic. */
export function removeInstances(world: World, instances: readonly Instance[], options = { isForgotten: false }): void {
  for (const instance of instances) {
    instance.cancelTimer();
    instance.isDeleted = true;
    tellSettled(world, instance);
    if (options.isForgotten) continue;
    const { id, title, wish, predecessorId, successorIds } = instance;
    record(world.truth.deleted, { id, title, wish, predecessorId, successorIds, status: instance.state.status });
  }
  world.instances.remove(instances);
}

/** The instance as a replica that lags behind would show it; null if it was not there yet. */
export function asOf(instance: Instance, at: number): Instance | null {
  if (instance.visibleAt > at) return null;
  let state: InstanceState | null = instance.state;
  while (state && state.since > at && state.previous) state = state.previous;
  return state === instance.state ? instance : { ...instance, state };
}

/** Past states cost memory, so they are kept only from the first stale read on. */
export function keepPastStates(world: World): void {
  world.keepsPast = true;
}

function withoutOld(state: InstanceState, now: number): InstanceState {
  let kept = state;
  let length = 1;
  while (kept.previous && length < MAX_PAST_STATES && now - kept.since < MAX_STALE_MS) {
    kept = kept.previous;
    length += 1;
  }
  return kept.previous ? cutAfter(state, length) : state;
}

function cutAfter(state: InstanceState, length: number): InstanceState {
  if (length <= 1 || !state.previous) return { ...state, previous: null };
  return { ...state, previous: cutAfter(state.previous, length - 1) };
}
