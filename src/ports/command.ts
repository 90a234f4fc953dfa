import type {
  CertificateAuthority,
  Definition,
  InstanceDetail,
  InstanceRow,
  InstanceStatus,
  Time,
} from '../core/instance.ts';
import type { RestartAnswer } from '../core/restart-answer.ts';

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
  /** What Command lists by a name, where `command.statusMap` says otherwise of Failed: then Failed is not known. */
  readonly contraryFailed: { readonly name: InstanceStatus; readonly integer: number } | null;
  /** The generation of parameters that Command heeds where `command.dialect` says the other one. */
  readonly contraryParameters: '10' | '11' | null;
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

/** Who asks for a request: the lower, the sooner served when the budget is short (DESIGN.md 8). A CA test ranks as a sweep. */
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
