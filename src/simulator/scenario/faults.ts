import { z } from 'zod';
import { wholeNumber } from './knobs.ts';

export const FAULT_KINDS = [
  'latency',
  'status',
  'html',
  'resetBefore',
  'resetAfter',
  'hang',
  'hangAfter',
  'statusAfter',
  'cutAnswer',
  'huge',
  'stale',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** The operations by the words that faults and request counts have for them. */
export const ROUTE_NAMES: readonly string[] = [
  'list',
  'assigned',
  'my',
  'read',
  'delete',
  'restart',
  'stop',
  'signals',
  'definitions',
  'definitionTypes',
  'definition',
  'cas',
  'ca',
  'caTest',
  'connectors',
  'audit',
  'auditRelated',
  'auditEntry',
  'status',
  'health',
  'license',
  'token',
];

const LOWER_NAMES = ROUTE_NAMES.map((name) => name.toLowerCase());

/** A mistyped name would never strike, without a word. */
function isRoute(route: string): boolean {
  return /[*/]/.test(route) || LOWER_NAMES.includes(route.toLowerCase());
}

const NAMED_STATUS = z.preprocess(
  (raw) => (typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw),
  z
    .int('allowed: a whole number from 200 to 599')
    .min(200, 'allowed: a whole number from 200 to 599')
    .max(599, 'allowed: a whole number from 200 to 599'),
);

/** A fault rule: what happens, to which requests, when and how often. */
export const faultSchema = z
  .strictObject({
    kind: z.enum(FAULT_KINDS),
    /** A route name, `*`, or a glob over "METHOD /path" below the base path. */
    route: z
      .string()
      .refine(isRoute, `allowed: ${ROUTE_NAMES.join(', ')}, or a glob over "METHOD /path"`)
      .optional(),
    probability: z.number().min(0).max(1).optional(),
    /** Seconds since the fault was set; those of a scenario are set at the start. */
    from: z.number().min(0).optional(),
    to: z.number().min(0).optional(),
    /** How many requests it strikes before it is spent. */
    count: wholeNumber(1, 1_000_000).optional(),
    /** Requests let through before it begins to strike. */
    skip: wholeNumber(0, 1_000_000).optional(),
    /** Milliseconds for latency and stale reads. */
    ms: wholeNumber(0, 3_600_000).optional(),
    status: NAMED_STATUS.optional(),
    retryAfter: wholeNumber(0, 86_400).optional(),
    user: z.string().optional(),
  })
  .refine((fault) => (fault.kind !== 'latency' && fault.kind !== 'stale') || fault.ms !== undefined, {
    message: 'a latency or stale fault needs ms (allowed: a whole number from 0 to 3600000)',
    path: ['ms'],
  });

export type FaultInput = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;
