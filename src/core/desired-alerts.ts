import { alertKey, causeOf } from './alert-key.ts';
import type { AlertCause } from './alert-key.ts';
import type { AlertPolicy, AlertState } from './alert-state.ts';
import { ageText, groupText, historyText } from './alert-text.ts';
import type { AlertText } from './alert-text.ts';
import type { Conditions, Severity } from './condition.ts';
import type { Dependency } from './dependency.ts';
import { displayText } from './display-text.ts';
import type { Time } from './instance.ts';
import { INSTANCES_LIMIT } from './long-wait.ts';
import type { LongWait } from './long-wait.ts';
import type { Remediation } from './remediation.ts';

/** An alert that should be firing now. */
export interface DesiredAlert {
  readonly key: string;
  readonly cause: AlertCause;
  readonly severity: Severity;
  /** Null: it fires already and nothing new is to be said, so nobody looked closer. */
  readonly text: AlertText | null;
  readonly count: number;
  /** Root ids, up to 20. */
  readonly instances: readonly string[];
  /** Ours: since when. */
  readonly firstAt: Time;
  /** True where more of the same is news. */
  readonly isGrowing: boolean;
}

/** Remediations that carry the same alert key. */
export interface AlertGroup {
  readonly key: string;
  readonly roots: readonly string[];
  /** Some of them; null: nobody looked, since the alert fires already and is not due. */
  readonly records: readonly Remediation[] | null;
}

/** A dependency that somebody waits for, or that people were told about. */
export interface WaitedFor {
  readonly dependency: Dependency;
  readonly waiting: number;
  /** Where it is down: roots that wait for it, up to 20. */
  readonly roots: readonly string[];
}

export interface AlertFacts {
  readonly now: Time;
  readonly groups: readonly AlertGroup[];
  readonly dependencies: readonly WaitedFor[];
  /** CAs whose test was ever good: what "most" is measured against. */
  readonly caCount: number;
  readonly longWaits: readonly LongWait[];
  readonly conditions: Conditions;
  /** Why the brake is on; null: it is off. */
  readonly brake: string | null;
  /** What fires already, by key. */
  readonly known: Readonly<Record<string, AlertState>>;
}

/** The alerts that should be firing in this state of things: one a cause (DESIGN.md 7). */
export function desiredAlerts(facts: AlertFacts, policy: AlertPolicy): readonly DesiredAlert[] {
  const alerts = [
    ...conditionAlerts(facts, policy),
    ...dependencyAlerts(facts),
    ...facts.groups.map((group) => groupAlert(group, facts)),
    ...longWaitAlerts(facts, policy),
  ];
  const byKey = new Map<string, DesiredAlert>();
  for (const alert of alerts) if (!byKey.has(alert.key)) byKey.set(alert.key, alert);
  return [...byKey.values()];
}

/* ---------- conditions ---------- */

function conditionAlerts({ conditions, brake, now }: AlertFacts, policy: AlertPolicy): readonly DesiredAlert[] {
  const raised = Object.entries(conditions).map(([key, { cause, since, summary, severity }]) =>
    plainAlert(key, { cause, severity, firstAt: since, text: { title: firstWords(summary), summary } }),
  );
  if (brake === null) return raised;
  const title = `the brake is on: ${displayText(brake)}`;
  const summary = `${title}; nothing is restarted until a person has looked. Compare 'remediator lineage' with Command, then: remediator resume`;
  const firstAt = now - policy.groupWait; // nothing says since when; and it is urgent
  return [
    ...raised,
    plainAlert(alertKey('brake'), { cause: 'brake', severity: 'critical', firstAt, text: { title, summary } }),
  ];
}

function plainAlert(key: string, alert: Pick<DesiredAlert, 'cause' | 'severity' | 'firstAt' | 'text'>): DesiredAlert {
  return { key, count: 1, instances: [], isGrowing: false, ...alert };
}

/** Up to the first end of a clause: enough to recognise it by. */
function firstWords(summary: string): string {
  return (/^.*?(?=[;.] |$)/.exec(summary)?.[0] ?? summary).slice(0, 160);
}

/* ---------- dependencies ---------- */

/** One word for many CAs that fail at once. */
const MANY = alertKey('dependency-down', '*');

/** Fewer are told one by one. */
const MANY_FROM = 3;

/** A dependency nobody waits for any more is not tested; after this time it is no longer reported as down. */
const UNWANTED_AFTER_MS = 15 * 60_000;

function dependencyAlerts(facts: AlertFacts): readonly DesiredAlert[] {
  const down = facts.dependencies.filter((one) => isWanted(one, facts));
  const apart = down.filter(({ dependency }) => dependency.kind !== 'ca' || isTold(dependency, facts));
  const rest = down.filter((one) => !apart.includes(one));
  const isMany =
    facts.known[MANY] === undefined ? rest.length >= MANY_FROM && rest.length * 2 > facts.caCount : rest.length > 0; // who was told of many hears of their end once, when the last of them is back
  return isMany
    ? [...apart.map((one) => oneDown(one, facts)), manyDown(rest, facts)]
    : down.map((one) => oneDown(one, facts));
}

function isWanted({ dependency, waiting }: WaitedFor, facts: AlertFacts): boolean {
  if (!dependency.isDown) return false;
  if (waiting > 0) return true;
  const wasTold = isTold(dependency, facts) || facts.known[MANY] !== undefined;
  return wasTold && facts.now - (dependency.testedAt ?? 0) < UNWANTED_AFTER_MS;
}

function isTold(dependency: Dependency, { known }: AlertFacts): boolean {
  return known[downKey(dependency)] !== undefined;
}

/** The key of the alert that this dependency is down. */
export function downKey({ name }: Pick<Dependency, 'name'>): string {
  return alertKey('dependency-down', name);
}

