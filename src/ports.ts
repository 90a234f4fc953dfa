import type { CommandShut } from './core/command-gate.ts';
import type { Dependency, DependencyKind } from './core/dependency.ts';
import type {
  CertificateAuthority,
  Definition,
  InstanceDetail,
  InstanceRow,
  InstanceStatus,
  Time,
} from './core/instance.ts';
import type { Intent } from './core/intent.ts';
import type { ListPosition } from './core/list-position.ts';
import type { Waiter } from './core/ramp.ts';
import type { Outcome, Phase, Remediation } from './core/remediation.ts';
import type { RestartAnswer } from './core/restart-answer.ts';
import type { Observation, Sighting } from './core/sighting.ts';

/* ---------- Keyfactor Command ---------- */

/** A list of instances. All conditions hold together; rows that the server lists beside them are dropped and counted. */
export interface InstanceQuery {
  readonly statuses?: readonly InstanceStatus[];
  readonly definitionId?: string;
  readonly title?: string;
  /** Server time; rows changed on that day or later (day-granular on the wire, exact locally). */
  readonly modifiedSince?: Time;
  /** `modifiedSince` as a moment on the wire, too. Only where date literals are `full`. */
  readonly isFine?: boolean;
  /** Server time; as above, for StartDate. */
  readonly startedSince?: Time;
  /** Newest first by this field, unless `isOldestFirst`. */
  readonly order: 'lastModified' | 'startDate';
  readonly isOldestFirst?: boolean;
  /** From 1. */
  readonly page: number;
}

export interface InstancePage {
  /** The rows that match the query, as the server ordered them. */
  readonly rows: readonly InstanceRow[];
  /** Rows on the wire, the dropped ones included. */
  readonly received: number;
  /** False where a row broke a condition: the server ignored (part of) the filter. */
  readonly isFiltered: boolean;
  /** False where the rows are not in the order asked for: the server ignored or refused it. */
  readonly isOrdered: boolean;
  /** True when no further page can have rows. */
  readonly isLast: boolean;
  readonly total: number | null;
  /** The store's time when the request began. */
  readonly requestedAt: Time;
  /** The Date header of the answer. */
  readonly serverTime: Time | null;
}

export interface InstanceReading {
  /** Null: Command does not know the id (404). */
  readonly detail: InstanceDetail | null;
  readonly requestedAt: Time;
  readonly serverTime: Time | null;
}

/** A connection that was opened for one restart and has not carried a byte of it. */
export interface RestartLine {
  /**
   * Sends the POST, once. `mayStillSend` is asked in one step with the first byte; where it says no, nothing leaves and
   * the answer is `not-sent`. Never throws; every ending is an answer.
   */
  send(request: RestartRequest, mayStillSend: () => boolean): Promise<RestartAnswer>;
  /** Closes the connection unused. */
  close(): void;
}

export interface RestartRequest {
  readonly instanceId: string;
  /** Definition version; null: the newest published one. */
  readonly version: number | null;
  /** Send `{}` where there would be no body (after a 411 or 415). */
  readonly withBody: boolean;
}

export interface CaTest {
  readonly isGood: boolean;
  readonly message: string;
  /** True where the test itself broke off (time-out, 5xx): it says less than a clear no. */
  readonly broke: boolean;
}

/** What `doctor`, `status` and the poller ask about the dialect that this server speaks. */
export interface CommandDialect {
  readonly productVersion: string | null;
  readonly parameters: '10' | '11' | 'unknown';
  readonly statusForm: 'name' | 'int' | 'unknown';
  /** Known integers by name; empty where names are on the wire. */
  readonly statusMap: Readonly<Partial<Record<InstanceStatus, number>>>;
  readonly isFailedKnown: boolean;
  /** Integers that rows showed and no name stands for: such a row may be Failed. */
  readonly openStatuses: readonly number[];
  readonly sortFields: Readonly<Record<'lastModified' | 'startDate', string | null>>;
  readonly dateLiterals: 'full' | 'day' | 'none' | 'unknown';
  /** Added to zone-less dates, in ms; null: dates carry a zone, or nothing is known. */
  readonly zoneOffsetMs: number | null;
  readonly hasTotalCount: boolean | null;
  /** One line of evidence per learned fact. */
  readonly evidence: readonly string[];
}

/**
 * The remote API. Every call takes a turn of the shared request budget first.
 * @throws TransientError no useful answer; AccessError 401/403; RefusedError another 4xx
 */
