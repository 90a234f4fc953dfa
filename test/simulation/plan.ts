import type { AlertPolicy } from '../../src/core/alert-state.ts';
import type { Policy } from '../../src/core/policy.ts';
import { aPolicy } from '../support/builders.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** How the server behaves, one knob for each unknown of the API (reference, "Simulator knobs"). */
export interface Knobs {
  readonly oldRow: 'canceled' | 'failed' | 'deleted';
  readonly referenceId: 'new' | 'same';
  readonly title: 'original' | 'restarter';
  readonly startDate: 'restart' | 'original';
  readonly initialData: 'equal' | 'extended';
  readonly appearMs: number;
  readonly restartMs: number;
  readonly wrongState: 400 | 404 | 500;
  readonly secondRestart: 'refused' | 'succeeds';
  /** Until then every status is a number that nobody can name. */
  readonly statusKnownAfterMs: number;
  readonly sort: 'kept' | 'ignored';
  readonly filter: 'kept' | 'ignored';
  readonly pageSize: number;
  readonly hasTotal: boolean;
  /** Dates are cut to this. */
  readonly dateMs: number;
  /** Lists show a change so much later. */
  readonly listLagMs: number;
  /** The server's clock minus the store's. */
  readonly skewMs: number;
}

/** Probabilities and shares of what goes wrong while faults are on. */
export interface Faults {
  /** Share of store calls that take time of their own, so that others come in between. */
  readonly interleave: number;
  readonly crash: number;
  readonly crashAtDoor: number;
  readonly pause: number;
  readonly pauseAtDoor: number;
  readonly clockJump: boolean;
  readonly storeCut: number;
  readonly jobLost: number;
  readonly jobTwice: number;
  readonly jobLate: number;
  readonly readError: number;
  readonly readLate: number;
  readonly restartFault: number;
  /** How often Redis forgets its latest commits, all of them, or goes back to a backup. */
  readonly storeLoss: 'never' | 'suffix' | 'flush' | 'backup';
  readonly people: number;
  readonly commandAway: boolean;
}

/** What people decide about the daemon's own records, in the share of worlds where they do. */
export interface Decisions {
  readonly count: number;
  readonly pauses: number;
  /** The daemon runs in observe mode for so long; 0: never. */
  readonly observeMs: number;
  readonly requestsPerSecond: number;
  readonly alerts: AlertPolicy;
}

export interface Plan {
  readonly seed: number;
  /** Defaults of every knob, no fault: what an ordinary day looks like. */
  readonly isFriendly: boolean;
  readonly replicas: number;
  readonly policy: Policy;
  readonly knobs: Knobs;
  readonly faults: Faults;
  /** Null: nobody decides, nobody is told, and requests cost no turn. */
  readonly decisions: Decisions | null;
  readonly wishes: number;
  readonly past: number;
  readonly outages: number;
  /** Faults, people and outages end here (after the start). */
  readonly faultsMs: number;
  readonly quietMs: number;
}

const FRIENDLY_KNOBS: Knobs = {
  oldRow: 'canceled',
  referenceId: 'new',
  title: 'original',
  startDate: 'restart',
  initialData: 'equal',
  appearMs: 0,
  restartMs: 300,
  wrongState: 400,
  secondRestart: 'refused',
  statusKnownAfterMs: 0,
  sort: 'kept',
  filter: 'kept',
  pageSize: 50,
  hasTotal: true,
  dateMs: 1,
  listLagMs: 0,
  skewMs: 0,
};

const NO_FAULTS: Faults = {
  interleave: 0.2,
  crash: 0,
  crashAtDoor: 0,
  pause: 0,
  pauseAtDoor: 0,
  clockJump: false,
  storeCut: 0,
  jobLost: 0,
  jobTwice: 0,
  jobLate: 0,
  readError: 0,
  readLate: 0,
  restartFault: 0,
  storeLoss: 'never',
  people: 0,
  commandAway: false,
};

/** One seed in five is an ordinary day. */
const FRIENDLY_EVERY = 5;

/** Everything that a seed decides before the first event. */
export function planOf(seed: number): Plan {
  const random = createRandom(seed).fork(1);
  const isFriendly = seed % FRIENDLY_EVERY === 0;
  const size = { wishes: random.between(3, 9), past: random.between(0, 3), outages: random.between(0, 2) };
  if (isFriendly) {
    const times = { faultsMs: 60 * MINUTE, quietMs: 24 * 60 * MINUTE };
    const policy = aPolicy();
    const decisions = drawDecisions(seed, times.faultsMs);
    const faults = { ...NO_FAULTS, interleave: random.pick([0.02, 0.1, 0.3]) };
    return {
      seed,
      isFriendly,
      replicas: random.between(1, 3),
      policy,
      knobs: FRIENDLY_KNOBS,
      faults,
      decisions,
      ...size,
      ...times,
    };
  }
  const plan = {
    seed,
    isFriendly,
    replicas: random.pick([1, 2, 2, 3]),
    policy: drawPolicy(random),
    knobs: drawKnobs(random),
    faults: drawFaults(random),
    ...size,
    faultsMs: random.between(30, 90) * MINUTE,
    // Requests that fail for ever share one canary, which goes every four hours in the end.
    quietMs: 96 * 60 * MINUTE,
  };
  return { ...plan, decisions: drawDecisions(seed, plan.faultsMs) };
}

