import type { Config } from '../config/schema.ts';
import { configFindings } from '../core/doctor-config.ts';
import { inOrder } from '../core/doctor-finding.ts';
import type { Finding } from '../core/doctor-finding.ts';
import { oldRowFinding } from '../core/doctor-gates.ts';
import { lookAtCommand } from './doctor/look-at-command.ts';
import { lookAtRedis } from './doctor/look-at-redis.ts';

export interface Examination {
  readonly config: Config;
  /** Told before each part that may take a while. */
  readonly say: (progress: string) => void;
}

/** Beyond the timeouts of single calls: the whole look at Command ends after this. */
const COMMAND_LIMIT_MS = 120_000;

/** Looks at everything that the daemon needs and changes nothing: before the first start, or beside a running daemon. */
export async function examine({ config, say }: Examination): Promise<readonly Finding[]> {
  say('looking at Redis and the store in it');
  const redis = await lookAtRedis(config);
  const { learned } = redis;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error('time is up')), COMMAND_LIMIT_MS);
  try {
    const command = await lookAtCommand({ config, learned, say, signal: limit.signal });
    const { longestRestartMs, oldRow } = learned;
    return inOrder([
      ...configFindings({ config, longestRestartMs }),
      ...redis.findings,
      ...command,
      oldRowFinding(config.command.oldRow, oldRow),
    ]);
  } finally {
    clearTimeout(timer);
    redis.close();
  }
}
