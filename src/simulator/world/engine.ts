import { callCa } from './ca-calls.ts';
import { stepText } from './failure-texts.ts';
import { changeInstance } from './instance-changes.ts';
import type { DataMap, Instance, Step, World } from './types.ts';

/** Runs an instance from its first step. */
export function startRun(world: World, instance: Instance): void {
  enterStep(world, instance, 0);
}

/** Lets a suspended instance go on behind the step that it waits in. */
export function resumeRun(world: World, instance: Instance): void {
  enterStep(world, instance, instance.state.stepIndex + 1);
}

/** Calls back once when the instance is no longer running. */
export function whenSettled(world: World, instance: Instance, tell: () => void): void {
  if (instance.state.status !== 'Running') return tell();
  world.settled.set(instance.id, [...(world.settled.get(instance.id) ?? []), tell]);
}

export function stepOf(instance: Instance): Step {
  const { version, stepIndex } = instance.state;
  const step = version.steps[Math.min(stepIndex, version.steps.length - 1)];
  if (!step) throw new Error(`definition ${version.definition.displayName} has no steps`);
  return step;
}

function enterStep(world: World, instance: Instance, stepIndex: number): void {
  const { steps } = instance.state.version;
  const step = steps[stepIndex];
  if (!step) return changeInstance(world, instance, { status: 'Complete', stepIndex: steps.length - 1, message: null });

  if (step.kind === 'noop' && step.durationMs === 0) return enterStep(world, instance, stepIndex + 1);
  changeInstance(world, instance, { status: 'Running', stepIndex, message: null });
  if (step.kind === 'approval') return suspend(world, instance, step);
  if (step.kind === 'enroll' || step.kind === 'revoke' || step.kind === 'renew')
    return runCaStep(world, instance, step);

  after(world, instance, step.durationMs, () => {
    const failure = ownFailure(instance, step);
    if (failure !== null) fail(world, instance, failure);
    else enterStep(world, instance, stepIndex + 1);
  });
}

function runCaStep(world: World, instance: Instance, step: Step): void {
  const call = callCa(world, instance, step);
  const durationMs = Math.max(step.durationMs, call.durationMs);
  after(world, instance, durationMs, () => {
    const result = call.finish(() => ownFailure(instance, step));
    if (Object.keys(result.additions).length > 0) addToState(world, instance, result.additions);
    if (result.failure !== null) fail(world, instance, result.failure);
    else enterStep(world, instance, instance.state.stepIndex + 1);
  });
  if (durationMs > 0) alsoOnCancel(instance, () => call.abandon());
}

function alsoOnCancel(instance: Instance, run: () => void): void {
  const { cancelTimer } = instance;
  instance.cancelTimer = () => {
    cancelTimer();
    run();
  };
}

function suspend(world: World, instance: Instance, step: Step): void {
  const { signal } = step;
  if (!signal) return enterStep(world, instance, instance.state.stepIndex + 1);
  const waiting = { stepUniqueName: step.uniqueName, name: signal.name, stepSignalId: signal.id, roles: signal.roles };
  changeInstance(world, instance, {
    status: 'Suspended',
    message: 'Waiting for signals.',
    signals: [...instance.state.signals, { ...waiting, isReceived: false }],
  });
  if (step.approveAfterMs === null) return;
  after(world, instance, step.approveAfterMs, () => receiveSignal(world, instance, true));
}

/** Marks the signal that a suspended instance waits for as received, and lets it go on or rejects it. */
export function receiveSignal(world: World, instance: Instance, isApproved: boolean): void {
  if (instance.isDeleted || instance.state.status !== 'Suspended') return;
  instance.cancelTimer();
  const signals = instance.state.signals.map((signal) => ({ ...signal, isReceived: true }));
  if (!isApproved) {
    changeInstance(world, instance, { status: 'Rejected', message: 'The request was denied.', signals });
    return;
  }
  changeInstance(world, instance, { status: 'Running', message: null, signals });
  resumeRun(world, instance);
}

function addToState(world: World, instance: Instance, additions: DataMap): void {
  changeInstance(world, instance, { additions: { ...instance.state.additions, ...additions } });
}

function fail(world: World, instance: Instance, message: string): void {
  changeInstance(world, instance, { status: 'Failed', message });
}

/** The step's own failure, if this run is one of those that are to fail in it. */
function ownFailure(instance: Instance, step: Step): string | null {
  const { work } = instance;
  const plan = work.plan?.step === step.uniqueName ? work.plan : null;
  const failed = work.failures.get(step.uniqueName) ?? 0;
  if (failed >= (plan?.failures ?? step.failures)) return null;
  work.failures.set(step.uniqueName, failed + 1);
  return plan?.message ?? step.message ?? stepText(step);
}

function after(world: World, instance: Instance, durationMs: number, next: () => void): void {
  if (durationMs === 0) return next();
  instance.cancelTimer = world.clock.after(durationMs / world.speed, () => {
    instance.cancelTimer = () => undefined;
    next();
  });
}
