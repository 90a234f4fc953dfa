import { z } from 'zod';
import { CA_MODES, STATUSES, STEP_KINDS } from '../world/types.ts';
import { faultSchema } from './faults.ts';
import { knobsSchema, wholeNumber, type KnobsInput } from './knobs.ts';

const text = z.string().min(1);
const MAX_COUNT = 1_000_000;

/** Seconds as a number, or a text such as 250ms, 30s, 5m, 2h, 7d; becomes milliseconds. */
const DURATION = 'allowed: seconds as a number, or a text such as 250ms, 30s, 5m, 2h, 7d';
const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
export const duration = z
  .union([z.number().min(0, DURATION), z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, DURATION)], DURATION)
  .transform((raw) => {
    if (typeof raw === 'number') return raw * 1000;
    const [, amount = '0', unit = 's'] = /^([\d.]+)([a-z]+)$/.exec(raw) ?? [];
    return Number(amount) * (UNIT_MS[unit] ?? 1000);
  });

/** How often something fails: a count, or for ever. */
const FAILURES = 'allowed: always, or a whole number from 0';
const failures = z
  .union([z.literal('always'), z.int(FAILURES).min(0, FAILURES).max(MAX_COUNT, FAILURES)], FAILURES)
  .transform((raw) => (raw === 'always' ? Number.POSITIVE_INFINITY : raw));

const DATE = 'allowed: a date such as 2026-01-02 or 2026-01-02T03:04:05Z';
const date = z
  .union([z.string(), z.date()], DATE)
  .transform((raw) => (typeof raw === 'string' ? Date.parse(raw) : raw.getTime()))
  .refine((ms) => !Number.isNaN(ms), DATE);

const userSchema = z.strictObject({
  name: text,
  password: z.string().optional(),
  permissions: z.array(text).optional(),
  roles: z.array(text).optional(),
});

const clientSchema = z.strictObject({
  id: text,
  secret: text,
  /** The user whose rights a token of this client has. */
  user: text,
  tokenSeconds: wholeNumber(1, 86_400).optional(),
});

const caSchema = z.strictObject({
  name: text,
  host: text,
  type: z.enum(['dcom', 'https']).default('dcom'),
  tenant: text.optional(),
  mode: z.enum(CA_MODES).optional(),
  up: z.boolean().optional(),
  downAs: z.enum(['refused', 'timeout', '503']).default('refused'),
  failMs: wholeNumber(0, 3_600_000).default(20),
  issueMs: wholeNumber(0, 3_600_000).default(50),
  maxConcurrent: wholeNumber(1, MAX_COUNT).default(MAX_COUNT),
  explicitCredentials: z.boolean().default(false),
  connectorPool: text.nullable().default(null),
  test: z.enum(['real', 'up', 'down']).default('real'),
  schedule: z
    .array(z.strictObject({ at: duration, up: z.boolean().optional(), mode: z.enum(CA_MODES).optional() }))
    .default([]),
});

const stepObject = z.strictObject({
  kind: z.enum(STEP_KINDS),
  name: text.optional(),
  uniqueName: text.optional(),
  durationMs: wholeNumber(0, 86_400_000).optional(),
  failures: failures.optional(),
  message: text.optional(),
  ca: text.optional(),
  roles: z.array(text).optional(),
  approveAfterMs: wholeNumber(0, 86_400_000).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});
const stepSchema = z.preprocess((raw) => (typeof raw === 'string' ? { kind: raw } : raw), stepObject);

const definitionSchema = z.strictObject({
  name: text,
  id: z.guid().optional(),
  type: text.optional(),
  description: z.string().optional(),
  key: z.union([z.string(), z.number()]).transform(String).optional(),
  template: text.optional(),
  enabled: z.boolean().default(true),
  /** The newest version; all older ones exist with the same steps. */
  version: wholeNumber(1, 1000).default(1),
  /** The published version; 0: none is published. */
  published: wholeNumber(0, 1000).optional(),
  steps: z.array(stepSchema).optional(),
  /** Versions whose steps differ. */
  versions: z.array(z.strictObject({ version: wholeNumber(1, 1000), steps: z.array(stepSchema) })).default([]),
});

