import { ScenarioError } from '../scenario/parse-scenario.ts';
import type { InstanceSpec } from '../scenario/schema.ts';
import { caAdditions, caPath, countIssued, findCa } from './ca-calls.ts';
import { downText, lostAnswerText, stepText } from './failure-texts.ts';
import { initialDataOf, subjectOf, titleOf, userOf } from './initial-data.ts';
import { guidFrom } from './random.ts';
import type {
  Definition,
  DefinitionVersion,
  Instance,
  InstanceSignal,
  Origin,
  Status,
  Step,
  Work,
  World,
} from './types.ts';

/** Makes the instances of one entry of a scenario, without running them. */
export function makeInstances(world: World, spec: InstanceSpec, origin: Origin): Instance[] {
  const definition = findDefinition(world, spec.definition);
  const count = spec.count ?? 1;
  if (spec.id && count > 1)
    throw new ScenarioError([`instances: id ${spec.id} cannot be given with count ${count}; allowed: count 1`]);
  const made: Instance[] = [];
  for (let index = 0; index < count; index += 1) {
    const instance = makeInstance(world, spec, { definition, origin, index, count });
    if (world.instances.get(instance.id))
      throw new ScenarioError([`instances: id ${instance.id} is there twice; allowed: different ids`]);
    world.instances.add(instance);
    made.push(instance);
  }
  return made;
}

export function findDefinition(world: World, name: string): Definition {
  const wanted = name.toLowerCase();
  const found = world.definitions.find(({ id, displayName }) => id === wanted || displayName.toLowerCase() === wanted);
  if (found) return found;
  const names = world.definitions.map(({ displayName }) => displayName).join(', ');
  throw new ScenarioError([`definition: "${name}" is not a definition; allowed: ${names}`]);
}

interface Place {
  readonly definition: Definition;
  readonly origin: Origin;
  readonly index: number;
  readonly count: number;
}

function makeInstance(world: World, spec: InstanceSpec, place: Place): Instance {
  const { definition, origin } = place;
  const number = world.nextNumber++;
  const ca = caOf(world, spec, definition);
  const user = spec.user ?? userOf(number);
  const subject = spec.subject?.replaceAll('{n}', String(place.index + 1)) ?? subjectOf(definition, number);
  const status = spec.status ?? 'Running';
  const version = versionOf(definition, spec.version);
  const stepIndex = stepIndexOf(version, spec, status);
  const work = workOf(spec, version.steps[stepIndex]);
  const times = timesOf(world, spec, place);
  const id = (spec.id ?? guidFrom(world.seed, `instance:${number}`)).toLowerCase();
  const base = {
    id,
    referenceId: world.nextReferenceId++,
    title: spec.title?.replaceAll('{n}', String(place.index + 1)) ?? titleOf(definition, user, subject),
    initiator: user,
    startDate: times.startDate,
    initialData: { ...initialDataOf(world.seed, { definition, ca, user, subject, number }), ...spec.data },
    work,
    wish: `${definition.displayName}|${subject}`,
    ca: ca ? caPath(ca) : (spec.ca ?? null),
  };
  const step = version.steps[stepIndex];
  const issued = status === 'Complete' ? 'yes' : (spec.issued ?? 'no');
  return {
    ...base,
    predecessorId: null,
    successorIds: [],
    origin,
    visibleAt: times.visibleAt,
    state: {
      status,
      version,
      stepIndex,
      message: messageOf(world, spec, { status, step, issued }),
      lastModified: times.lastModified,
      signals: signalsOf(version, stepIndex, spec, status),
      additions: issue(world, { id, wish: base.wish, version, issued, ca: base.ca }),
      since: times.visibleAt,
      previous: null,
    },
    isDeleted: false,
    restartsInFlight: 0,
    cancelTimer: () => undefined,
  };
}

function caOf(world: World, spec: InstanceSpec, definition: Definition) {
  if (spec.ca) {
    const found = findCa(world, spec.ca);
    if (found) return found;
    const names = world.cas.map(caPath).join(', ');
    throw new ScenarioError([`instances: ca "${spec.ca}" is not a certificate authority; allowed: ${names}`]);
  }
  const needsCa = definition.workflowType === 'Enrollment' || definition.workflowType === 'Revocation';
  return needsCa ? world.cas[0] : undefined;
}

function versionOf(definition: Definition, wanted: number | undefined): DefinitionVersion {
  const number = wanted ?? definition.publishedVersion ?? definition.draftVersion;
  const found = definition.versions.find(({ version }) => version === number);
  if (found) return found;
  throw new ScenarioError([
    `instances: version ${number} of "${definition.displayName}"; allowed: 1 to ${definition.draftVersion}`,
  ]);
}

