import type { Time } from './instance.ts';

/** `old-row` and `limits` are gates of our own: one restart at a time while learning, and nothing but the limits. */
export type DependencyKind = 'ca' | 'endpoint' | 'step' | 'old-row' | 'limits';

/** The numbers of the gate (configuration `health`); durations in ms. */
export interface HealthPolicy {
  readonly interval: number;
  readonly healthyAfter: number;
  readonly unhealthyAfter: number;
  readonly canaryWindow: number;
  readonly rampFactor: number;
}

/** What all replicas together know about one dependency. All times are ours. */
export interface Dependency {
  readonly name: string;
  readonly kind: DependencyKind;
  /** When the latest test began; null: never tested. */
  readonly testedAt: Time | null;
  /** When a test was last tried that told nothing; left out: never. */
  readonly triedAt?: Time;
  readonly lastGoodAt: Time | null;
  readonly lastBadAt: Time | null;
  readonly lastMessage: string | null;
  readonly goodInRow: number;
  readonly badInRow: number;
  /** 401 or 403: the test says nothing about the dependency. */
  readonly isTestRefused: boolean;
  /** A run begun and completed after a bad test: the test is wrong until its next good result. */
  readonly isContradicted: boolean;
  readonly isDown: boolean;
  readonly downSince: Time | null;
  /** The last good test before it went down, and the first good one after: failures in between say nothing new. */
  readonly outageFrom: Time | null;
  readonly outageTo: Time | null;
  /** A failure newer than the last good test: one test at once decides. */
  readonly suspectSince: Time | null;
  /** A good test, or a verified completion that used it. */
  readonly provedAt: Time | null;
  /** Verified completions of our restarts since it was last shut; halved by each of ours that failed again. */
  readonly completions: number;
  readonly failuresInRow: number;
  /** While no completion counts and the last verdict was a failure: the next one goes not before this. */
  readonly nextCanaryAt: Time | null;
  /** What kind of restart failed last: the next canary is one of another kind, where one waits. */
  readonly lastFailed: RestartKind | null;
  /** Rises whenever the allowance may have shrunk: a door that saw another number is refused. */
  readonly generation: number;
}

export interface RestartKind {
  readonly definitionId: string;
  readonly template: string | null;
}

/** A dependency nobody has looked at yet. Its gate lets one canary through. */
export function newDependency(name: string, kind: DependencyKind): Dependency {
  return {
    name,
    kind,
    testedAt: null,
    lastGoodAt: null,
    lastBadAt: null,
    lastMessage: null,
    goodInRow: 0,
    badInRow: 0,
    isTestRefused: false,
    isContradicted: false,
    isDown: false,
    downSince: null,
    outageFrom: null,
    outageTo: null,
    suspectSince: null,
    provedAt: null,
    completions: 0,
    failuresInRow: 0,
    nextCanaryAt: null,
    lastFailed: null,
    generation: 0,
  };
}

/** True where a test can tell how it is. */
export function isTested({ kind }: Pick<Dependency, 'kind'>): boolean {
  return kind === 'ca' || kind === 'endpoint';
}

/** True where the test is to be believed (DESIGN.md 4.5); without a vote the dependency is `untestable`. */
export function hasVote(dependency: Dependency): boolean {
  return dependency.lastGoodAt !== null && !dependency.isTestRefused && !dependency.isContradicted;
}

export interface TestResult {
  /** When the test began. */
  readonly at: Time;
  /** `untestable`: Command answers, but not what it takes to test this one. */
  readonly result: 'good' | 'bad' | 'refused' | 'untestable';
  readonly message: string;
}

/** A test was tried and told nothing: the next one comes an interval later. */
export function withTry(dependency: Dependency, at: Time): Dependency {
  return { ...dependency, triedAt: Math.max(at, dependency.triedAt ?? 0) };
}

/** Takes in one test. A test that began before the latest one says nothing. */
export function withTest(dependency: Dependency, test: TestResult, policy: HealthPolicy): Dependency {
  if (dependency.testedAt !== null && test.at <= dependency.testedAt) return dependency;
  const tested = { ...dependency, testedAt: test.at, lastMessage: test.message };
  switch (test.result) {
    case 'refused':
      return withoutVote(tested);
    case 'good':
      return withGoodTest(tested, test.at, policy);
    case 'bad':
      return withBadTest(tested, test.at, policy);
    case 'untestable':
      return withTry(tested, test.at);
  }
}

/** What the test said before counts no more: the dependency is untestable, and one canary at a time finds out. */
function withoutVote(dependency: Dependency): Dependency {
  const { isDown, generation } = dependency;
  return {
    ...(isDown ? shut(dependency) : dependency),
    isTestRefused: true,
    isDown: false,
    downSince: null,
    suspectSince: null,
    goodInRow: 0,
    badInRow: 0,
    generation: generation + 1,
  };
}

