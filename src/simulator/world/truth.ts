/** What really happened, for tests to compare with what a client believes. */
export interface TruthLog {
  readonly restarts: RestartRecord[];
  readonly certificates: CertificateRecord[];
  readonly revocations: CertificateRecord[];
  readonly caHistory: CaRecord[];
  /** Requests by route name, and by route name and status. */
  readonly requests: Map<string, number>;
  readonly answers: Map<string, number>;
  /** What people did in the portal, by scenario or control. */
  readonly actions: ActionRecord[];
  /** Instances that are no longer readable. */
  readonly deleted: DeletedRecord[];
}

/** One POST …/Restart, as it was received. */
export interface RestartRecord {
  readonly at: number;
  readonly instanceId: string;
  user: string | null;
  version: number | null;
  tookEffect: boolean;
  newId: string | null;
  /** The HTTP status sent, or how the connection ended; null while the request is open. */
  answer: number | 'reset' | 'hang' | null;
  endedAt: number | null;
}

export interface ActionRecord {
  readonly at: number;
  readonly action: string;
  readonly user: string;
  readonly instanceId: string;
  readonly newId: string | null;
}

export interface CertificateRecord {
  readonly at: number;
  readonly ca: string;
  readonly wish: string;
  readonly instanceId: string;
}

export interface CaRecord {
  readonly at: number;
  readonly ca: string;
  readonly mode: string;
}

export interface DeletedRecord {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly wish: string;
  readonly predecessorId: string | null;
  readonly successorIds: readonly string[];
}

/** Most entries kept of each kind; beyond it the oldest are forgotten, so a long run stays small. */
const MAX_ENTRIES = 200_000;

export function createTruthLog(): TruthLog {
  return {
    restarts: [],
    certificates: [],
    revocations: [],
    caHistory: [],
    requests: new Map(),
    answers: new Map(),
    actions: [],
    deleted: [],
  };
}

/** Adds an entry and forgets the oldest tenth when there are too many. */
export function record<T>(log: T[], entry: T): T {
  if (log.length >= MAX_ENTRIES) log.splice(0, MAX_ENTRIES / 10);
  log.push(entry);
  return entry;
}

export function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
