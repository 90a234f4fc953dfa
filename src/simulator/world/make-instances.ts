import { ScenarioError } from '../scenario/parse-scenario.ts';
import type { InstanceSpec } from '../scenario/schema.ts';
import { caAdditions, caPath, countIssued, findCa } from './ca-calls.ts';
import { downText, lostAnswerText, stepText } from './failure-texts.ts';
import { initialDataOf, subjectOf, titleOf, userOf } from './initial-data.ts';
import { guidFrom } from './random.ts';
import type {
  CertificateAuthority,
  DataMap,
  Definition,
  DefinitionVersion,
  Instance,
  InstanceSignal,
  InstanceState,
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
  const { definition, origin, index } = place;
  const number = world.nextNumber++;
  const ca = caOf(world, spec, definition);
  const user = spec.user ?? userOf(number);
  const subject = numbered(spec.subject, index) ?? subjectOf(definition, number);
  const id = (spec.id ?? guidFrom(world.seed, `instance:${number}`)).toLowerCase();
  const wish = `${definition.displayName}|${subject}`;
  const { startDate, ...times } = timesOf(world, spec, place);
  const standing = standingOf(definition, spec);
  return {
    id,
    referenceId: world.nextReferenceId++,
    title: numbered(spec.title, index) ?? titleOf(definition, user, subject),
    initiator: user,
    startDate,
    initialData: {
      ...initialDataOf(world.seed, { definition, ca, user, subject, csrLabel: spec.newCsr ? id : '' }),
      ...spec.data,
    },
    work: workOf(spec, standing),
    wish,
    ca: ca ? caPath(ca) : null,
    predecessorId: null,
    successorIds: [],
    origin,
    visibleAt: times.visibleAt,
    state: stateOf(world, spec, { ...standing, id, wish, ca: askedCa(world, standing) ?? ca, ...times }),
    isDeleted: false,
    restartsInFlight: 0,
    cancelTimer: () => undefined,
  };
}

function numbered(text: string | undefined, index: number): string | undefined {
  return text?.replaceAll('{n}', String(index + 1));
}

/** Where an instance stands in its workflow, and where it fails. */
interface Standing {
  readonly status: Status;
  readonly version: DefinitionVersion;
  readonly stepIndex: number;
  readonly failingStep: Step | undefined;
}

function standingOf(definition: Definition, spec: InstanceSpec): Standing {
  const status = spec.status ?? 'Running';
  const version = versionOf(definition, spec.version);
  const named = spec.step === undefined ? undefined : namedStep(version, spec.step);
  const stepIndex = status === 'Running' ? 0 : (named ?? usualStep(version, status));
  return { status, version, stepIndex, failingStep: version.steps[named ?? usualStep(version, 'Failed')] };
}

/** A renewal step names its own certificate authority. */
function askedCa(world: World, { version }: Standing): CertificateAuthority | undefined {
  return findCa(world, version.steps.find(isCaStep)?.ca ?? null);
}

interface Shown extends Standing {
  readonly id: string;
  readonly wish: string;
  readonly ca: CertificateAuthority | undefined;
  readonly lastModified: number;
  readonly visibleAt: number;
}

function stateOf(world: World, spec: InstanceSpec, shown: Shown): InstanceState {
  const { status, version, stepIndex } = shown;
  const issued = status === 'Complete' ? 'yes' : (spec.issued ?? 'no');
  return {
    status,
    version,
    stepIndex,
    message: messageOf(spec, shown),
    lastModified: shown.lastModified,
    signals: signalsOf(shown, spec),
    additions: issued === 'no' ? {} : issue(world, shown, issued),
    since: shown.visibleAt,
    previous: null,
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

function namedStep({ definition, steps }: DefinitionVersion, name: string): number {
  const wanted = name.toLowerCase();
  const found = steps.findIndex(
    (step) => step.uniqueName.toLowerCase() === wanted || step.displayName.toLowerCase() === wanted,
  );
  if (found !== -1) return found;
  const names = steps.map(({ uniqueName }) => uniqueName).join(', ');
  throw new ScenarioError([`instances: step "${name}" is not in "${definition.displayName}"; allowed: ${names}`]);
}

/** Where an instance of that status stands if nothing is said: the end, the approval, the CA's step, the first step. */
function usualStep({ definition, steps }: DefinitionVersion, status: Status): number {
  if (status === 'Complete') return steps.length - 1;
  const approval = steps.findIndex(({ kind }) => kind === 'approval');
  if (status === 'Suspended' && approval === -1)
    throw new ScenarioError([`instances: status "Suspended" needs an approval step in "${definition.displayName}"`]);
  if ((status === 'Suspended' || status === 'Rejected') && approval !== -1) return approval;
  const atCa = steps.findIndex(isCaStep);
  const first = steps.findIndex(({ kind }) => kind !== 'noop');
  return Math.max(0, atCa === -1 ? first : atCa);
}

/** Failed instances have failed once already; a running one fails only if the scenario says how often. */
function workOf(spec: InstanceSpec, { status, failingStep }: Standing): Work {
  const isFailed = status === 'Failed';
  if (!failingStep || (!isFailed && spec.failures === undefined)) return { failures: new Map(), plan: null };
  const plan = { step: failingStep.uniqueName, failures: spec.failures ?? 1, message: spec.message ?? null };
  return { failures: new Map(isFailed ? [[failingStep.uniqueName, 1]] : []), plan };
}

/** A run that has ended began some time before its last change. */
const USUAL_RUN_MS = 5000;

function timesOf(world: World, spec: InstanceSpec, place: Place) {
  const now = world.clock.now();
  const share = place.count > 1 ? place.index / (place.count - 1) : 0;
  const lastModified = (spec.lastModified ?? now - (spec.age ?? 0)) - (spec.spread ?? 0) * share;
  const runMs = (spec.status ?? 'Running') === 'Running' ? 0 : USUAL_RUN_MS;
  return { lastModified, startDate: spec.startDate ?? lastModified - runMs, visibleAt: Math.min(now, lastModified) };
}

function messageOf(spec: InstanceSpec, { status, failingStep, ca }: Shown): string | null {
  if (status === 'Running') return null;
  if (status === 'Suspended') return 'Waiting for signals.';
  if (spec.message !== undefined) return spec.message;
  if (status === 'Rejected') return 'The request was denied.';
  if (status !== 'Failed' || !failingStep) return null;
  if (!isCaStep(failingStep) || !ca) return stepText(failingStep);
  return spec.issued === undefined || spec.issued === 'no' ? downText(ca) : lostAnswerText(ca);
}

/** The approvals that it has met so far; the last one of a suspended instance is open. */
function signalsOf({ version, stepIndex, status }: Shown, spec: InstanceSpec): InstanceSignal[] {
  return version.steps.slice(0, stepIndex + 1).flatMap(({ signal, uniqueName }, index) => {
    if (!signal) return [];
    const isReceived = spec.approved ?? (index < stepIndex || status !== 'Suspended');
    return [
      { stepUniqueName: uniqueName, name: signal.name, stepSignalId: signal.id, roles: signal.roles, isReceived },
    ];
  });
}

/** Counts the certificate of an instance that has one, and shows it unless its answer was lost. */
function issue(world: World, { version, id, wish, ca }: Shown, issued: 'yes' | 'maybe'): DataMap {
  const step = version.steps.find(isCaStep);
  if (!step || !ca) return {};
  countIssued(world, step, { id, wish }, ca);
  return issued === 'yes' ? caAdditions(world, step, ca, id) : {};
}

function isCaStep({ kind }: Step): boolean {
  return kind === 'enroll' || kind === 'revoke' || kind === 'renew';
}