const instanceSchema = z.strictObject({
  definition: text,
  status: z.enum(STATUSES).optional(),
  count: wholeNumber(0, MAX_COUNT).optional(),
  id: z.guid().optional(),
  ca: text.optional(),
  title: text.optional(),
  subject: text.optional(),
  user: text.optional(),
  /** Unique or display name of the step it is in. */
  step: text.optional(),
  message: text.optional(),
  version: wholeNumber(1, 1000).optional(),
  /** How many runs of this work fail at `step`, the one shown included. */
  failures: failures.optional(),
  issued: z.enum(['no', 'yes', 'maybe']).optional(),
  approved: z.boolean().optional(),
  /** Whether its CSR differs from others for the same subject. */
  newCsr: z.boolean().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  startDate: date.optional(),
  lastModified: date.optional(),
  /** How long ago it was last changed; with `spread` the instances of a count lie between age and age + spread. */
  age: duration.optional(),
  spread: duration.optional(),
});

const trafficSchema = z.strictObject({
  perSecond: z.number().min(0).max(1000),
  /** Finished instances of the traffic that are kept; older ones are deleted. */
  keep: wholeNumber(0, MAX_COUNT).optional(),
  mix: z
    .array(
      z.strictObject({
        definition: text,
        ca: text.optional(),
        weight: z.number().min(0).optional(),
        /** Share of the instances that fail once. */
        failing: z.number().min(0).max(1).optional(),
      }),
    )
    .min(1)
    .optional(),
});

export const ACTIONS = ['restart', 'stop', 'delete', 'sign', 'resubmit'] as const;

export const actionSchema = z.strictObject({
  do: z.enum(ACTIONS),
  who: text.optional(),
  /** An instance id, or a glob over titles. */
  instance: text,
  status: z.enum(STATUSES).optional(),
  count: wholeNumber(1, MAX_COUNT).optional(),
  approve: z.boolean().optional(),
  newCsr: z.boolean().optional(),
  version: wholeNumber(1, 1000).optional(),
});

const personSchema = actionSchema.extend({ at: duration });

export const scenarioSchema = z.strictObject({
  version: z
    .union([z.string(), z.number()])
    .transform(String)
    .refine((raw) => /^(9|1\d|2\d)(\.\d+)*$/.test(raw), 'allowed: a product version such as 10.4, 11.3, 24.4 or 25.1.1')
    .optional(),
  seed: wholeNumber(0, 2 ** 31).optional(),
  /** How far the server's clock is ahead of this machine's. */
  clockSkewSeconds: z.number().min(-86_400).max(86_400).optional(),
  speed: z.number().positive().max(10_000).optional(),
  users: z.array(userSchema).min(1).optional(),
  clients: z.array(clientSchema).optional(),
  knobs: knobsSchema.optional(),
  cas: z.array(caSchema).optional(),
  definitions: z.array(definitionSchema).optional(),
  instances: z.array(instanceSchema).optional(),
  traffic: trafficSchema.optional(),
  people: z.array(personSchema).optional(),
  faults: z.array(faultSchema).optional(),
});

export { instanceSchema, caSchema };

/** What a scenario says, as YAML writes it. */
export type ScenarioInput = Omit<z.input<typeof scenarioSchema>, 'knobs'> & { knobs?: KnobsInput | undefined };
/** A checked scenario, durations in milliseconds. */
export type Scenario = z.output<typeof scenarioSchema>;
export type CaSpec = z.output<typeof caSchema>;
export type DefinitionSpec = z.output<typeof definitionSchema>;
export type StepSpec = z.output<typeof stepObject>;
export type InstanceSpec = z.output<typeof instanceSchema>;
export type InstanceInput = z.input<typeof instanceSchema>;
export type TrafficSpec = z.output<typeof trafficSchema>;
export type ActionSpec = z.output<typeof actionSchema>;
export type ActionInput = z.input<typeof actionSchema>;
export type PersonSpec = z.output<typeof personSchema>;
export type UserSpec = z.output<typeof userSchema>;
export type ClientSpec = z.output<typeof clientSchema>;