function oneDown({ dependency, waiting, roots }: WaitedFor, { now }: AlertFacts): DesiredAlert {
  const firstAt = dependency.downSince ?? now;
  const label = `${dependency.kind === 'ca' ? 'CA' : 'endpoint'} ${displayText(dependency.name)}`;
  const title = `${label} is down`;
  const summary = `${title} for ${ageText(now - firstAt)} (${displayText(dependency.lastMessage ?? 'its test fails')}) and ${waiters(waiting)}; nothing is sent to it, and once it is back they go by themselves. Correct the ${dependency.kind === 'ca' ? 'CA' : 'endpoint'}; see: remediator status`;
  return downAlert(downKey(dependency), { title, summary }, firstAt, { waiting, roots });
}

function manyDown(down: readonly WaitedFor[], { now, caCount }: AlertFacts): DesiredAlert {
  const firstAt = Math.min(...down.map(({ dependency }) => dependency.downSince ?? now));
  const waiting = down.reduce((sum, one) => sum + one.waiting, 0);
  const names = down.slice(0, NAMES_LIMIT).map(({ dependency }) => displayText(dependency.name));
  const more = down.length > names.length ? ` and ${down.length - names.length} more` : '';
  const title = `most CAs are down (${down.length} of ${Math.max(caCount, down.length)})`;
  const summary = `${title}: ${names.join(', ')}${more}, and ${waiters(waiting)}; look for what they have in common, the network or Command's own way to them. They go by themselves once it is back; see: remediator status`;
  return downAlert(MANY, { title, summary }, firstAt, { waiting, roots: down.flatMap(({ roots }) => roots) });
}

const NAMES_LIMIT = 10;

function downAlert(
  key: string,
  text: AlertText,
  firstAt: Time,
  { waiting, roots }: Pick<WaitedFor, 'waiting' | 'roots'>,
): DesiredAlert {
  return {
    key,
    cause: 'dependency-down',
    severity: 'critical',
    text,
    count: waiting,
    instances: roots.slice(0, INSTANCES_LIMIT),
    firstAt,
    isGrowing: false, // that it is down is the news, not how many wait
  };
}

function waiters(count: number): string {
  return count === 1 ? '1 instance waits for it' : `${count} instances wait for it`;
}

/* ---------- remediations that a person must decide ---------- */

function groupAlert(group: AlertGroup, { now, known }: AlertFacts): DesiredAlert {
  const { key, roots, records } = group;
  const cause = causeOf(key);
  const count = roots.length;
  const words = { key, count, records: records ?? [] };
  const text = cause === 'history' ? historyText(words, now) : groupText(words);
  const changes = (records ?? []).map(({ changedAt }) => changedAt);
  return {
    key,
    cause,
    severity: 'warning',
    text: records === null ? null : text,
    count,
    instances: roots.slice(0, INSTANCES_LIMIT),
    firstAt: Math.min(known[key]?.firstAt ?? Infinity, ...changes, now),
    isGrowing: cause !== 'history',
  };
}

/* ---------- waits that nobody has heard of ---------- */

function longWaitAlerts(facts: AlertFacts, { waitingLong }: AlertPolicy): readonly DesiredAlert[] {
  const heard = facts.dependencies.filter(({ dependency: { isDown, outageTo } }) => {
    return isDown || (outageTo !== null && facts.now - outageTo < waitingLong); // those wait anew since it is back
  });
  const rooms = new Set(heard.map(({ dependency }) => dependency.name));
  const unheard = facts.longWaits.filter(({ parkedOn }) => parkedOn === null || !rooms.has(parkedOn));
  return [...Map.groupBy(unheard, ({ reason }) => reason)].map(([reason, waits]) =>
    longWaitAlert(reason, waits, facts),
  );
}

function longWaitAlert(reason: string, waits: readonly LongWait[], { now }: AlertFacts): DesiredAlert {
  const count = waits.reduce((sum, wait) => sum + wait.count, 0);
  const since = Math.min(...waits.map((wait) => wait.since));
  const instances = waits.flatMap((wait) => wait.instances).slice(0, INSTANCES_LIMIT);
  const title = `${count === 1 ? '1 instance waits' : `${count} instances wait`} long: ${reason}`;
  const summary = `${title} (${displayText(waits[0]?.sample ?? reason)}; the longest for ${ageText(now - since)}); ${WAIT_ADVICE[reason] ?? LOOK}`;
  return {
    key: alertKey('waiting-long', reason),
    cause: 'waiting-long',
    severity: 'warning',
    text: { title, summary },
    count,
    instances,
    firstAt: since,
    isGrowing: true,
  };
}

const LOOK = "see what each waits for: remediator explain <id>; 'remediator release' or 'ignore' with --reason decides";

/** What a person can do about a long wait. */
const WAIT_ADVICE: Readonly<Record<string, string>> = {
  pause: 'if work may go on: remediator resume',
  brake: "compare 'remediator lineage' with Command, then: remediator resume",
  observe: 'mode is observe, so nothing is sent: set mode: active when you trust what it would do (remediator status)',
  approvers: 'the new run waits for its approvers: remind them, or look at it in Command (remediator explain <id>)',
  inconclusive: 'the new run neither completes nor fails: look at it in Command (remediator explain <id>)',
  maintenance: 'check `maintenance` and the `onlyDuring` of the rules: remediator config print',
  access: 'give the account back its rights in Command; see: remediator doctor',
  command: 'Command keeps answering badly: look at its log and at what stands between (remediator doctor)',
  limits:
    'raise restart.perMinute, restart.perCaPerMinute or restart.concurrency if Command can take more: remediator status',
  dependency: 'see which one and its next canary: remediator status; then remediator explain <id>',
};
