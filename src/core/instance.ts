/** Milliseconds since 1970-01-01 UTC. Whose clock it is, the name or the comment says: ours (the store's) or the server's. */
export type Time = number;

/** The statuses the manual names; `Unknown` is an integer that no evidence has named yet (API reference 4.2). */
export const INSTANCE_STATUSES = [
  'Running',
  'Suspended',
  'Failed',
  'Complete',
  'Rejected',
  'CanceledForRestart',
  'Unknown',
] as const;
export type InstanceStatus = (typeof INSTANCE_STATUSES)[number];

/** One workflow instance as a list shows it (API reference 3), in our words. Ids are lower case, dates are server time. */
export interface InstanceRow {
  readonly id: string;
  readonly status: InstanceStatus;
  /** What stood on the wire, for people who have to name an unknown integer. */
  readonly rawStatus: string;
  readonly statusMessage: string | null;
  readonly definitionId: string;
  readonly definitionName: string | null;
  readonly definitionVersion: number | null;
  readonly workflowType: string;
  readonly stepName: string | null;
  readonly stepUniqueName: string | null;
  readonly title: string | null;
  readonly lastModified: Time | null;
  readonly startDate: Time | null;
  /** What was added to its dates, which came without a zone, ms; left out: nothing. */
  readonly zoneOffsetMs?: number;
  readonly referenceId: number | null;
}

export interface Signal {
  readonly name: string | null;
  readonly received: boolean;
}

/**
 * One instance as the single read shows it. Both maps are secret: they live in memory only, and only keyed hashes and
 * the named fields that decisions need are kept (P11).
 */
export interface InstanceDetail extends InstanceRow {
  readonly signals: readonly Signal[];
  readonly initialData: Readonly<Record<string, unknown>> | null;
  readonly currentStateData: Readonly<Record<string, unknown>> | null;
}

export interface CertificateAuthority {
  readonly id: number;
  readonly logicalName: string;
  readonly hostName: string;
  /** 0: DCOM (Microsoft CA or gateway), 1: HTTPS (API reference 7). */
  readonly type: number | null;
  /** What its Test wants repeated beside these, by Command's names; never a secret. */
  readonly testFields?: Readonly<Record<string, string | number | boolean>>;
}

export interface DefinitionStep {
  readonly displayName: string | null;
  readonly uniqueName: string | null;
  readonly extensionName: string | null;
  /** Text parameters by lower-cased name, for the CA that a step names. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Definition {
  readonly id: string;
  readonly displayName: string | null;
  readonly workflowType: string;
  readonly version: number | null;
  readonly publishedVersion: number | null;
  readonly steps: readonly DefinitionStep[];
}

const ACTIVE: ReadonlySet<InstanceStatus> = new Set(['Running', 'Suspended', 'Unknown']);

/** True for a status that may still change by itself. */
export function isActive(status: InstanceStatus): boolean {
  return ACTIVE.has(status);
}

/** The name under which people know the failing step. */
export function stepLabel(row: Pick<InstanceRow, 'stepName' | 'stepUniqueName'>): string {
  return row.stepName ?? row.stepUniqueName ?? 'unknown step';
}
