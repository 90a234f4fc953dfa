import type { Config } from '../config/schema.ts';
import type { Ladder } from '../core/backoff.ts';
import type { Policy } from '../core/policy.ts';
import type { Rule } from '../core/rules.ts';

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
    oldRow: config.command.oldRow,
  };
}

function toRule(rule: Config['rules'][number]): Rule {
  const { name, match, action, maxAttempts, dependencies, version, maybeIssued } = rule;
  return { name, match, action, maxAttempts, dependencies, version, maybeIssued, backoff: ladderOf(rule.backoff) };
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
