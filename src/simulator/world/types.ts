import type { Knobs } from '../scenario/knobs.ts';
import type { Clock } from './clock.ts';
import type { InstanceStore } from './instance-store.ts';
import type { TruthLog } from './truth.ts';

export const STATUSES = ['Running', 'Suspended', 'Complete', 'Failed', 'Rejected', 'CanceledForRestart'] as const;
export type Status = (typeof STATUSES)[number];

export type DataMap = Readonly<Record<string, unknown>>;

export const STEP_KINDS = [
  'noop',
  'approval',
  'script',
  'rest',
  'email',
  'metadata',
  'enroll',
  'revoke',
  'renew',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

export interface Step {
  readonly id: string;
  readonly kind: StepKind;
  readonly extension: string;
  readonly displayName: string;
  readonly uniqueName: string;
  readonly durationMs: number;
  /** How many runs of one piece of work fail here before the step works. */
  readonly failures: number;
  readonly message: string | null;
  /** The certificate authority a renewal step names in its parameters. */
  readonly ca: string | null;
  readonly parameters: DataMap;
  readonly signal: StepSignal | null;
  /** An approver of the simulated company says yes after this time; null: nobody does. */
  readonly approveAfterMs: number | null;
}

export interface StepSignal {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

export interface DefinitionVersion {
  readonly definition: Definition;
  readonly version: number;
  readonly steps: readonly Step[];
}

export interface Definition {
  readonly id: string;
  readonly displayName: string;
  readonly description: string;
  readonly workflowType: string;
  readonly key: string;
  readonly keyDisplayName: string;
  readonly versions: readonly DefinitionVersion[];
  readonly draftVersion: number;
  enabled: boolean;
  publishedVersion: number | null;
}

export interface InstanceSignal {
  readonly stepUniqueName: string;
  readonly name: string;
  readonly stepSignalId: string;
  readonly roles: readonly string[];
  readonly isReceived: boolean;
}

/** What of an instance changes while it runs; replaced as a whole, so that stale reads can show an older one. */
export interface InstanceState {
  readonly status: Status;
  readonly version: DefinitionVersion;
  readonly stepIndex: number;
  readonly message: string | null;
  readonly lastModified: number;
  readonly signals: readonly InstanceSignal[];
  readonly additions: DataMap;
  readonly since: number;
  readonly previous: InstanceState | null;
}

/** What stays the same over all runs of one lineage: how often which step still fails. */
export interface Work {
  readonly failures: Map<string, number>;
  readonly plan: FailurePlan | null;
}

export interface FailurePlan {
  readonly step: string;
  readonly failures: number;
  readonly message: string | null;
}

export type Origin = 'seed' | 'traffic' | 'made' | 'restart' | 'resubmit';

export interface Instance {
  readonly id: string;
  readonly referenceId: number;
  readonly title: string;
  readonly initiator: string;
  readonly startDate: number;
  readonly initialData: DataMap;
  readonly work: Work;
  /** What somebody wants to have, whatever instance gets it for him. */
  readonly wish: string;
  readonly ca: string | null;
  readonly predecessorId: string | null;
  readonly successorIds: string[];
  readonly origin: Origin;
  readonly visibleAt: number;
  state: InstanceState;
  isDeleted: boolean;
  restartsInFlight: number;
  cancelTimer: () => void;
}

export const CA_MODES = ['up', 'down', 'silent', 'denying'] as const;
/** up; down: no connection; silent: takes the request but its answer is lost; denying: refuses each request. */
export type CaMode = (typeof CA_MODES)[number];

export interface CertificateAuthority {
  readonly id: number;
  readonly name: string;
  readonly host: string;
  /** The name, with the host where another CA has the same name: its key in the ground truth. */
  readonly label: string;
  readonly type: 'dcom' | 'https';
  readonly tenant: string;
  readonly downAs: 'refused' | 'timeout' | '503';
  readonly failMs: number;
  readonly issueMs: number;
  readonly maxConcurrent: number;
  readonly explicitCredentials: boolean;
  readonly connectorPool: string | null;
  mode: CaMode;
  /** What CA Test says: the truth, or always one answer. */
  test: 'real' | 'up' | 'down';
  busy: number;
}

export interface User {
  readonly name: string;
  readonly password: string | null;
  readonly permissions: readonly string[];
  readonly roles: readonly string[];
}

export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  readonly category: number;
  readonly operation: number;
  readonly level: number;
  readonly user: string;
  readonly entityType: string;
  readonly auditIdentifier: string;
  readonly immutableIdentifier: string;
  readonly message: string;
}

/** All there is in the simulated Command. */
export interface World {
  readonly clock: Clock;
  readonly seed: number;
  readonly startedAt: number;
  /** Divides the durations of workflow steps. */
  readonly speed: number;
  readonly version: string;
  readonly definitions: readonly Definition[];
  readonly cas: readonly CertificateAuthority[];
  readonly users: readonly User[];
  readonly instances: InstanceStore;
  readonly audit: AuditEntry[];
  readonly truth: TruthLog;
  /** Called once when an instance stops running, whatever way. */
  readonly settled: Map<string, (() => void)[]>;
  knobs: Knobs;
  /** Whether older states are kept for stale reads. */
  keepsPast: boolean;
  nextReferenceId: number;
  nextNumber: number;
  nextRequestId: number;
}
