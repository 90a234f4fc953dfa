import type { DefinitionSpec, StepSpec } from '../scenario/schema.ts';
import { ScenarioError } from '../scenario/parse-scenario.ts';
import { guidFrom } from './random.ts';
import type { Definition, DefinitionVersion, Step, StepKind, StepSignal } from './types.ts';

interface StepNames {
  readonly extension: string;
  readonly displayName: string;
  readonly uniqueName: string;
  readonly durationMs: number;
}

/** Extension names as seen in public exports (API reference, 6); the names of steps are chosen by their authors. */
const STEP_NAMES: Record<StepKind, StepNames> = {
  noop: { extension: 'NOOPStep', displayName: 'No Operation', uniqueName: 'NOOP', durationMs: 0 },
  approval: {
    extension: 'RequireApproval',
    displayName: 'Require Approval',
    uniqueName: 'RequireApproval',
    durationMs: 0,
  },
  script: { extension: 'PowerShell', displayName: 'Look up owner', uniqueName: 'LookUpOwner', durationMs: 20 },
  rest: { extension: 'RESTRequest', displayName: 'Open ticket', uniqueName: 'OpenTicket', durationMs: 20 },
  email: { extension: 'Email', displayName: 'Send mail', uniqueName: 'SendMail', durationMs: 10 },
  metadata: {
    extension: 'UpdateMetadata',
    displayName: 'Update metadata',
    uniqueName: 'UpdateMetadata',
    durationMs: 5,
  },
  enroll: { extension: 'EnrollStep', displayName: 'Enroll', uniqueName: 'Enroll', durationMs: 0 },
  revoke: { extension: 'RevokeStep', displayName: 'Revoke', uniqueName: 'Revoke', durationMs: 0 },
  renew: { extension: 'ExpirationRenewal', displayName: 'Renew', uniqueName: 'AutoRenewal', durationMs: 0 },
};

export const DEFAULT_ROLE = 'Certificate Approvers';

/** Builds a workflow definition with all its versions. */
export function makeDefinition(spec: DefinitionSpec, seed: number, index: number): Definition {
  const numbers = spec.versions.map(({ version }) => version);
  const newest = Math.max(spec.version, spec.published ?? 0, ...numbers);
  const published = spec.published ?? newest;
  const versions: DefinitionVersion[] = [];
  const definition = {
    id: (spec.id ?? guidFrom(seed, `definition:${spec.name}`)).toLowerCase(),
    displayName: spec.name,
    description: spec.description ?? `${spec.name} workflow`,
    workflowType: spec.type ?? typeOf(spec),
    key: spec.key ?? String(index + 1),
    keyDisplayName: spec.template ?? spec.name.replaceAll(' ', ''),
    enabled: spec.enabled,
    versions,
    publishedVersion: published === 0 ? null : published,
    draftVersion: newest,
  };
  for (let version = 1; version <= newest; version += 1) {
    const steps = makeSteps(stepsOf(spec, version), `${seed}:${spec.name}:${version}`, spec.name);
    versions.push({ definition, version, steps });
  }
  return definition;
}

/** The steps of one version: its own, else those that all versions share, else those of the newest. */
function stepsOf(spec: DefinitionSpec, version: number): readonly StepSpec[] {
  const own = spec.versions.find((one) => one.version === version);
  return own?.steps ?? spec.steps ?? spec.versions.at(-1)?.steps ?? [];
}

function typeOf(spec: DefinitionSpec): string {
  const steps = [...(spec.steps ?? []), ...spec.versions.flatMap((version) => version.steps)];
  if (steps.some(({ kind }) => kind === 'revoke')) return 'Revocation';
  return steps.some(({ kind }) => kind === 'renew') ? 'Expiration' : 'Enrollment';
}

/** Real exports begin and end with StartNOOP and EndNOOP (API reference, 6). */
function makeSteps(specs: readonly StepSpec[], label: string, definitionName: string): Step[] {
  const inner = specs.map((spec, index) => makeStep(spec, specs, { label, index }));
  const names = inner.map(({ uniqueName }) => uniqueName);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled)
    throw new ScenarioError([
      `definitions: "${definitionName}" has two steps with uniqueName "${doubled}"; allowed: different names`,
    ]);
  return [edgeStep('StartNOOP', label), ...inner, edgeStep('EndNOOP', label)];
}

function edgeStep(name: string, label: string): Step {
  return {
    id: guidFrom(0, `step:${label}:${name}`),
    kind: 'noop',
    extension: 'NOOPStep',
    displayName: name,
    uniqueName: name,
    durationMs: 0,
    failures: 0,
    message: null,
    ca: null,
    parameters: {},
    signal: null,
    approveAfterMs: null,
  };
}

function makeStep(spec: StepSpec, all: readonly StepSpec[], at: { label: string; index: number }): Step {
  const usual = STEP_NAMES[spec.kind];
  const uniqueName = spec.uniqueName ?? uniqueNameOf(spec, all, at.index);
  const id = guidFrom(0, `step:${at.label}:${uniqueName}`);
  const parameters = { ...(spec.ca && { CA: spec.ca }), ...spec.parameters };
  return {
    ...edgeStep(spec.name ?? usual.displayName, at.label),
    id,
    kind: spec.kind,
    extension: usual.extension,
    uniqueName,
    durationMs: spec.durationMs ?? usual.durationMs,
    failures: spec.failures ?? 0,
    message: spec.message ?? null,
    ca: spec.ca ?? null,
    parameters,
    signal: spec.kind === 'approval' ? signalOf(id, spec) : null,
    approveAfterMs: spec.approveAfterMs ?? null,
  };
}

/** The name without blanks, else the usual name of its kind with a number: `Enroll1`. */
function uniqueNameOf(spec: StepSpec, all: readonly StepSpec[], index: number): string {
  if (spec.name) return spec.name.replaceAll(/[^A-Za-z0-9]/g, '');
  const number = all.slice(0, index + 1).filter(({ kind }) => kind === spec.kind).length;
  return `${STEP_NAMES[spec.kind].uniqueName}${number}`;
}

function signalOf(stepId: string, spec: StepSpec): StepSignal {
  return { id: guidFrom(0, `signal:${stepId}`), name: 'ApprovalStatus', roles: spec.roles ?? [DEFAULT_ROLE] };
}
