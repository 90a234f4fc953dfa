import { createCronClock } from '../config/cron.ts';
import type { Config } from '../config/schema.ts';
import type { Ladder } from '../core/backoff.ts';
import type { Policy } from '../core/policy.ts';
import type { Rule } from '../core/rules.ts';
import type { Window } from '../core/window.ts';

/** The operator's numbers as the core wants them. */
export function toPolicy(config: Config): Policy {
  const { backoff, health } = config;
  return {
    mode: config.mode,
    scope: config.scope,
    poll: config.poll,
    restart: config.restart,
    backoff: {
      unreachable: { ...backoff.unreachable, jitter: backoff.jitter },
      failed: { ...backoff.failed, jitter: backoff.jitter },
    },
    resolve: config.resolve,
    health: { ...health, endpoints: health.endpoints.map(({ name }) => name) },
    verify: config.verify,
    rules: config.rules.map(toRule),
    maintenance: config.maintenance.map(toWindow),
    retention: config.retention,
    oldRow: config.command.oldRow,
  };
}

function toRule(rule: Config['rules'][number]): Rule {
  const { name, match, action, maxAttempts, dependencies, version, maybeIssued } = rule;
  const onlyDuring = rule.onlyDuring?.map(toWindow);
  const backoff = ladderOf(rule.backoff);
  const unreachable = unreachableOf(rule.backoff);
  return { name, match, action, maxAttempts, dependencies, version, maybeIssued, onlyDuring, backoff, unreachable };
}

function toWindow({ cron, duration, timeZone }: Config['maintenance'][number]): Window {
  return { nextStart: createCronClock(cron, timeZone), durationMs: duration };
}

/** A rule's ladder, in the short form or under `failed`; what it leaves out comes from `backoff`. */
function ladderOf(backoff: Config['rules'][number]['backoff']): Rule['backoff'] {
  if (backoff === undefined) return undefined;
  const ladder: { -readonly [Key in keyof Ladder]?: number } = {};
  for (const key of ['first', 'factor', 'max'] as const) {
    const value = backoff.failed?.[key] ?? backoff[key];
    if (value !== undefined) ladder[key] = value;
  }
  if (backoff.jitter !== undefined) ladder.jitter = backoff.jitter;
  return ladder;
}

/** Only what stands under `unreachable`, and what is said of both ladders. */
function unreachableOf(backoff: Config['rules'][number]['backoff']): Rule['unreachable'] {
  if (backoff === undefined) return undefined;
  const { factor, jitter, unreachable } = backoff;
  return {
    ...(factor === undefined ? {} : { factor }),
    ...(jitter === undefined ? {} : { jitter }),
    ...unreachable,
  };
}
