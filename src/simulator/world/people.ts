import type { ActionSpec } from '../scenario/schema.ts';
import { globToPattern } from '../scenario/glob.ts';
import { receiveSignal, startRun } from './engine.ts';
import { csrOf } from './initial-data.ts';
import { removeInstances } from './instance-changes.ts';
import { guidFrom } from './random.ts';
import { commitRestart, stopInstance } from './restart.ts';
import { record } from './truth.ts';
import { STATUSES, type Instance, type Status, type World } from './types.ts';

export interface ActionResult {
  /** The instances that the action changed, and the new instance where it made one. */
  readonly done: readonly { readonly id: string; readonly newId: string | null }[];
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Does what a person would do in the portal, to one instance or to those whose title matches. */
export function actAsPerson(world: World, action: ActionSpec): ActionResult {
  const found = findTargets(world, action).slice(0, action.count ?? Number.POSITIVE_INFINITY);
  const done = found.flatMap((instance) => {
    const newId = ACTS[action.do](world, instance, action);
    if (newId === undefined) return [];
    const entry = { action: action.do, user: userOf(action), instanceId: instance.id, newId };
    record(world.truth.actions, { at: world.clock.now(), ...entry });
    return [{ id: instance.id, newId }];
  });
  return { done };
}

function findTargets(world: World, action: ActionSpec): Instance[] {
  const statuses = action.status === undefined ? FITTING[action.do] : [action.status];
  if (GUID.test(action.instance)) {
    const instance = world.instances.get(action.instance);
    return instance && statuses.includes(instance.state.status) ? [instance] : [];
  }
  const title = globToPattern(action.instance);
  return [...world.instances.all()].filter(
    ({ state, title: text }) => statuses.includes(state.status) && title.test(text),
  );
}

/** Without a wanted status an action looks for the instances it makes sense for. */
const FITTING: Record<ActionSpec['do'], readonly Status[]> = {
  restart: ['Failed', 'Suspended'],
  stop: ['Suspended'],
  sign: ['Suspended'],
  resubmit: ['Failed', 'Rejected'],
  delete: STATUSES,
};

/** The new instance's id, null where there is none, undefined where nothing was done. */
type Act = (world: World, instance: Instance, action: ActionSpec) => string | null | undefined;

const ACTS: Record<ActionSpec['do'], Act> = {
  restart(world, instance, action) {
    const version = action.version ?? null;
    const answer = commitRestart(world, instance, { user: userOf(action), version, othersInFlight: 0 });
    return answer.type === 'restarted' ? answer.successor.id : undefined;
  },
  stop(world, instance, action) {
    if (instance.state.status !== 'Suspended') return undefined;
    stopInstance(world, instance, userOf(action));
    return null;
  },
  delete(world, instance) {
    removeInstances(world, [instance]);
    return null;
  },
  sign(world, instance, action) {
    if (instance.state.status !== 'Suspended') return undefined;
    receiveSignal(world, instance, action.approve ?? true);
    return null;
  },
  resubmit: (world, instance, action) => resubmit(world, instance, action.newCsr ?? false),
};

function userOf(action: ActionSpec): string {
  return action.who ?? 'KEYEXAMPLE\\jsmith';
}

/** Asks for the same thing once more: a new instance with equal input that knows nothing of the old one. */
function resubmit(world: World, old: Instance, hasNewCsr: boolean): string {
  const now = world.clock.now();
  const id = guidFrom(world.seed, `resubmit:${old.id}:${world.nextNumber++}`);
  const { definition, version } = old.state.version;
  const published = definition.versions.find((one) => one.version === definition.publishedVersion);
  const instance: Instance = {
    ...old,
    id,
    referenceId: world.nextReferenceId++,
    startDate: now,
    initialData: hasNewCsr ? { ...old.initialData, CSR: csrOf(world.seed, id) } : old.initialData,
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