export interface Command {
  /** Default priority: `sweep`. */
  listInstances(query: InstanceQuery, signal?: AbortSignal, priority?: RequestPriority): Promise<InstancePage>;
  /** Default priority: `successor`; the read before a restart says `restart`. */
  readInstance(instanceId: string, signal?: AbortSignal, priority?: RequestPriority): Promise<InstanceReading>;
  /** Opens a connection, TLS and token included, so that the POST itself is one write. */
  openRestartLine(signal?: AbortSignal): Promise<RestartLine>;
  listCertificateAuthorities(signal?: AbortSignal): Promise<readonly CertificateAuthority[]>;
  testCertificateAuthority(ca: CertificateAuthority, timeoutMs: number, signal?: AbortSignal): Promise<CaTest>;
  /** Null: unknown id. Without a version: the published one where there is one. */
  readDefinition(definitionId: string, version?: number, signal?: AbortSignal): Promise<Definition | null>;
  /** Proves credentials: GET /Status/Endpoints. */
  checkAccess(signal?: AbortSignal): Promise<void>;
  /** The endpoints that Command says we may use; null: it does not say. */
  listEndpoints(signal?: AbortSignal): Promise<readonly string[] | null>;
  /**
   * True where the run was begun by the account that we call with, and the one it stands for was not: only servers that
   * name whoever restarted it show this.
   */
  isInitiatedByUs(newInstanceId: string, oldInstanceId: string, signal?: AbortSignal): Promise<boolean>;
  /** Learns what is not known yet of the dialect, with as few reads as it can; cheap when all is known. */
  learnDialect(signal?: AbortSignal): Promise<CommandDialect>;
  dialect(): CommandDialect;
  close(): Promise<void>;
}

/** Who asks for a request: the lower, the sooner served when the budget is short (DESIGN.md 8). */
export type RequestPriority = 'restart' | 'sweep' | 'successor' | 'classification';

/** The request budget that all replicas share. */
export interface RequestBudget {
  /** Waits for a turn; answers with the store's time. @throws when the signal fires */
  take(priority: RequestPriority, signal?: AbortSignal): Promise<Time>;
  /** Command said 429: nobody sends before this many ms have passed. */
  holdOff(ms: number): Promise<void>;
}

/** Where learned dialects live, per server version, shared by all replicas. */
export interface DialectMemory {
  load(productVersion: string): Promise<string | null>;
  save(productVersion: string, facts: string): Promise<void>;
}

/* ---------- The store: records, intents, gates, the feed's memory ---------- */

/** What `list` can be narrowed to; all conditions hold together. */
export interface RemediationFilter {
  readonly phase?: Phase;
  readonly outcome?: Outcome;
  readonly ca?: string;
  /** Part of a title or an id, in any case. */
  readonly search?: string;
}

