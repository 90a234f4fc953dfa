import type { ActionSpec } from '../scenario/schema.ts';
import { globToPattern } from '../http/fault-plan.ts';
import { receiveSignal, startRun } from './engine.ts';
import { changeInstance, removeInstances } from './instance-changes.ts';
import { guidFrom } from './random.ts';
import { commitRestart } from './restart.ts';
import type { Instance, World } from './types.ts';

export interface ActionResult {
  /** The instances that the action changed, and the new instance where it made one. */
  readonly done: readonly { readonly id: string; readonly newId: string | null }[];
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Does what a person would do in the portal, to one instance or to those whose title matches. */
export function actAsPerson(world: World, action: ActionSpec): ActionResult {
  const found = findTargets(world, action).slice(0, action.count ?? Number.POSITIVE_INFINITY);
  const done = found.flatMap((instance) => {
    const newId = actOn(world, instance, action);
    return newId === undefined ? [] : [{ id: instance.id, newId }];
  });
  return { done };
}

function findTargets(world: World, action: ActionSpec): Instance[] {
  const all = GUID.test(action.instance) ? [world.instances.get(action.instance)] : [...world.instances.all()];
  const title = globToPattern(action.instance);
  return all
    .filter((instance) => instance !== undefined)
    .filter((instance) => {
      if (!GUID.test(action.instance) && !title.test(instance.title)) return false;
      return action.status === undefined ? fits(instance, action) : instance.state.status === action.status;
    });
}

/** Without a wanted status an action looks for the instances it makes sense for. */
function fits({ state }: Instance, action: ActionSpec): boolean {
  switch (action.do) {
    case 'restart':
      return state.status === 'Failed' || state.status === 'Suspended';
    case 'stop':
    case 'sign':
      return state.status === 'Suspended';
    case 'resubmit':
      return state.status === 'Failed' || state.status === 'Rejected';
    case 'delete':
      return true;
  }
}

/** The new instance's id, null where there is none, undefined where nothing was done. */
function actOn(world: World, instance: Instance, action: ActionSpec): string | null | undefined {
  const user = action.who ?? 'KEYEXAMPLE\\jsmith';
  switch (action.do) {
    case 'restart': {
      const answer = commitRestart(world, instance, { user, version: action.version ?? null, othersInFlight: 0 });
      return answer.type === 'restarted' ? answer.successor.id : undefined;
    }
    case 'stop':
      if (instance.state.status !== 'Suspended') return undefined;
      instance.cancelTimer();
      changeInstance(world, instance, { status: 'Rejected', message: `Stopped by ${user}.` });
      return null;
    case 'delete':
      removeInstances(world, [instance]);
      return null;
    case 'sign':
      if (instance.state.status !== 'Suspended') return undefined;
      receiveSignal(world, instance, action.approve ?? true);
      return null;
    case 'resubmit':
      return resubmit(world, instance);
  }
}

/** Asks for the same thing once more: a new instance with equal input that knows nothing of the old one. */
function resubmit(world: World, old: Instance): string {
  const now = world.clock.now();
  const { definition, version } = old.state.version;
  const published = definition.versions.find((one) => one.version === definition.publishedVersion);
  const instance: Instance = {
    ...old,
    id: guidFrom(world.seed, `resubmit:${old.id}:${world.nextNumber++}`),
    referenceId: world.nextReferenceId++,
    startDate: now,
    work: { failures: new Map(), plan: null },
    predecessorId: null,
    successorIds: [],
    origin: 'resubmit',
    visibleAt: now,
    state: {
      status: 'Running',
      version: published ?? definition.versions.find((one) => one.version === version) ?? old.state.version,
      stepIndex: 0,
      message: null,
      lastModified: now,
      signals: [],
      additions: {},
      since: now,
      previous: null,
    },
    isDeleted: false,
    restartsInFlight: 0,
    cancelTimer: () => undefined,
  };
  world.instances.add(instance);
  startRun(world, instance);
  return instance.id;
}
