import { connectStore, isRefusal, redisLabel } from '../adapters/redis/connect.ts';
import type { Config } from '../config/schema.ts';
import type { Adoption } from '../core/adopt.ts';
import type { Decision } from '../core/decision.ts';
import { TransientError } from '../core/errors.ts';
import { adoptHistory } from '../remediation/adopt-history.ts';
import { applyDecision } from '../remediation/apply-decision.ts';
import type { Decided } from '../remediation/apply-decision.ts';
import { resumeWork } from '../remediation/wake-waiting.ts';
import { redisOptions } from './run-daemon.ts';
import { createStoreParts } from './store-parts.ts';
import type { StoreParts } from './store-parts.ts';

/** The store as commands use it, with the daemon running or not. */
export interface OpenStore extends Pick<
  StoreParts,
  'store' | 'archive' | 'journal' | 'gates' | 'sightings' | 'ledger' | 'kv' | 'memory' | 'budget'
> {
  /** Takes on the store's identity and clock: before the first write, never for reading. */
  attach(): Promise<void>;
  /** Carries out a person's decision. Attach first. */
  decide(id: string, wish: Omit<Decision, 'at'>): Promise<Decided>;
  /** Takes one parked row into work. Attach first. */
  adopt(root: string, adoption: Adoption): Promise<boolean>;
  /** Ends the pause and the brake; answers how many are due because of it. Attach first. */
  resume(by: string): Promise<number>;
  close(): void;
}

/** A person waits at the terminal: Redis must answer within this time. */
const COMMAND_LIMIT_MS = 3000;

/**
 * Connects to the configured Redis. Reading leaves the store as it is; writers `attach` first.
 * @throws TransientError Redis does not answer
 */
export async function openStore(config: Config): Promise<OpenStore> {
  const options = redisOptions(config);
  const redis = connectStore(options, COMMAND_LIMIT_MS);
  const parts = createStoreParts(redis, {
    prefix: config.redis.prefix,
    replica: 'command line',
    requestsPerSecond: config.command.requestsPerSecond,
  });
  try {
    await ready(redis);
  } catch (error) {
    redis.disconnect();
    throw new TransientError(unreachable(config, error), { cause: error });
  }
  const now = (): number => parts.kv.now();
  return {
    ...parts,
    attach: async () => {
      await parts.kv.attach();
      await parts.kv.commit([], []); // tells the store's time, by which decisions are dated
    },
    decide: async (id, wish) => applyDecision(id, wish, { ...parts, now }),
    adopt: async (root, adoption) => adoptHistory(root, adoption, { ...parts, now }),
    resume: async (by) => resumeWork(by, { ...parts, now }),
    close: () => redis.disconnect(),
  };
}

/** The first thing that goes wrong is told at once: a person would rather know than wait. */
async function ready(redis: ReturnType<typeof connectStore>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${COMMAND_LIMIT_MS / 1000} s`)), COMMAND_LIMIT_MS);
  redis.once('ready', resolve);
  redis.once('error', reject);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

function unreachable({ redis }: Config, trouble: unknown): string {
  const { master, nodes } = redis.sentinel;
  const where = nodes.length > 0 ? `master ${master} behind ${nodes.join(', ')}` : redisLabel(redis.url);
  const embedded = redis.embedded
    ? '; redis.embedded is true: the private Redis of a daemon listens on another port, which its log names'
    : '';
  if (isRefusal(trouble))
    return `Redis at ${where} refuses us: ${reasonOf(trouble)}; are user and password in redis.url right?`;
  return `Redis at ${where} does not answer: ${reasonOf(trouble)}; is it running and redis.url right?${embedded}`;
}

/** A refused connection to a name with two addresses comes as an AggregateError without a text of its own. */
function reasonOf(trouble: unknown): string {
  const error: unknown = trouble instanceof AggregateError ? trouble.errors[0] : trouble;
  return error instanceof Error ? error.message || error.name : String(error);
}
