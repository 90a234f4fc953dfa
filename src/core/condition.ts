import { alertKey } from './alert-key.ts';
import type { AlertCause } from './alert-key.ts';
import type { Time } from './instance.ts';
import type { Remediation } from './remediation.ts';

export type Severity = 'warning' | 'critical';

/** Something that is wrong with the installation or a definition as long as it stands here. */
export interface Condition {
  readonly cause: AlertCause;
  /** Ours. */
  readonly since: Time;
  /** What is wrong, what to look at, and which command follows. */
  readonly summary: string;
  readonly severity: Severity;
  /** It is over once none of these remediations waits for its restart any more; left out: who raised it ends it. */
  readonly roots?: readonly string[];
}

/** By alert key; one document of the ledger. */
export type Conditions = Readonly<Record<string, Condition>>;

/** The ledger's name for it. */
export const CONDITIONS = 'conditions';

export interface RaisedCondition extends Condition {
  /** What the alert is one per, beside its cause: a definition id; empty: the installation. */
  readonly per?: readonly string[];
}

/** With the condition; one that stands already keeps its `since`. Null: nothing changes. */
export function withCondition(known: Conditions | null, raised: RaisedCondition): Conditions | null {
  const { per = [], ...condition } = raised;
  const key = alertKey(condition.cause, ...per);
  const before = known?.[key];
  const isKnown = before?.summary === condition.summary && before.severity === condition.severity;
  if (isKnown && isAboutSame(before, condition)) return null;
  return { ...known, [key]: { ...condition, since: before?.since ?? condition.since } };
}

/** Without the condition. Null: nothing changes. */
export function withoutCondition(known: Conditions | null, key: string): Conditions | null {
  if (known?.[key] === undefined) return null;
  return Object.fromEntries(Object.entries(known).filter(([name]) => name !== key));
}

/** Without a condition about remediations none of which waits for its restart any more. Null: nothing changes. */
export function withoutOver(
  known: Conditions | null,
  key: string,
  { roots, records }: { readonly roots: readonly string[]; readonly records: readonly Pick<Remediation, 'phase'>[] },
): Conditions | null {
  const isOver = !records.some(({ phase }) => phase === 'waiting' || phase === 'restarting');
  // Raised again meanwhile, it is about others.
  return isOver && isAboutSame(known?.[key] ?? {}, { roots }) ? withoutCondition(known, key) : null;
}

function isAboutSame(a: Pick<Condition, 'roots'>, b: Pick<Condition, 'roots'>): boolean {
  return String(a.roots) === String(b.roots);
}
