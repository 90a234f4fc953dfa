import { RefusedError } from '../../core/errors.ts';
import type { Time } from '../../core/instance.ts';
import type { DialectMemory } from '../../ports.ts';
import { callRead, type CallerParts } from './caller.ts';
import { readFacts, writeFacts } from './dialect-facts.ts';
import type { DialectState } from './dialect-state.ts';
import { learnDateLiterals } from './learn-date-literals.ts';
import { learnParameters } from './learn-parameters.ts';
import { learnStatus } from './learn-status.ts';
import { createProbe, type Probe } from './probe.ts';

/** A version is asked for again after this long where lists do not name it, so that an upgrade is noticed. */
const VERSION_AGE_MS = 6 * 3_600_000;
/** What could not be learned yet (no such rows) is tried again no sooner than this. */
const RETRY_MS = 10 * 60_000;
/** The key of servers that do not say their version. */
const NO_VERSION = 'unnamed';

export interface LearnParts extends CallerParts {
  readonly state: DialectState;
  readonly memory: DialectMemory;
  readonly now: () => Time;
  readonly isParametersGiven: boolean;
}

export interface Learner {
  learn(signal: AbortSignal | undefined): Promise<void>;
  /** Command was away: it may come back as another version. */
  distrustVersion(): void;
}

/** Learns in turns what evidence allows: nothing is asked twice, and what has no rows yet waits for them. */
export function createLearner(parts: LearnParts): Learner {
  const pace = createPace(parts);
  let versionAskedAt: Time | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  async function learnNow(signal: AbortSignal | undefined): Promise<void> {
    if (versionAskedAt === null || parts.now() - versionAskedAt > VERSION_AGE_MS) {
      await readVersion(parts, signal);
      versionAskedAt = parts.now();
    }
    await loadSaved(parts);
    await probeOpenFacts(parts, pace, createProbe(parts, signal));
    await saveChanges(parts);
  }

  return {
    learn: async (signal) => {
      const mine = turn.then(() => learnNow(signal));
      turn = mine.catch(() => {});
      await mine;
    },
    distrustVersion: () => {
      versionAskedAt = null;
    },
  };
}

/** The version stands in a header of this answer at least (API reference 1); a server without the route has none. */
async function readVersion(parts: LearnParts, signal: AbortSignal | undefined): Promise<void> {
  const path = '/Status/Endpoints';
  try {
    await callRead({ method: 'GET', path, template: path, priority: 'sweep', signal }, parts);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
  }
}

async function loadSaved({ state, memory }: LearnParts): Promise<void> {
  if (state.isLoaded) return;
  state.adopt(readFacts((await memory.load(state.version ?? NO_VERSION)) ?? ''));
}

async function probeOpenFacts({ state, isParametersGiven }: LearnParts, pace: Pace, probe: Probe): Promise<void> {
  const isNameOpen = !isParametersGiven && state.facts.parameters === null;
  if (isNameOpen && pace.isDue('parameters')) await learnParameters(state, probe);
  if (pace.isStatusDue()) await learnStatus(state, probe);
  if (state.facts.dateLiterals === null && pace.isDue('dates')) await learnDateLiterals(state, probe);
}

async function saveChanges({ state, memory }: LearnParts): Promise<void> {
  if (state.takeChanges()) await memory.save(state.version ?? NO_VERSION, writeFacts(state.facts));
}

interface Pace {
  isDue(fact: string): boolean;
  /** Due while a status that rows show has no name, or conditions on it cannot be written; at once for a new integer. */
  isStatusDue(): boolean;
}

function createPace({ state, now }: Pick<LearnParts, 'state' | 'now'>): Pace {
  const triedAt = new Map<string, Time>();
  const pace: Pace = {
    isDue: (fact) => {
      const key = `${state.version} ${fact}`;
      const last = triedAt.get(key);
      if (last !== undefined && now() - last < RETRY_MS) return false;
      triedAt.set(key, now());
      return true;
    },
    isStatusDue: () => {
      const unnamed = state.unnamed;
      const facts = state.facts;
      const isNameOpen = facts.statusQuery === 'name' && unnamed.length > 0;
      const isOpen = facts.statusForm !== null && (facts.statusQuery === null || isNameOpen);
      return isOpen && pace.isDue(`status ${facts.statusForm} ${unnamed.toSorted((one, other) => one - other).join()}`);
    },
  };
  return pace;
}
