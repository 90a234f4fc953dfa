import { TransientError } from '../../core/errors.ts';
import type { Time } from '../../core/instance.ts';
import type { DialectMemory } from '../../ports/command.ts';
import { askEndpoints } from './ask-endpoints.ts';
import type { CallerParts } from './caller.ts';
import { readFacts, writeFacts } from './dialect-facts.ts';
import type { DialectState } from './dialect-state.ts';
import { learnDateLiterals, learnUndated } from './learn-date-literals.ts';
import { learnParameters } from './learn-parameters.ts';
import { learnStatus } from './learn-status.ts';
import { createProbe, type Probe } from './probe.ts';

/** A version is asked for again after this long where lists do not name it, so that an upgrade is noticed. */
const VERSION_AGE_MS = 6 * 3_600_000;
/** What could not be learned yet (no such rows) is tried again no sooner than this. */
const RETRY_MS = 10 * 60_000;
/** A question that got no useful answer is asked again after this, doubled each time up to the same. */
const FIRST_RETRY_MS = 1_000;
/** The key of servers that do not say their version. */
const NO_VERSION = 'unnamed';

export interface LearnParts extends CallerParts {
  readonly state: DialectState;
  readonly memory: DialectMemory;
  readonly now: () => Time;
  /** Default: as all that could not be learned yet. */
  readonly undatedEveryMs?: number | undefined;
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
      await askEndpoints(parts, signal);
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

async function loadSaved({ state, memory }: LearnParts): Promise<void> {
  if (state.isLoaded) return;
  state.adopt(readFacts((await memory.load(state.version ?? NO_VERSION)) ?? ''));
}

async function probeOpenFacts(parts: LearnParts, pace: Pace, probe: Probe): Promise<void> {
  const { state, undatedEveryMs } = parts;
  if (state.facts.parameters === null) await pace.inTurn('parameters', () => learnParameters(state, probe));
  const status = openStatus(state);
  if (status !== null) await pace.inTurn(status, () => learnStatus(state, probe));
  if (state.facts.dateLiterals === null) await pace.inTurn('dates', () => learnDateLiterals(state, probe));
  if (state.facts.hasUndated === null) await pace.inTurn('undated', () => learnUndated(state, probe), undatedEveryMs);
}

/** Null unless a status that rows show has no name, or conditions on it cannot be written; a new integer is due at once. */
function openStatus({ unnamed, facts }: DialectState): string | null {
  const isNameOpen = facts.statusQuery === 'name' && unnamed.length > 0;
  const isOpen = facts.statusForm !== null && (facts.statusQuery === null || isNameOpen);
  return isOpen ? `status ${facts.statusForm} ${unnamed.toSorted((one, other) => one - other).join()}` : null;
}

async function saveChanges({ state, memory }: LearnParts): Promise<void> {
  if (state.takeChanges()) await memory.save(state.version ?? NO_VERSION, writeFacts(state.facts));
}

interface Pace {
  /** Asks, unless the same was asked a while ago. A question without a useful answer does not stop the other work. */
  inTurn(fact: string, ask: () => Promise<void>, retryMs?: number): Promise<void>;
}

function createPace({ state, now }: Pick<LearnParts, 'state' | 'now'>): Pace {
  const asked = new Map<string, { readonly pauseMs: number; readonly until: Time }>();
  return {
    inTurn: async (fact, ask, retryMs = RETRY_MS) => {
      const key = `${state.version} ${fact}`;
      const last = asked.get(key);
      if (last !== undefined && now() < last.until) return;
      let pauseMs = retryMs;
      try {
        await ask();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        const doubled = last === undefined || last.pauseMs === retryMs ? FIRST_RETRY_MS : last.pauseMs * 2;
        pauseMs = Math.min(doubled, retryMs);
      }
      asked.set(key, { pauseMs, until: now() + pauseMs });
    },
  };
}
