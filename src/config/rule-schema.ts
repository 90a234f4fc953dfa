import * as z from 'zod';

import { readCronFields } from './cron.ts';
import { choice, count, duration, glob, kind, listOf, number, positiveDuration, readText, text } from './kinds.ts';
import { option, optional, required, section, type Kind } from './option.ts';

const VERSION_WORDS = ['latest', 'same', 'hold'] as const;

/** Which version of its definition a restarted instance gets. */
export const version = kind('latest | same | hold | number', 'latest, same, hold or a version number', readVersion);

export const maybeIssued = choice('hold', 'restart');

const cron = kind('cron', 'five cron fields, such as 0 22 * * 6', readCron);
const timeZone = kind('time zone', 'a time zone such as UTC or Europe/Berlin', readTimeZone);

const windowSchema = z.strictObject({
  cron: required(cron, 'when the window opens'),
  duration: required(positiveDuration, 'how long it stays open'),
  timeZone: option(timeZone, 'UTC', 'the clock that cron is read by'),
});

/** Recurring times, as `maintenance` and a rule's `onlyDuring` write them. */
export const windows: Kind<z.ZodArray<typeof windowSchema>> = {
  schema: z.array(windowSchema),
  type: 'list',
  allowed: 'a list of windows { cron, duration, timeZone }',
};

const ladderOverrides = () =>
  z
    .strictObject({
      first: optional(duration, 'first wait'),
      factor: optional(number(1, 1000), 'growth from one wait to the next'),
      max: optional(duration, 'longest wait of all'),
    })
    .exactOptional();

const ruleSchema = z.strictObject({
  name: required(text, 'what list, explain and the metrics call the rule'),
  match: section({
    definition: optional(glob, 'name or id of the definition'),
    workflowType: optional(glob, 'type of the workflow, such as Enrollment'),
    step: optional(glob, 'unique or display name of the failed step'),
    message: optional(glob, 'text of the failure'),
    ca: optional(glob, 'the CA that the work asks'),
    template: optional(glob, 'the certificate template'),
    olderThan: optional(duration, 'least time since the failure'),
    youngerThan: optional(duration, 'most time since the failure'),
  }),
  action: option(choice('restart', 'hold', 'ignore'), 'restart', 'what becomes of a match'),
  maxAttempts: optional(count(1), 'instead of restart.maxAttempts'),
  backoff: z
    .strictObject({
      first: optional(duration, 'short for failed.first'),
      factor: optional(number(1, 1000), 'factor of both ladders'),
      max: optional(duration, 'short for failed.max'),
      jitter: optional(number(0, 1), 'share of a delay that is left to chance'),
      unreachable: ladderOverrides(),
      failed: ladderOverrides(),
    })
    .exactOptional(),
  dependencies: optional(
    listOf(text, 'a list of names of health.endpoints or CAs'),
    'what must be well before a restart: names of health.endpoints, any other name is a CA',
  ),
  version: optional(version, 'instead of restart.version'),
  maybeIssued: optional(maybeIssued, 'instead of restart.maybeIssued'),
  onlyDuring: optional(windows, 'the only times when a match may be restarted'),
});

export const rules: Kind<z.ZodArray<typeof ruleSchema>> = {
  schema: z.array(ruleSchema),
  type: 'list',
  allowed: 'a list of rules { name, match, action, … }',
};

function readVersion(raw: unknown): (typeof VERSION_WORDS)[number] | number | undefined {
  const written = readText(raw) ?? '';
  const word = VERSION_WORDS.find((known) => known === written);
  return word ?? (/^[1-9]\d{0,5}$/.test(written) ? Number(written) : undefined);
}

function readCron(raw: unknown): string | undefined {
  return readCronFields(readText(raw) ?? '');
}

function readTimeZone(raw: unknown): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: readText(raw) ?? '-' }).resolvedOptions().timeZone;
  } catch {
    return undefined; // Intl knows no such zone
  }
}
