import type { Ladder } from './backoff.ts';
import type { Time } from './instance.ts';
import type { Policy } from './policy.ts';
import type { Window } from './window.ts';

/** All patterns are case-insensitive `*` globs; ages in ms. What is left out matches everything. */
export interface RuleMatch {
  readonly definition?: string | undefined;
  readonly workflowType?: string | undefined;
  readonly step?: string | undefined;
  readonly message?: string | undefined;
  readonly ca?: string | undefined;
  readonly template?: string | undefined;
  readonly olderThan?: number | undefined;
  readonly youngerThan?: number | undefined;
}

export interface Rule {
  readonly name: string;
  readonly match: RuleMatch;
  readonly action: 'restart' | 'hold' | 'ignore';
  readonly maxAttempts?: number | undefined;
  /** The ladder between attempts, and that of waits in which nothing could be sent. */
  readonly backoff?: Partial<Ladder> | undefined;
  readonly unreachable?: Partial<Ladder> | undefined;
  readonly dependencies?: readonly string[] | undefined;
  readonly version?: 'latest' | 'same' | 'hold' | number | undefined;
  readonly maybeIssued?: 'hold' | 'restart' | undefined;
  readonly onlyDuring?: readonly Window[] | undefined;
}

/** What a rule is matched against. */
export interface RuleSubject {
  readonly definitionId: string;
  readonly definitionName: string | null;
  readonly workflowType: string;
  readonly step: string;
  readonly stepUniqueName: string | null;
  readonly message: string;
  readonly ca: string | null;
  readonly template: string | null;
  /** Ours: when the failure was first seen. */
  readonly failedAt: Time;
}

/** The rule that applies, with everything it left out filled in. */
export interface Ruling {
  readonly name: string;
  readonly action: Rule['action'];
  readonly maxAttempts: number;
  readonly ladder: Ladder;
  readonly dependencies: readonly string[];
  readonly version: Policy['restart']['version'];
  readonly maybeIssued: 'hold' | 'restart';
  /** The only times when a match may be restarted; null: any. */
  readonly onlyDuring: readonly Window[] | null;
}

export const CA_STEP_PATTERNS = ['*enroll*', '*renew*', '*revoke*'] as const;
const ISSUING_STEP_PATTERNS = ['*enroll*', '*renew*'] as const;

/** Yours first, then the shipped ones; the first that matches wins (DESIGN.md 4.4). */
export function chooseRule(subject: RuleSubject, policy: Policy, now: Time): Ruling {
  const rule = policy.rules.find((candidate) => matches(candidate.match, subject, now)) ?? shippedRule(subject);
  return {
    name: rule.name,
    action: rule.action,
    maxAttempts: rule.maxAttempts ?? policy.restart.maxAttempts,
    ladder: withOverrides(policy.backoff.failed, rule.backoff),
    dependencies: rule.dependencies ?? [],
    version: rule.version ?? policy.restart.version,
    maybeIssued: rule.maybeIssued ?? policy.restart.maybeIssued,
    onlyDuring: rule.onlyDuring ?? null,
  };
}

/** The ladder of waits in which nothing could be sent, for what this rule (by its name) was last chosen for. */
export function unreachableLadder(name: string | null, { rules, backoff }: Pick<Policy, 'rules' | 'backoff'>): Ladder {
  return withOverrides(backoff.unreachable, rules.find((rule) => rule.name === name)?.unreachable);
}

/** True where the step calls a CA: enrol, renew or revoke, by unique or display name. */
export function isCaStep(subject: Pick<RuleSubject, 'step' | 'stepUniqueName'>): boolean {
  return CA_STEP_PATTERNS.some((pattern) => stepMatches(pattern, subject));
}

/** True where the step issues a certificate. */
export function isIssuingStep(subject: Pick<RuleSubject, 'step' | 'stepUniqueName'>): boolean {
  return ISSUING_STEP_PATTERNS.some((pattern) => stepMatches(pattern, subject));
}

/** Case-insensitive; `*` stands for any text, everything else for itself. */
export function globMatches(pattern: string, text: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const subject = text.toLowerCase();
  const [first = ''] = parts;
  if (parts.length === 1) return subject === first;
  const last = parts.at(-1) ?? '';
  if (!subject.startsWith(first) || !subject.endsWith(last) || subject.length < first.length + last.length)
    return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = subject.indexOf(part, from);
    if (at < 0 || at + part.length > subject.length - last.length) return false;
    from = at + part.length;
  }
  return true;
}

function shippedRule(subject: RuleSubject): Rule {
  if (isCaStep(subject) && subject.ca !== null) {
    return { name: 'shipped: step at a certificate authority', match: {}, action: 'restart' };
  }
  // Restart runs all steps again; a failure elsewhere is probably not the CA's (API reference 9): one attempt.
  return { name: 'shipped: other step, one attempt', match: {}, action: 'restart', maxAttempts: 1 };
}

function matches(match: RuleMatch, subject: RuleSubject, now: Time): boolean {
  const ageMs = now - subject.failedAt;
  if (match.olderThan !== undefined && ageMs <= match.olderThan) return false;
  if (match.youngerThan !== undefined && ageMs >= match.youngerThan) return false;
  if (match.step !== undefined && !stepMatches(match.step, subject)) return false;
  if (match.definition !== undefined && !anyMatches(match.definition, [subject.definitionId, subject.definitionName]))
    return false;
  const rest: readonly (readonly [string | undefined, string | null])[] = [
    [match.workflowType, subject.workflowType],
    [match.message, subject.message],
    [match.ca, subject.ca],
    [match.template, subject.template],
  ];
  return rest.every(([pattern, text]) => pattern === undefined || globMatches(pattern, text ?? ''));
}

function stepMatches(pattern: string, subject: Pick<RuleSubject, 'step' | 'stepUniqueName'>): boolean {
  return anyMatches(pattern, [subject.step, subject.stepUniqueName]);
}

function anyMatches(pattern: string, texts: readonly (string | null)[]): boolean {
  return texts.some((text) => text !== null && globMatches(pattern, text));
}

/** What a rule leaves out of its ladder comes from the policy. */
function withOverrides(ladder: Ladder, overrides: Rule['backoff']): Ladder {
  return {
    first: overrides?.first ?? ladder.first,
    factor: overrides?.factor ?? ladder.factor,
    max: overrides?.max ?? ladder.max,
    jitter: overrides?.jitter ?? ladder.jitter,
  };
}
