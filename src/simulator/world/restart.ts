import { startRun, whenSettled } from './engine.ts';
import { changeInstance, removeInstances } from './instance-changes.ts';
import { guidFrom } from './random.ts';
import type { DataMap, DefinitionVersion, Instance, Status, World } from './types.ts';
import { writeAudit } from './audit-log.ts';

export type RestartAnswer =
  | { readonly type: 'restarted'; readonly successor: Instance }
  | { readonly type: 'wrong-state' }
  | { readonly type: 'no-version' };

const RESTARTABLE: readonly Status[] = ['Failed', 'Suspended'];

export interface RestartRequest {
  readonly user: string;
  readonly version: number | null;
  /** Other Restart requests for the same instance that are not answered yet. */
  readonly othersInFlight: number;
}

/** Whether a Restart of this instance would be taken now. */
export function checkRestart(
  world: World,
  instance: Instance,
  request: RestartRequest,
): 'ok' | 'wrong-state' | 'no-version' {
  if (!versionFor(instance, request.version)) return 'no-version';
  if (instance.isDeleted && instance.successorIds.length === 0) return 'wrong-state';
  const isRestartable = RESTARTABLE.includes(instance.state.status);
  const isSecond = request.othersInFlight > 0 || instance.successorIds.length > 0;
  if (!isSecond) return isRestartable ? 'ok' : 'wrong-state';
  if (world.knobs.secondRestart === 'refused') return 'wrong-state';
  return isRestartable || request.othersInFlight > 0 ? 'ok' : 'wrong-state';
}

/** Gives the work of a failed or suspended instance a new instance, and the old row its fate. */
export function commitRestart(world: World, instance: Instance, request: RestartRequest): RestartAnswer {
  const check = checkRestart(world, instance, request);
  const version = versionFor(instance, request.version);
  if (check === 'no-version' || !version) return { type: 'no-version' };
  if (check === 'wrong-state') return { type: 'wrong-state' };

  const successor = makeSuccessor(world, instance, version, request.user);
  instance.successorIds.push(successor.id);
  world.instances.add(successor);
  settleOldRow(world, instance);
  writeRestartAudit(world, instance, successor, request.user);
  const { appearMs } = world.knobs;
  if (appearMs === 0) startRun(world, successor);
  else successor.cancelTimer = world.clock.after(appearMs, () => startRun(world, successor));
  return { type: 'restarted', successor };
}

/** Stop rejects a suspended instance (API reference, 5). */
export function stopInstance(world: World, instance: Instance, user: string): void {
  instance.cancelTimer();
  changeInstance(world, instance, { status: 'Rejected', message: `Stopped by ${user}.` });
  if (world.knobs.audit !== 'none') writeAudit(world, { operation: 'Rejected', instance, user });
}

/** Resolves when the instance stops running. */
export function untilSettled(world: World, instance: Instance): Promise<void> {
  return new Promise((resolve) => whenSettled(world, instance, resolve));
}

/** The newest published version, or the given one if it is published or older. */
function versionFor(instance: Instance, wanted: number | null): DefinitionVersion | undefined {
  const { definition } = instance.state.version;
  if (definition.publishedVersion === null || !definition.enabled) return undefined;
  const number = wanted ?? definition.publishedVersion;
  if (number > definition.publishedVersion) return undefined;
  return definition.versions.find((version) => version.version === number);
}

function makeSuccessor(world: World, old: Instance, version: DefinitionVersion, user: string): Instance {
  const { knobs } = world;
  const now = world.clock.now();
  const referenceId = knobs.referenceId === 'same' ? old.referenceId : world.nextReferenceId++;
  const state = {
    status: 'Running',
    version,
    stepIndex: 0,
    message: null,
    lastModified: now,
    signals: [],
    additions: {},
  } as const;
  return {
    id: guidFrom(world.seed, `restart:${old.id}:${old.successorIds.length}`),
    referenceId,
    title: knobs.title === 'restarter' ? old.title.replace(old.initiator, user) : old.title,
    initiator: knobs.initiator === 'restarter' ? user : old.initiator,
    startDate: knobs.startDate === 'original' ? old.startDate : now,
    initialData: knobs.initialData === 'extended' ? extended(world, old.initialData) : old.initialData,
    work: old.work,
    wish: old.wish,
    ca: old.ca,
    predecessorId: old.id,
    successorIds: [],
    origin: 'restart',
    visibleAt: now + knobs.appearMs,
    state: { ...state, since: now, previous: null },
    isDeleted: false,
    restartsInFlight: 0,
    cancelTimer: () => undefined,
  };
}

/** A key added, or values written in another way. */
function extended(world: World, data: DataMap): DataMap {
  if (world.knobs.initialDataChange === 'key') return { ...data, RestartedFromWorkflow: true };
  const rendered = Object.entries(data).map(([key, value]): [string, unknown] => {
    if (key === 'OperationStart') return [key, new Date(world.clock.now()).toISOString()];
    return [key, typeof value === 'boolean' ? BOOLEAN_TEXT[String(value)] : value];
  });
  return Object.fromEntries(rendered);
}

const BOOLEAN_TEXT: Record<string, string> = { true: 'True', false: 'False' };

function settleOldRow(world: World, instance: Instance): void {
  const { knobs } = world;
  if (instance.isDeleted) return;
  instance.cancelTimer();
  const fate = instance.state.status === 'Suspended' ? knobs.oldSuspendedRow : knobs.oldRow;
  if (fate === 'deleted') removeInstances(world, [instance]);
  if (fate === 'canceled') changeInstance(world, instance, { status: 'CanceledForRestart' });
}

function writeRestartAudit(world: World, old: Instance, successor: Instance, user: string): void {
  if (world.knobs.audit === 'none') return;
  const newId = world.knobs.audit === 'both' ? successor.id : null;
  writeAudit(world, { operation: 'Restarted', instance: old, user, newId });
}
