import type { Manner } from '../../core/command-gate.ts';
import type { InstanceStatus, Time } from '../../core/instance.ts';
import type { DialectMemory, RequestBudget } from '../../ports/command.ts';

/** A status that can stand behind an integer on the wire. */
export type NamedStatus = Exclude<InstanceStatus, 'Unknown'>;

export type StatusMap = Readonly<Partial<Record<NamedStatus, number>>>;

/** How we prove who we are; the first kind that is complete is used: token, then OAuth, then Basic. */
export interface CommandAuth {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly domain?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly tokenUrl?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly audience?: string | undefined;
  readonly accessToken?: string | undefined;
}

export interface CommandTls {
  /** PEM text, or the path of a PEM file, of CAs to trust beside the usual ones. */
  readonly caFile?: string | undefined;
  /** Client certificate and its key: PEM text or path. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly skipVerify?: boolean | undefined;
}

/** One call, for the request metrics; it names no id. */
export interface RequestEvent {
  /** Method and path template, e.g. `GET /Workflow/Instances/{id}`. */
  readonly route: string;
  readonly result: RequestResult;
  readonly ms: number;
  /** How Command answered; null: it did not. */
  readonly manner: Manner | null;
}

export type RequestResult = 'ok' | 'denied' | 'refused' | 'throttled' | 'failed' | 'no-answer' | 'unsent';

export interface CommandOptions {
  /** Host or URL, without the API path. */
  readonly baseUrl: string;
  readonly apiPath: string;
  readonly timeoutMs: number;
  readonly restartTimeoutMs: number;
  readonly pageSize: number;
  /** API generation; `auto` finds it out. */
  readonly dialect: 'auto' | '10' | '11' | '25';
  /** Integers behind the status names; `auto` finds them out. */
  readonly statusMap: 'auto' | StatusMap;
  readonly auth: CommandAuth;
  readonly tls?: CommandTls | undefined;
  readonly proxy?: string | undefined;
  readonly budget: RequestBudget;
  readonly memory: DialectMemory;
  /** How often rows are asked for that no condition on a date lists, until one shows up, ms; default: 10 minutes. */
  readonly undatedEveryMs?: number | undefined;
  readonly emit?: ((event: RequestEvent) => void) | undefined;
  readonly now: () => Time;
}
