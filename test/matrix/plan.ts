import { createRandom } from '../../src/simulator/world/random.ts';
import { ODDITIES, type OddityName } from './oddities.ts';
import type { ScenarioInput } from '../../src/simulator/simulator.ts';

export type KnobValues = NonNullable<ScenarioInput['knobs']>;
type Faults = NonNullable<ScenarioInput['faults']>;

/** One world of the matrix: what its Command does otherwise than the default one. */
export interface Plan {
  readonly name: string;
  readonly seed: number;
  readonly knobs: KnobValues;
  readonly version: string;
  readonly clockSkewSeconds: number;
  /** The time of the day (UTC) at which the server's clock begins; null: it runs beside ours. */
  readonly startsAt: string | null;
  /** Strike during the whole story. */
  readonly faults: Faults;
  /** What stands between makes of its answers. */
  readonly oddities: readonly OddityName[];
  /** The daemon's settings that a person would set for such a server. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** One thing that a server may do otherwise. */
interface Choice {
  readonly knobs?: KnobValues;
  readonly version?: string;
  readonly clockSkewSeconds?: number;
  readonly startsAt?: string;
  readonly faults?: Faults;
  readonly oddities?: readonly OddityName[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

const INTEGERS = { Running: 1, Suspended: 2, Complete: 3, Failed: 4, Rejected: 5, CanceledForRestart: 6 };
const OTHER_INTEGERS = { Failed: 0, Running: 6, Suspended: 4, Complete: 2, Rejected: 1, CanceledForRestart: 3 };

/** Every value of every knob beside the default (API reference 10), by the unknown that it belongs to. */
const CHOICES: Readonly<Record<string, readonly Choice[]>> = {
  status: [
    { knobs: { statusForm: 'name' } },
    { knobs: { statusForm: 'name', statusQuery: 'int' } },
    { knobs: { statusForm: 'name', statusQuery: 'int', statusQueryRefusal: 'empty' } },
    { knobs: { statusForm: 'name', statusQuery: 'name' } },
    { knobs: { statusMap: OTHER_INTEGERS } },
    { knobs: { statusQuery: 'name' } },
    { knobs: { statusQuery: 'name', statusQueryRefusal: 'empty' } },
    { knobs: { statusQuery: 'int' } },
    { knobs: { statusQuery: 'int', statusQueryRefusal: 'empty' } },
    { knobs: { statusQuery: 'int' }, settings: { 'command.statusMap': INTEGERS } },
    { knobs: { statusQuery: 'int', statusQueryRefusal: 'empty' }, settings: { 'command.statusMap': INTEGERS } },
  ],
  oldRow: [{ knobs: { oldRow: 'failed' } }, { knobs: { oldRow: 'deleted' } }],
  oldSuspendedRow: [{ knobs: { oldSuspendedRow: 'stays' } }, { knobs: { oldSuspendedRow: 'deleted' } }],
  referenceId: [{ knobs: { referenceId: 'same' } }],
  title: [{ knobs: { title: 'restarter' } }],
  initiator: [{ knobs: { initiator: 'restarter' } }],
  startDate: [{ knobs: { startDate: 'original' } }],
  initialData: [
    { knobs: { initialData: 'extended' } },
    { knobs: { initialData: 'extended', initialDataChange: 'render' } },
  ],
  appearMs: [{ knobs: { appearMs: 1500 } }],
  restartMs: [{ knobs: { restartMs: 700 } }, { knobs: { restartMs: 'run' } }],
  restartCommit: [{ knobs: { restartMs: 700, restartCommit: 'end' } }],
  wrongState: [{ knobs: { wrongState: '404' } }, { knobs: { wrongState: '500' } }],
  secondRestart: [{ knobs: { secondRestart: 'succeeds' } }],
  versionIn: [{ knobs: { versionIn: 'query' } }, { knobs: { versionIn: 'body' } }],
  audit: [{ knobs: { audit: 'old' } }, { knobs: { audit: 'both' } }],
  caTestSecrets: [{ knobs: { caTestSecrets: 'needed' } }],
  caTestDead: [
    { knobs: { caTestDead: 'slow', caTestSlowMs: 1500 } },
    { knobs: { caTestDead: 'http500' } },
    { knobs: { caTestDead: 'hang' } },
  ],
  requireHeader: [{ knobs: { requireHeader: 'post' } }],
  parameters: [{ knobs: { parameters: '10' } }, { knobs: { parameters: 'both' } }],
  sortFields: [
    { knobs: { sortFields: 'ignored' } },
    { knobs: { sortFields: ['Title'] } },
    { knobs: { sortFields: ['Id'] } },
    { knobs: { sortFields: ['StartDate'] } },
    { knobs: { sortFields: ['LastModified'] } },
    { knobs: { sortFields: ['ReferenceId'] } },
  ],
  dateLiterals: [{ knobs: { dateLiterals: 'day' } }],
  totalCount: [{ knobs: { totalCount: false } }],
  dates: [
    { knobs: { dates: 'nozone' } },
    { knobs: { dates: 'nozone', dateOffsetMinutes: 120 } },
    { knobs: { dates: 'nozone', dateOffsetMinutes: -330 } },
    { knobs: { dates: 'nofraction' } },
  ],
  propertyCase: [{ knobs: { propertyCase: 'camel' } }],
  errors: [{ knobs: { errors: 'empty' } }, { knobs: { errors: 'html' } }],
  latencyMs: [{ knobs: { latencyMs: 120 } }],
  staleMs: [{ knobs: { staleMs: 1200 } }],
  maxReturnLimit: [{ knobs: { maxReturnLimit: 10 } }, { knobs: { maxReturnLimit: 7 } }],
  version: [{ version: '10.4' }, { version: '24.4' }],
  clock: [{ clockSkewSeconds: 7200 }, { clockSkewSeconds: -7200 }],
  weather: [
    { faults: [{ kind: 'status', status: 503, from: 3, to: 5 }] },
    { faults: [{ kind: 'status', status: 401, from: 3, to: 4 }] },
    { faults: [{ kind: 'status', status: 429, retryAfter: 1, probability: 0.05 }] },
    { faults: [{ kind: 'html', status: 200, probability: 0.1, route: 'list' }] },
    { faults: [{ kind: 'cutAnswer', probability: 0.1 }] },
    { faults: [{ kind: 'hang', probability: 0.05, route: 'list', count: 2 }] },
    { faults: [{ kind: 'huge', route: 'list', skip: 8, count: 1 }] },
    { faults: [{ kind: 'statusAfter', status: 200, route: 'restart', probability: 0.3 }] },
    { faults: [{ kind: 'statusAfter', status: 302, route: 'restart', probability: 0.3 }] },
    { faults: [{ kind: 'resetBefore', probability: 0.08 }] },
  ],
};

/** Hours at which the day ends in the middle of the story, or the server's day is not that of UTC. */
const HOURS: readonly Choice[] = [
  { startsAt: '23:59:45' },
  { startsAt: '23:59:45', knobs: { dateLiterals: 'day' } },
  { startsAt: '22:30:00', knobs: { dates: 'nozone', dateOffsetMinutes: 120 } },
  { startsAt: '02:00:00', knobs: { dates: 'nozone', dateOffsetMinutes: -330 } },
  { startsAt: '11:59:45', knobs: { dates: 'nozone', dateOffsetMinutes: -720, dateLiterals: 'day' } },
  { startsAt: '12:00:00', knobs: { dates: 'nozone', dateOffsetMinutes: 840 } },
  { startsAt: '18:20:00', knobs: { dates: 'nozone', dateOffsetMinutes: 345, sortFields: 'ignored' } },
];

/** Each oddity alone, and now and then beside other choices. */
const ODD_CHOICES: readonly Choice[] = Object.keys(ODDITIES).map((name) => ({ oddities: [name as OddityName] }));

const DEFAULT = {
  knobs: {},
  version: '25.1.1',
  clockSkewSeconds: 0,
  startsAt: null,
  faults: [],
  oddities: [],
  settings: {},
};

/** Each value alone, all others default; first a world without any. */
export function singlePlans(): readonly Plan[] {
  const plans = [...Object.values(CHOICES).flat(), ...ODD_CHOICES, ...HOURS].map((choice, index) =>
    planOf(1 + index, [choice]),
  );
  return [planOf(0, []), ...plans];
}

/** Share of the unknowns that a random world decides otherwise than the default. */
const OTHERWISE = 0.35;
/** Chance of each oddity: one or two in a world. */
const ODD = 0.05;
/** Chance of each hour: every fifth world has one. */
const AT_AN_HOUR = 0.03;

/** A random combination of values; the same seed is the same world. */
export function combinedPlan(seed: number): Plan {
  const random = createRandom(seed * 2654435761);
  const chosen = Object.values(CHOICES).flatMap((choices) => {
    if (random() >= OTHERWISE) return [];
    const choice = choices[Math.floor(random() * choices.length)];
    return choice ? [choice] : [];
  });
  const odd = ODD_CHOICES.filter(() => random() < ODD);
  return planOf(seed, [...chosen, ...odd, ...HOURS.filter(() => random() < AT_AN_HOUR)]);
}

function planOf(seed: number, choices: readonly Choice[]): Plan {
  const merged = choices.reduce<Omit<Plan, 'name' | 'seed'>>(
    (plan, choice) => ({
      knobs: { ...plan.knobs, ...choice.knobs },
      version: choice.version ?? plan.version,
      clockSkewSeconds: choice.clockSkewSeconds ?? plan.clockSkewSeconds,
      startsAt: choice.startsAt ?? plan.startsAt,
      faults: [...plan.faults, ...(choice.faults ?? [])],
      oddities: [...plan.oddities, ...(choice.oddities ?? [])],
      settings: { ...plan.settings, ...choice.settings },
    }),
    DEFAULT,
  );
  return { ...merged, seed, name: choices.map(nameOf).join(' + ') || 'default' };
}

function nameOf(choice: Choice): string {
  const { knobs = {}, ...others } = choice;
  const parts = [...Object.entries(knobs), ...Object.entries(others)];
  return parts.map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ');
}