/** Where an instance of that status stands, if the scenario does not say: the approval, the CA's step, the end. */
function stepIndexOf({ definition, steps }: DefinitionVersion, spec: InstanceSpec, status: Status): number {
  if (spec.step !== undefined) {
    const wanted = spec.step.toLowerCase();
    const found = steps.findIndex(
      (step) => step.uniqueName.toLowerCase() === wanted || step.displayName.toLowerCase() === wanted,
    );
    if (found !== -1) return found;
    const names = steps.map(({ uniqueName }) => uniqueName).join(', ');
    throw new ScenarioError([
      `instances: step "${spec.step}" is not in "${definition.displayName}"; allowed: ${names}`,
    ]);
  }
  if (status === 'Running') return 0;
  if (status === 'Complete') return steps.length - 1;
  const approval = steps.findIndex(({ kind }) => kind === 'approval');
  if (status === 'Suspended' || status === 'Rejected') return failIfMissing(approval, definition, status);
  const atCa = steps.findIndex(({ kind }) => kind === 'enroll' || kind === 'revoke' || kind === 'renew');
  return atCa === -1 ? steps.findIndex(({ kind }, index) => kind !== 'noop' || index === steps.length - 1) : atCa;
}

function failIfMissing(index: number, definition: Definition, status: Status): number {
  if (index !== -1) return index;
  throw new ScenarioError([`instances: status "${status}" needs an approval step in "${definition.displayName}"`]);
}

function workOf(spec: InstanceSpec, step: Step | undefined): Work {
  if (!step || (spec.status !== undefined && spec.status !== 'Failed' && spec.failures === undefined))
    return { failures: new Map(), plan: null };
  const isFailed = spec.status === 'Failed';
  const target = isFailed || spec.step ? step : undefined;
  if (!target || (!isFailed && spec.failures === undefined)) return { failures: new Map(), plan: null };
  const plan = { step: target.uniqueName, failures: spec.failures ?? 1, message: spec.message ?? null };
  return { failures: new Map(isFailed ? [[target.uniqueName, 1]] : []), plan };
}

function timesOf(world: World, spec: InstanceSpec, place: Place) {
  const now = world.clock.now();
  const share = place.count > 1 ? place.index / (place.count - 1) : 0;
  const age = (spec.age ?? 0) + (spec.spread ?? 0) * share;
  const lastModified = spec.lastModified ?? now - age;
  // A run that has ended began some seconds before its last change.
  const usual = spec.status === undefined || spec.status === 'Running' ? lastModified : lastModified - 5000;
  return { lastModified, startDate: spec.startDate ?? usual, visibleAt: Math.min(now, lastModified) };
}

function messageOf(
  world: World,
  spec: InstanceSpec,
  at: { status: Status; step: Step | undefined; issued: string },
): string | null {
  if (at.status === 'Suspended') return 'Waiting for signals.';
  if (at.status === 'Rejected') return spec.message ?? 'The request was denied.';
  if (at.status !== 'Failed' || !at.step) return spec.message ?? null;
  if (spec.message) return spec.message;
  const ca = findCa(world, at.step.ca ?? spec.ca ?? null) ?? world.cas[0];
  const atCa = at.step.kind === 'enroll' || at.step.kind === 'revoke' || at.step.kind === 'renew';
  if (!atCa || !ca) return stepText(at.step);
  return at.issued === 'maybe' ? lostAnswerText(ca) : downText(ca);
}

function signalsOf(
  version: DefinitionVersion,
  stepIndex: number,
  spec: InstanceSpec,
  status: Status,
): InstanceSignal[] {
  return version.steps.slice(0, stepIndex + 1).flatMap((step, index) => {
    if (!step.signal) return [];
    const isReceived = spec.approved ?? (index < stepIndex || status !== 'Suspended');
    return [
      {
        stepUniqueName: step.uniqueName,
        name: step.signal.name,
        stepSignalId: step.signal.id,
        roles: step.signal.roles,
        isReceived,
      },
    ];
  });
}

interface Issue {
  readonly id: string;
  readonly wish: string;
  readonly version: DefinitionVersion;
  readonly issued: 'no' | 'yes' | 'maybe';
  readonly ca: string | null;
}

/** Counts the certificate of an instance that has one, and shows it unless nobody was told. */
function issue(world: World, given: Issue) {
  const step = given.version.steps.find(({ kind }) => kind === 'enroll' || kind === 'revoke' || kind === 'renew');
  const ca = findCa(world, step?.ca ?? given.ca);
  if (!step || !ca || given.issued === 'no') return {};
  countIssued(world, step, given, ca);
  return given.issued === 'yes' ? caAdditions(world, step, ca, given.id) : {};
}
