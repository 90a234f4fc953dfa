import type { Config } from '../config/schema.ts';
import { applyDecision } from '../remediation/apply-decision.ts';
import { createServer } from '../server/create-server.ts';
import type { HttpServer } from '../server/create-server.ts';
import type { Readiness } from '../server/parts.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { MetricsState } from '../telemetry/metrics.ts';
import type { Listener } from '../telemetry/events.ts';
import { productVersion } from './product-version.ts';
import { createMetricsReader } from './read-metrics.ts';
import { createReader } from './reader.ts';
import type { Daemon } from './start-daemon.ts';
import { toPolicy } from './to-policy.ts';

export interface Http {
  /** Feeds the metrics. */
  readonly listener: Listener;
  /** Serves this replica's health, metrics and API. */
  createServerFor(daemon: Daemon): HttpServer;
}

/** HTTP of one replica. Made before the daemon, whose events feed the metrics from the first one on. */
export function createHttp(config: Config): Http {
  let readState: (() => Promise<MetricsState>) | null = null;
  const version = productVersion();
  const metrics = createMetrics({
    version,
    mode: config.mode,
    readState: async () => {
      if (readState === null) throw new Error('not started');
      return readState();
    },
  });
  return {
    listener: metrics.listener,
    createServerFor: (daemon) => {
      const { stores } = daemon;
      const now = (): number => stores.kv.now();
      const reader = createReader({ ...stores, policy: toPolicy(config), now });
      readState = createMetricsReader({
        reader,
        store: stores.store,
        alertsPending: async () => daemon.alertsPending(),
        now,
      });
      return createServer(
        {
          reader,
          decide: async (id, wish) => applyDecision(id, wish, { ...stores, now, emit: daemon.emit }),
          pause: async (pause) => stores.ledger.pause(pause),
          resume: async () => stores.ledger.resume(),
          requestSweep: async () => daemon.requestSweep(),
          ready: async () => readiness(daemon),
          metrics: async () => metrics.text(),
          now,
          version,
        },
        config.http,
      );
    },
  };
}

/** Redis and fitness decide; Command's health is told by `/metrics` and the status (DESIGN.md 7). */
async function readiness(daemon: Daemon): Promise<Readiness> {
  const { isRedisAway, unfit, isWorking } = daemon.state();
  const redis = isRedisAway ? 'Redis does not answer' : null;
  const store = unfit === null ? null : `${unfit.why}; ${unfit.fix}`;
  const start = isWorking || redis !== null || store !== null ? null : 'starting';
  const checks = { redis, store, start };
  return { ok: Object.values(checks).every((trouble) => trouble === null), checks };
}