/** From a stream of its own, so that the worlds without it are what they were. */
function drawDecisions(seed: number, faultsMs: number): Decisions | null {
  const random = createRandom(seed).fork(21);
  if (!random.chance(1 / 3)) return null;
  return {
    count: random.pick([0, 5, 15, 30]),
    pauses: random.pick([0, 0, 1, 3]),
    observeMs: random.chance(0.25) ? random.between(5 * MINUTE, faultsMs / 2) : 0,
    requestsPerSecond: random.pick([2, 10]),
    alerts: {
      groupWait: random.pick([1, 30]) * SECOND,
      repeatInterval: random.pick([0, 60, 720]) * MINUTE,
      waitingLong: random.pick([1, 24]) * 60 * MINUTE,
    },
  };
}

function drawPolicy(random: Random): Policy {
  const base = aPolicy();
  const window = random.pick([5, 15]) * MINUTE;
  return {
    ...base,
    poll: { ...base.poll, interval: random.pick([15, 30, 60]) * SECOND, fullScan: random.pick([5, 10]) * MINUTE },
    restart: {
      ...base.restart,
      timeout: random.pick([1, 5]) * MINUTE,
      maxAttempts: random.pick([2, 3, 4]),
      concurrency: random.pick([1, 2, 8]),
      perMinute: random.pick([4, 60]),
      perCaPerMinute: random.pick([2, 30]),
      approvals: random.pick(['once', 'once', 'never', 'always'] as const),
    },
    backoff: {
      ...base.backoff,
      failed: { first: random.pick([30 * SECOND, MINUTE, 5 * MINUTE]), factor: 2, max: 20 * MINUTE, jitter: 0.5 },
    },
    resolve: { ...base.resolve, window },
    verify: { timeout: random.pick([10, 30]) * MINUTE },
  };
}

function drawKnobs(random: Random): Knobs {
  const seldom = <T>(usual: T, ...others: readonly T[]): T => (random.chance(0.65) ? usual : random.pick(others));
  return {
    oldRow: random.pick(['canceled', 'canceled', 'failed', 'failed', 'deleted'] as const),
    referenceId: seldom('new', 'same'),
    title: seldom('original', 'restarter'),
    startDate: seldom('restart', 'original'),
    initialData: seldom('equal', 'extended'),
    appearMs: seldom(0, 2 * SECOND, 20 * SECOND, 90 * SECOND),
    restartMs: seldom(300, 5 * SECOND, 40 * SECOND),
    wrongState: seldom(400, 404, 500),
    secondRestart: seldom('refused', 'succeeds', 'succeeds'),
    statusKnownAfterMs: random.chance(0.1) ? random.between(1, 20) * MINUTE : 0,
    sort: random.chance(0.1) ? 'ignored' : 'kept',
    filter: random.chance(0.1) ? 'ignored' : 'kept',
    pageSize: random.pick([5, 20, 50, 50]),
    hasTotal: random.chance(0.7),
    dateMs: random.pick([1, 1, 1000]),
    listLagMs: random.pick([0, 0, 0, 2 * SECOND, 10 * SECOND]),
    skewMs: random.pick([0, 0, 0, -7 * SECOND, 5 * MINUTE, -40 * MINUTE]),
  };
}

function drawFaults(random: Random): Faults {
  const on = (share: number, ...values: readonly number[]): number => (random.chance(share) ? random.pick(values) : 0);
  return {
    interleave: random.pick([0.05, 0.2, 0.5]),
    crash: on(0.5, 1 / 4000, 1 / 800),
    crashAtDoor: on(0.5, 0.1, 0.4),
    pause: on(0.5, 1 / 4000, 1 / 800),
    pauseAtDoor: on(0.4, 0.1, 0.4),
    clockJump: random.chance(0.2),
    storeCut: on(0.3, 1 / 300, 1 / 50),
    jobLost: on(0.4, 0.1, 0.5),
    jobTwice: on(0.5, 0.1, 0.5),
    jobLate: on(0.3, 0.2),
    readError: on(0.4, 0.05, 0.3),
    readLate: on(0.4, 0.05, 0.3),
    restartFault: on(0.7, 0.2, 0.6),
    storeLoss: random.chance(0.2) ? random.pick(['suffix', 'suffix', 'flush', 'backup'] as const) : 'never',
    people: on(0.6, 3, 8),
    commandAway: random.chance(0.15),
  };
}
