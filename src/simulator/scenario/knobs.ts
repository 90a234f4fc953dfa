import { z } from 'zod';
import { STATUSES, type Status } from '../world/types.ts';

/** One setting for each thing that the public material leaves open, and the simulator's own settings. */
export interface Knobs {
  readonly statusForm: 'int' | 'name';
  readonly statusMap: Readonly<Record<Status, number>>;
  readonly statusQuery: 'both' | 'int' | 'name';
  readonly statusQueryRefusal: '400' | 'empty';
  readonly oldRow: 'canceled' | 'failed' | 'deleted';
  readonly referenceId: 'new' | 'same';
  readonly title: 'original' | 'restarter';
  readonly initiator: 'original' | 'restarter';
  readonly startDate: 'restart' | 'original';
  readonly initialData: 'equal' | 'extended';
  readonly appearMs: number;
  readonly restartMs: number | 'run';
  readonly wrongState: '400' | '404' | '500';
  readonly secondRestart: 'refused' | 'succeeds';
  readonly versionIn: 'both' | 'query' | 'body';
  readonly audit: 'none' | 'old' | 'both';
  readonly caTestSecrets: 'stored' | 'needed';
  readonly caTestDead: 'false' | 'slow' | 'http500' | 'hang';
  readonly requireHeader: 'all' | 'post';
  readonly parameters: '11' | '10' | 'both';
  readonly sortFields: 'all' | 'ignored' | readonly string[];
  readonly dateLiterals: 'full' | 'day';
  readonly totalCount: boolean;
  readonly dates: 'z7' | 'nozone' | 'nofraction';
  readonly propertyCase: 'pascal' | 'camel';
  readonly errors: 'json' | 'empty' | 'html';
  // The simulator's own settings.
  readonly oldSuspendedRow: 'canceled' | 'stays' | 'deleted';
  readonly initialDataChange: 'key' | 'render';
  readonly restartCommit: 'start' | 'end';
  readonly caTestSlowMs: number;
  readonly dateOffsetMinutes: number;
  readonly latencyMs: number;
  readonly staleMs: number;
  readonly maxReturnLimit: number;
}

export type KnobsInput = { readonly [K in keyof Knobs]?: unknown };

/** Integers chosen by the simulator: the real map is unknown (API reference, 4.2). */
const DEFAULT_STATUS_MAP: Knobs['statusMap'] = {
  Running: 1,
  Suspended: 2,
  Complete: 3,
  Failed: 4,
  Rejected: 5,
  CanceledForRestart: 6,
};

export const DEFAULT_KNOBS: Knobs = {
  statusForm: 'int',
  statusMap: DEFAULT_STATUS_MAP,
  statusQuery: 'both',
  statusQueryRefusal: '400',
  oldRow: 'canceled',
  referenceId: 'new',
  title: 'original',
  initiator: 'original',
  startDate: 'restart',
  initialData: 'equal',
  appearMs: 0,
  restartMs: 0,
  wrongState: '400',
  secondRestart: 'refused',
  versionIn: 'both',
  audit: 'none',
  caTestSecrets: 'stored',
  caTestDead: 'false',
  requireHeader: 'all',
  parameters: '11',
  sortFields: 'all',
  dateLiterals: 'full',
  totalCount: true,
  dates: 'z7',
  propertyCase: 'pascal',
  errors: 'json',
  oldSuspendedRow: 'canceled',
  initialDataChange: 'key',
  restartCommit: 'start',
  caTestSlowMs: 30_000,
  dateOffsetMinutes: 0,
  latencyMs: 0,
  staleMs: 0,
  maxReturnLimit: 1_000_000,
};

const MAX_MS = 3_600_000;

/** YAML writes 400, "400", true and "true" for the same thing. */
function choice<const T extends readonly string[]>(...values: T) {
  return z.preprocess(
    (raw) => (typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : raw),
    z.enum(values),
  );
}

export function wholeNumber(min: number, max: number) {
  return z.preprocess(
    (raw) => (typeof raw === 'string' && /^-?\d+$/.test(raw.trim()) ? Number(raw) : raw),
    z
      .int(`allowed: a whole number from ${min} to ${max}`)
      .min(min, `allowed: a whole number from ${min} to ${max}`)
      .max(max, `allowed: a whole number from ${min} to ${max}`),
  );
}

