import type { DefinitionSpec, StepSpec } from '../scenario/schema.ts';
import { ScenarioError } from '../scenario/parse-scenario.ts';
import { guidFrom } from './random.ts';
import type { Definition, DefinitionVersion, Step, StepKind } from './types.ts';

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
  const newest = Math.max(
    spec.version ?? 1,
    spec.published ?? 0,
    ...(spec.versions ?? []).map(({ version }) => version),
  );
  const published = spec.published ?? newest;
  const versions: DefinitionVersion[] = [];
  const definition: Definition = {
    id: (spec.id ?? guidFrom(seed, `definition:${spec.name}`)).toLowerCase(),
    displayName: spec.name,
    description: spec.description ?? `${spec.name} workflow`,
    workflowType: spec.type ?? typeOf(spec),
    key: spec.key ?? String(index + 1),
    keyDisplayName: spec.template ?? spec.name.replaceAll(' ', ''),
    enabled: spec.enabled ?? true,
    versions,
    publishedVersion: published === 0 ? null : published,
    draftVersion: newest,
  };
  for (let version = 1; version <= newest; version += 1) {
    const steps =
      spec.versions?.find((one) => one.version === version)?.steps ?? spec.steps ?? spec.versions?.at(-1)?.steps;
    versions.push({ definition, version, steps: makeSteps(steps ?? [], `${seed}:${spec.name}:${version}`, spec.name) });
  }
  return definition;
}

function typeOf(spec: DefinitionSpec): string {
  const kinds = new Set(
    [...(spec.steps ?? []), ...(spec.versions ?? []).flatMap(({ steps }) => steps)].map(({ kind }) => kind),
  );
  if (kinds.has('revoke')) return 'Revocation';
  return kinds.has('renew') ? 'Expiration' : 'Enrollment';
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
  const number = all.slice(0, at.index + 1).filter(({ kind }) => kind === spec.kind).length;
  const uniqueName =
    spec.uniqueName ?? (spec.name ? spec.name.replaceAll(/[^A-Za-z0-9]/g, '') : `${usual.uniqueName}${number}`);
  const id = guidFrom(0, `step:${at.label}:${uniqueName}`);
  const ca = spec.ca ? { CA: spec.ca } : {};
  return {
    id,
    kind: spec.kind,
    extension: usual.extension,
    displayName: spec.name ?? usual.displayName,
    uniqueName,
    durationMs: spec.durationMs ?? usual.durationMs,
    failures: spec.failures ?? 0,
    message: spec.message ?? null,
    ca: spec.ca ?? null,
    parameters: { ...ca, ...spec.parameters },
    signal:
      spec.kind === 'approval'
        ? { id: guidFrom(0, `signal:${id}`), name: 'ApprovalStatus', roles: spec.roles ?? [DEFAULT_ROLE] }
        : null,
    approveAfterMs: spec.approveAfterMs ?? null,
  };
}