/** The records. One document a lineage; every save is one atomic step with all its indexes. */
export interface RemediationStore {
  load(rootInstanceId: string): Promise<Remediation | null>;
  loadMany(rootInstanceIds: readonly string[]): Promise<readonly Remediation[]>;
  /** The lineage's root for the GUID of any of its instances, or a ReferenceId. */
  find(id: string): Promise<string | null>;
  /** The roots by instance id, for those ids that belong to a lineage. */
  rootsOf(instanceIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Creates the record. Null: the instance belongs to a lineage already. */
  create(remediation: Remediation): Promise<Remediation | null>;
  /** Replaces `before` by `after`. Null: somebody else saved meanwhile; load again and decide again. */
  save(before: Remediation, after: Remediation): Promise<Remediation | null>;
  /** Takes a root that proved to be a successor out of the list; its ids point to the older lineage from now on. */
  merge(younger: Remediation, before: Remediation, after: Remediation): Promise<Remediation | null>;
  /** Makes these due now. */
  wake(rootInstanceIds: readonly string[]): Promise<void>;
  /** Makes this one due after that time; what was decided about it stays. */
  postpone(rootInstanceId: string, delayMs: number): Promise<void>;
  /** Makes due whoever waits for a look begun at or before `lookedAt`. */
  wakeLooking(lookedAt: Time): Promise<void>;
  /** Up to `limit` roots that are due; each is hidden for `leaseMs`, so that a lost wake-up comes again. */
  takeDue(limit: number, leaseMs: number): Promise<readonly string[]>;
  counts(): Promise<{ readonly phases: Record<Phase, number>; readonly outcomes: Record<Outcome, number> }>;
  /** Open ones first, then ended ones, each oldest first. Pass `after` (where the page before ended) to go on. */
  list(filter: RemediationFilter, limit: number, after?: ListPosition): Promise<readonly Remediation[]>;
  rootsIn(phase: Phase, limit: number): Promise<readonly string[]>;
  /** Roots by the alert key they carry. */
  alertGroups(): Promise<ReadonlyMap<string, readonly string[]>>;
}

export type DoorAnswer =
  | {
      readonly type: 'opened';
      readonly intent: Intent;
      readonly remediation: Remediation;
      /** Why the intent may be lost with the store's primary, where that was to be ruled out: then nothing may be sent. */
      readonly unconfirmed: string | null;
    }
  | { readonly type: 'shut'; readonly because: DoorReason; /** In ms; 0: unknown. */ readonly waitMs: number };

export type DoorReason =
  | 'record changed'
  | 'sent before'
  | 'paused'
  | 'brake'
  | 'command'
  | 'same request under way'
  | 'concurrency'
  | 'rate'
  | 'rate of the CA'
  | 'gate moved'
  | 'allowance'
  /** Whoever asks has slept since it looked. */
  | 'facts are old';

export interface DoorRequest {
  readonly intent: Omit<Intent, 'fence' | 'openedAt' | 'state' | 'why' | 'endedAt' | 'replica'>;
  readonly before: Remediation;
  readonly after: Remediation;
  /** Slots this CA may take. */
  readonly caSlots: number;
  readonly gates: readonly { readonly name: string; readonly generation: number; readonly allowance: number }[];
  readonly limits: { readonly concurrency: number; readonly perMinute: number; readonly perCaPerMinute: number };
  readonly canaryWindowMs: number;
}

/** The intents: the durable word before each POST (DESIGN.md 4.6). */
export interface Journal {
  /** The one atomic door: all conditions and the intent, or nothing. */
  open(request: DoorRequest): Promise<DoorAnswer>;
  load(instanceId: string): Promise<Intent | null>;
  /**
   * Records how the request ended and frees its slot. What others wrote off as unknown its sender may still correct.
   * False: another intent of this instance has taken its place. Two that were accepted put on the brake, in the same step,
   * unless a person sent the second. `from`: left alone where it has been closed meanwhile, by whoever knows more.
   */
  close(intent: Intent, from?: 'open'): Promise<boolean>;
  /** The restart is proved not to have happened, or a person takes it on: the id may be sent again by a new intent. */
  markNotDone(intent: Intent, why: string, by?: 'person'): Promise<boolean>;
  /** The search is over: the claim of the request key is free again. */
  settle(instanceId: string): Promise<void>;
  /** The instance whose restart holds this request key; null: nobody's. */
  claimOf(requestKey: string): Promise<string | null>;
  /** Intents whose successor is still open. */
  unsettled(): Promise<readonly Intent[]>;
  /** Keeps the slots of these restarts; an intent that the store has lost is written again, so that its id is not sent anew. */
  beat(restarts: readonly (Pick<Intent, 'instanceId' | 'ca'> & { readonly intent?: Intent })[]): Promise<void>;
  /** The last sign of life of an open intent's sender; null: no slot on record. */
  lastBeatAt(instanceId: string): Promise<Time | null>;
}

export interface GateView {
  readonly dependency: Dependency;
  /** Restarts without a verdict, and waiters called that have not come yet. */
  readonly inFlight: number;
  /** The instance that was asked for is one of them. */
  readonly isIn: boolean;
  readonly waiting: number;
}

/** The gates: shared health, waiting rooms, allowance. */
export interface GateStore {
  /** The gates by name; those that nobody knew yet are new ones of that kind. */
  view(
    dependencies: readonly { readonly name: string; readonly kind: DependencyKind }[],
    instanceId?: string,
  ): Promise<readonly GateView[]>;
  /** All dependencies that are known. */
  names(): Promise<readonly string[]>;
  /** Changes a dependency's state in one atomic step; `change` may run again on a newer state. */
  update(name: string, kind: DependencyKind, change: (dependency: Dependency) => Dependency): Promise<Dependency>;
  /** As `update`, and the instance leaves the sum; does nothing where it has left already. */
  recordVerdict(name: string, instanceId: string, change: (dependency: Dependency) => Dependency): Promise<void>;
  /** The instance leaves the sum without a verdict. */
  leave(names: readonly string[], instanceId: string): Promise<void>;
  waiters(name: string, limit: number): Promise<readonly Waiter[]>;
  /** Those of them for whom no room is kept or taken yet. */
  uncalled(name: string, waiters: readonly Waiter[]): Promise<readonly Waiter[]>;
  /** Rooms in which somebody waits. */
  rooms(): Promise<readonly string[]>;
  /** Calls waiters: each has room kept for it for a moment and is due now. False: the gate moved meanwhile. */
  release(
    dependency: Dependency,
    allowance: number,
    waiters: readonly { rootInstanceId: string; instanceId: string }[],
  ): Promise<boolean>;
  /** How many more the rates and slots let go within `aheadMs`. */
  roomInLimits(ca: string | null, limits: DoorRequest['limits'], aheadMs: number): Promise<number>;
}

/** The feed's memory: every row seen, and since when. */
export interface Sightings {
  /** Takes in observations; tells what is new or changed, with what was known before. */
  observe(observations: readonly Observation[]): Promise<readonly SightingChange[]>;
  get(instanceIds: readonly string[]): Promise<ReadonlyMap<string, Sighting>>;
  markGone(instanceId: string, requestedAt: Time): Promise<void>;
  setPrint(instanceId: string, print: NonNullable<Sighting['print']>): Promise<void>;
  /** Rows of a definition first seen after the mark, newest first. */
  after(definitionId: string, mark: number, limit: number): Promise<readonly Sighting[]>;
  withTitle(definitionId: string, title: string | null, limit: number): Promise<readonly Sighting[]>;
  /** Rows read and found to have this request key. */
  withRequestKey(requestKey: string, limit: number): Promise<readonly Sighting[]>;
  /** The largest number given out so far. */
  mark(): Promise<number>;
  /** Forgets rows not changed since (server time), `keep` apart. */
  prune(before: Time, limit: number): Promise<number>;
}

export interface SightingChange {
  readonly sighting: Sighting;
  readonly before: Sighting | null;
}

/** What the daemon knows about itself and its server, in one document each. */
export interface Ledger {
  read<T>(name: string): Promise<T | null>;
  /** Replaces the document; `change` may run again on a newer one. Null from `change`: leave it as it is. */
  update<T>(name: string, change: (known: T | null) => T | null): Promise<T | null>;
  /** Pauses; one that stands already and lasts as long stays. Answers the pause that stands now. */
  pause(pause: Pause): Promise<Pause>;
  resume(): Promise<void>;
  paused(): Promise<Pause | null>;
  /** Observe mode until a person resumes (DESIGN.md 4.10). */
  brake(reason: string): Promise<void>;
  braked(): Promise<string | null>;
  /** Command's own gate: nothing is restarted until a sweep goes well (DESIGN.md 4.5). */
  shutCommand(shut: CommandShut): Promise<void>;
  commandShut(): Promise<CommandShut | null>;
  /** True: it was shut before that time, and is open now. */
  openCommand(lookedAt: Time): Promise<boolean>;
  /** Says that this replica lives; answers how many do. */
  beat(replica: string): Promise<number>;
  leave(replica: string): Promise<void>;
  replicas(): Promise<number>;
}

export interface Pause {
  readonly reason: string;
  readonly by: string;
  readonly since: Time;
  readonly until: Time | null;
}

/* ---------- The queue ---------- */

/** Work for the replicas. A job is only a wake-up: losing or repeating one does no harm. */
export interface Queue {
  /** One step of each of these remediations, soon, by any worker. */
  enqueue(rootInstanceIds: readonly string[]): Promise<void>;
  /** A sweep as soon as possible; many wishes make one sweep. */
  requestSweep(): Promise<void>;
  requestTests(): Promise<void>;
}

/* ---------- Alerts ---------- */

/** One alert as channels get it (DESIGN.md 7). */
export interface AlertMessage {
  readonly version: 1;
  readonly key: string;
  readonly status: 'firing' | 'resolved';
  readonly severity: 'warning' | 'critical';
  readonly cause: string;
  readonly summary: string;
  readonly count: number;
  readonly instances: readonly string[];
  /** ISO, UTC. */
  readonly firstAt: string;
  readonly lastAt: string;
  readonly links: Readonly<Record<string, string>>;
}

/** One channel: a webhook, a mail server. @throws TransientError where the message was not accepted */
export interface Notifier {
  readonly name: string;
  readonly events: readonly ('alerts' | 'recovered')[];
  send(message: AlertMessage | RecoveredMessage, signal?: AbortSignal): Promise<void>;
}

/** Tells a requester who holds the old id about the new one. */
export interface RecoveredMessage {
  readonly version: 1;
  readonly event: 'remediation.recovered';
  readonly rootInstanceId: string;
  readonly oldInstanceIds: readonly string[];
  readonly newInstanceId: string;
  readonly title: string | null;
  readonly recoveredAt: string;
}

/** Messages on their way: durable, delivered until accepted. */
export interface Deliveries {
  /** Idempotent by `id`. */
  add(channel: string, id: string, message: AlertMessage | RecoveredMessage): Promise<void>;
}

/** A health check of an endpoint that rules depend on. Never throws: what went wrong is the message. */
export interface Probe {
  check(timeoutMs: number, signal?: AbortSignal): Promise<{ readonly isGood: boolean; readonly message: string }>;
}
