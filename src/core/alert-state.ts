import { causeOf } from './alert-key.ts';
import type { Severity } from './condition.ts';
import type { DesiredAlert } from './desired-alerts.ts';
import type { Time } from './instance.ts';

/** How often people are told (configuration `alerts`); durations in ms. */
export interface AlertPolicy {
  readonly groupWait: number;
  /** 0: never again. */
  readonly repeatInterval: number;
  readonly waitingLong: number;
}

/** An alert that people were told about and that has not ended. */
export interface AlertState {
  readonly severity: Severity;
  readonly title: string;
  readonly firstAt: Time;
  /** When they were last told, with which count, and as which message. */
  readonly sentAt: Time;
  readonly sentCount: number;
  readonly sequence: number;
}

/** One message of an alert, in the words of DESIGN.md 7. */
export interface OutgoingAlert {
  /** `key#sequence:status`; no other message ever has it. */
  readonly id: string;
  readonly message: {
    readonly version: 1;
    readonly key: string;
    readonly status: 'firing' | 'resolved';
    readonly severity: Severity;
    readonly cause: string;
    readonly summary: string;
    readonly count: number;
    readonly instances: readonly string[];
    /** ISO, UTC. */
    readonly firstAt: string;
    readonly lastAt: string;
    readonly links: Readonly<Record<string, string>>;
  };
}

/** What fires, and what is to be said and not yet handed to the deliveries. One document of the ledger. */
export interface AlertBook {
  /** Number of the last message. */
  readonly sequence: number;
  readonly states: Readonly<Record<string, AlertState>>;
  readonly outbox: readonly OutgoingAlert[];
}

/** The ledger's name for it. */
export const ALERTS = 'alerts';

export const EMPTY_BOOK: AlertBook = { sequence: 0, states: {}, outbox: [] };

/** A group that doubled is told again, but growth is no news more often than this. */
const GROWTH_PAUSE_MS = 10 * 60_000;

type Tellable = Pick<DesiredAlert, 'count' | 'firstAt' | 'isGrowing'>;

/** Is it time to tell people: for the first time, again, or because it grew? */
export function isDue(
  state: AlertState | undefined,
  alert: Tellable,
  now: Time,
  { groupWait, repeatInterval }: AlertPolicy,
): boolean {
  if (state === undefined) return now - alert.firstAt >= groupWait;
  const quietMs = now - state.sentAt;
  if (repeatInterval > 0 && quietMs >= repeatInterval) return true;
  return alert.isGrowing && alert.count >= 2 * state.sentCount && quietMs >= Math.max(groupWait, GROWTH_PAUSE_MS);
}

/** Compares what people know with what should be firing. Null: there is nothing to say. */
export function nextBook(
  known: AlertBook,
  desired: readonly DesiredAlert[],
  now: Time,
  policy: AlertPolicy,
): AlertBook | null {
  const states = new Map(Object.entries(known.states));
  const said: OutgoingAlert[] = [];
  const fresh = (): number => known.sequence + said.length + 1;
  for (const alert of desired) {
    const state = states.get(alert.key);
    if (alert.text === null || !isDue(state, alert, now, policy)) continue;
    const firing = firingState(state, alert, alert.text.title, { now, sequence: fresh() });
    states.set(alert.key, firing);
    said.push(toFiring(alert, alert.text.summary, firing));
  }
  const wanted = new Set(desired.map(({ key }) => key));
  for (const [key, state] of Object.entries(known.states)) {
    if (wanted.has(key)) continue;
    states.delete(key);
    said.push(toResolved(key, state, now, fresh()));
  }
  if (said.length === 0) return null;
  return {
    sequence: known.sequence + said.length,
    states: Object.fromEntries(states),
    outbox: [...known.outbox, ...said],
  };
}

/** Without the messages that the deliveries have taken. Null: nothing changes. */
export function withoutSent(known: AlertBook, sent: ReadonlySet<string>): AlertBook | null {
  const outbox = known.outbox.filter(({ id }) => !sent.has(id));
  return outbox.length === known.outbox.length ? null : { ...known, outbox };
}

/** The pause before a message that was not accepted is sent again (DESIGN.md 7). `tries`: sent so often so far. */
export function deliveryDelayMs(tries: number, ageMs: number): number {
  if (ageMs >= FIRST_HOUR_MS) return LATER_MS;
  return Math.min(SOON_LIMIT_MS, FIRST_RETRY_MS * 2 ** Math.min(20, Math.max(0, tries - 1)));
}

const FIRST_RETRY_MS = 1000;
const SOON_LIMIT_MS = 15_000;
const FIRST_HOUR_MS = 3_600_000;
const LATER_MS = 300_000;

function firingState(
  state: AlertState | undefined,
  alert: DesiredAlert,
  title: string,
  { now, sequence }: { readonly now: Time; readonly sequence: number },
): AlertState {
  const firstAt = Math.min(state?.firstAt ?? alert.firstAt, alert.firstAt);
  return { severity: alert.severity, title, firstAt, sentAt: now, sentCount: alert.count, sequence };
}

function toFiring(alert: DesiredAlert, summary: string, state: AlertState): OutgoingAlert {
  const { key, cause, severity, count, instances } = alert;
  return {
    id: `${key}#${state.sequence}:firing`,
    message: {
      version: 1,
      key,
      status: 'firing',
      severity,
      cause,
      summary,
      count,
      instances,
      firstAt: toIso(state.firstAt),
      lastAt: toIso(state.sentAt),
      links: {},
    },
  };
}

function toResolved(key: string, state: AlertState, now: Time, sequence: number): OutgoingAlert {
  return {
    id: `${key}#${sequence}:resolved`,
    message: {
      version: 1,
      key,
      status: 'resolved',
      severity: state.severity,
      cause: causeOf(key),
      summary: `Resolved: ${state.title}`,
      count: 0,
      instances: [],
      firstAt: toIso(state.firstAt),
      lastAt: toIso(now),
      links: {},
    },
  };
}

function toIso(at: Time): string {
  return new Date(at).toISOString();
}
