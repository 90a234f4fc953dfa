import type { Reader } from './reader.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';
import type { MetricsState } from '../telemetry/metrics.ts';

/** What people wait for is counted anew at most this often: it reads every waiting record. */
const COUNT_EVERY_MS = 60_000;

/** The most records that are counted, and how many are read at once. */
const COUNT_LIMIT = 20_000;
const LOT = 500;

export interface MetricsReaderParts {
  readonly reader: Pick<Reader, 'status'>;
  readonly store: Pick<RemediationStore, 'rootsIn' | 'loadMany'>;
  readonly alertsPending: () => Promise<number>;
  readonly now: () => number;
}

/** Reads the store for one scrape. */
export function createMetricsReader(parts: MetricsReaderParts): () => Promise<MetricsState> {
  let counted: { readonly at: number; readonly waiting: Readonly<Record<string, number>> } | null = null;
  return async () => {
    const [status, alertsPending] = await Promise.all([parts.reader.status(), parts.alertsPending()]);
    if (counted === null || parts.now() - counted.at >= COUNT_EVERY_MS)
      counted = { at: parts.now(), waiting: await countWaiting(parts.store) };
    return {
      phases: status.phases,
      waiting: counted.waiting,
      dependencies: status.dependencies,
      isPaused: status.paused !== null,
      lastSweepAt: status.lastSweepAt === null ? null : Date.parse(status.lastSweepAt),
      alertsPending,
    };
  };
}

async function countWaiting(store: MetricsReaderParts['store']): Promise<Readonly<Record<string, number>>> {
  const roots = await store.rootsIn('waiting', COUNT_LIMIT);
  const waiting: Record<string, number> = {};
  for (let from = 0; from < roots.length; from += LOT) {
    for (const { wait } of await store.loadMany(roots.slice(from, from + LOT))) {
      const reason = wait ?? 'other';
      waiting[reason] = (waiting[reason] ?? 0) + 1;
    }
  }
  return waiting;
}