const flag = z.preprocess(
  (raw) => (raw === 'true' ? true : raw === 'false' ? false : raw),
  z.boolean('allowed: true, false'),
);

const RESTART_MS = `allowed: run, or a whole number from 0 to ${MAX_MS}`;
const restartMs = z.preprocess(
  (raw) => (typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw),
  z.union([z.literal('run'), z.int().min(0).max(MAX_MS)], RESTART_MS),
);

const sortFields = z.preprocess(
  (raw) =>
    typeof raw === 'string' && raw !== 'all' && raw !== 'ignored' ? raw.split(',').map((name) => name.trim()) : raw,
  z.union(
    [z.literal('all'), z.literal('ignored'), z.array(z.string().min(1)).min(1)],
    'allowed: all, ignored, or a list of field names',
  ),
);

/** The schemas know a seventh integer; no row has it, but a map may keep it free by this name. */
const SEVENTH = 'Unknown';
const STATUS_NAMES = [...STATUSES, SEVENTH] as const;

const STATUS_MAP = `allowed: a map of status names (${STATUS_NAMES.join(', ')}) to different whole numbers from 0 to 6`;
const statusMap = z.preprocess(
  parseJsonText,
  z
    .partialRecord(z.enum(STATUS_NAMES), wholeNumber(0, 6), STATUS_MAP)
    .refine((given) => new Set(Object.values(given)).size === Object.keys(given).length, STATUS_MAP)
    .transform((given): Knobs['statusMap'] => completeStatusMap(given)),
);

/** Statuses that are not named keep their integer if it is free, else take the lowest free one. */
function completeStatusMap({
  [SEVENTH]: seventh,
  ...given
}: Partial<Record<(typeof STATUS_NAMES)[number], number>>): Knobs['statusMap'] {
  const taken = new Set([...Object.values(given), seventh]);
  const complete = { ...DEFAULT_STATUS_MAP, ...given };
  for (const status of STATUSES.filter((name) => given[name] === undefined)) {
    if (taken.has(complete[status])) complete[status] = [0, 1, 2, 3, 4, 5, 6].find((n) => !taken.has(n)) ?? 0;
    taken.add(complete[status]);
  }
  return complete;
}

function parseJsonText(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

export const knobsSchema = z
  .strictObject({
    statusForm: choice('int', 'name'),
    statusMap,
    statusQuery: choice('both', 'int', 'name'),
    statusQueryRefusal: choice('400', 'empty'),
    oldRow: choice('canceled', 'failed', 'deleted'),
    referenceId: choice('new', 'same'),
    title: choice('original', 'restarter'),
    initiator: choice('original', 'restarter'),
    startDate: choice('restart', 'original'),
    initialData: choice('equal', 'extended'),
    appearMs: wholeNumber(0, MAX_MS),
    restartMs,
    wrongState: choice('400', '404', '500'),
    secondRestart: choice('refused', 'succeeds'),
    versionIn: choice('both', 'query', 'body'),
    audit: choice('none', 'old', 'both'),
    caTestSecrets: choice('stored', 'needed'),
    caTestDead: choice('false', 'slow', 'http500', 'hang'),
    requireHeader: choice('all', 'post'),
    parameters: choice('11', '10', 'both'),
    sortFields,
    dateLiterals: choice('full', 'day'),
    totalCount: flag,
    dates: choice('z7', 'nozone', 'nofraction'),
    propertyCase: choice('pascal', 'camel'),
    errors: choice('json', 'empty', 'html'),
    oldSuspendedRow: choice('canceled', 'stays', 'deleted'),
    initialDataChange: choice('key', 'render'),
    restartCommit: choice('start', 'end'),
    caTestSlowMs: wholeNumber(0, MAX_MS),
    dateOffsetMinutes: wholeNumber(-840, 840),
    latencyMs: wholeNumber(0, MAX_MS),
    staleMs: wholeNumber(0, MAX_MS),
    maxReturnLimit: wholeNumber(1, 1_000_000),
  })
  .partial();

/** Lays the given knobs over the present ones. */
export function mergeKnobs(present: Knobs, given: z.output<typeof knobsSchema>): Knobs {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...present, ...(Object.fromEntries(set) as Partial<Knobs>) };
}