function withGoodTest(dependency: Dependency, at: Time, policy: HealthPolicy): Dependency {
  const goodInRow = dependency.goodInRow + 1;
  const isBack = dependency.isDown && goodInRow >= policy.healthyAfter;
  const isSuspectCleared = dependency.suspectSince !== null && at >= dependency.suspectSince;
  return {
    ...dependency,
    lastGoodAt: at,
    goodInRow,
    badInRow: 0,
    isTestRefused: false,
    isContradicted: false,
    isDown: dependency.isDown && !isBack,
    downSince: isBack ? null : dependency.downSince,
    outageTo: dependency.isDown && dependency.goodInRow === 0 ? at : dependency.outageTo,
    suspectSince: isSuspectCleared ? null : dependency.suspectSince,
    provedAt: dependency.isDown && !isBack ? dependency.provedAt : at,
  };
}

function withBadTest(dependency: Dependency, at: Time, policy: HealthPolicy): Dependency {
  const badInRow = dependency.badInRow + 1;
  const isSuspect = dependency.suspectSince !== null && at >= dependency.suspectSince;
  const bad = { ...dependency, lastBadAt: at, goodInRow: 0, badInRow, isTestRefused: false };
  if (dependency.isDown || !hasVote(bad)) return { ...bad, suspectSince: isSuspect ? null : bad.suspectSince };
  const isDead = badInRow >= policy.unhealthyAfter || isSuspect;
  return isDead ? { ...shut(bad), isDown: true, downSince: at, outageFrom: bad.lastGoodAt, outageTo: null } : bad;
}

/** Closes the gate: what was proved and counted before says nothing any more. A proof opens it, to one canary. */
export function shut(dependency: Dependency): Dependency {
  return {
    ...dependency,
    provedAt: null,
    suspectSince: null,
    completions: 0,
    failuresInRow: 0,
    nextCanaryAt: null,
    lastFailed: null,
    generation: dependency.generation + 1,
  };
}

/** A failure in a step at this dependency was seen (ours or not): newer than the last good test, it asks for one test. */
export function withSuspicion(dependency: Dependency, failedAt: Time): Dependency {
  if (!hasVote(dependency) || dependency.isDown) return dependency;
  if (dependency.lastGoodAt !== null && failedAt <= dependency.lastGoodAt) return dependency;
  if (dependency.suspectSince !== null && dependency.suspectSince >= failedAt) return dependency;
  return { ...dependency, suspectSince: failedAt, generation: dependency.generation + 1 };
}

/**
 * A restart of ours that used the dependency completed. `startedAt`: when that run began; later nothing is proved, since
 * nobody knows when it used the dependency.
 */
export function withCompletion(dependency: Dependency, startedAt: Time): Dependency {
  const contradicts = dependency.lastBadAt !== null && dependency.badInRow > 0 && startedAt > dependency.lastBadAt;
  // Begun before the outage: it says nothing about what comes back.
  if (dependency.isDown && !contradicts) return dependency;
  return {
    ...dependency,
    isContradicted: dependency.isContradicted || contradicts,
    isDown: false,
    downSince: null,
    provedAt: Math.max(dependency.provedAt ?? 0, startedAt),
    completions: dependency.completions + 1,
    failuresInRow: 0,
    nextCanaryAt: null,
    lastFailed: null,
  };
}

/** The longest pause between two canaries (DESIGN.md 4.5). */
const CANARY_PAUSE_LIMIT_MS = 4 * 3_600_000;

/** A restart of ours failed again in a step at this dependency; `failure.at`: when, by our clock. */
export function withFailure(
  dependency: Dependency,
  failure: RestartKind & { readonly at: Time },
  at: Time,
  policy: HealthPolicy,
): Dependency {
  if (isOutageFailure(dependency, failure.at)) return dependency;
  const { definitionId, template } = failure;
  const completions = Math.floor(dependency.completions / 2);
  const failuresInRow = dependency.failuresInRow + 1;
  const pauseMs = Math.min(CANARY_PAUSE_LIMIT_MS, policy.canaryWindow * 2 ** Math.min(20, failuresInRow - 1));
  return {
    ...dependency,
    completions,
    failuresInRow,
    nextCanaryAt: completions === 0 ? at + pauseMs : null,
    lastFailed: { definitionId, template },
    generation: dependency.generation + 1,
  };
}

/** Failures between the last good test before an outage and the first good one after it are the outage's, not ours. */
export function isOutageFailure(dependency: Dependency, failedAt: Time): boolean {
  if (dependency.isDown) return true;
  if (dependency.outageFrom === null || dependency.outageTo === null) return false;
  return failedAt >= dependency.outageFrom && failedAt <= dependency.outageTo;
}

/** How many restarts without a verdict may be under way: canary and ramp in one formula (DESIGN.md 4.5). */
export function allowanceOf(dependency: Dependency, policy: HealthPolicy): number {
  if (dependency.kind === 'limits') return Number.MAX_SAFE_INTEGER;
  if (dependency.kind === 'old-row') return 1;
  return Math.floor(1 + (policy.rampFactor - 1) * dependency.completions);
}

/** The state as `status` tells it. */
export type DependencyLabel = 'up' | 'ramp' | 'canary' | 'down' | 'untestable';

export function labelOf(dependency: Dependency, waiting: number): DependencyLabel {
  if (dependency.isDown) return 'down';
  if (isTested(dependency) && dependency.testedAt !== null && !hasVote(dependency)) return 'untestable';
  if (waiting === 0) return 'up';
  return dependency.completions === 0 ? 'canary' : 'ramp';
}
