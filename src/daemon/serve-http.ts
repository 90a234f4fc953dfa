import { createQueueInspector } from '../adapters/bullmq/queue-inspector.ts';
import type { Config } from '../config/schema.ts';
import { applyDecision } from '../remediation/apply-decision.ts';
import { resumeWork } from '../remediation/wake-waiting.ts';
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
  /** Serves this replica's health, metrics, API and pages. */
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
      const readMetrics = createMetricsReader({
        reader,
        store: stores.store,
        alertsPending: async () => daemon.alertsPending(),
        now,
      });
      readState = async () => {
        if (await isRedisAway(daemon)) throw new Error('Redis does not answer'); // a scrape does not wait for it
        return readMetrics();
      };
      const server = createServer(
        {
          reader,
          decide: async (id, wish) => applyDecision(id, wish, { ...stores, now, emit: daemon.emit }),
          pause: async (pause) => stores.ledger.pause(pause),
          resume: async (by) => void (await resumeWork(by, { ...stores, now })),
          requestSweep: async () => daemon.requestSweep(),
          ready: async () => readiness(daemon),
          metrics: async () => metrics.text(),
          now,
          version,
        },
        config.http,
      );
      addQueueInspector(server, daemon);
      return server;
    },
  };
}

/** The queue inspector: read-only, for those who may read. */
function addQueueInspector({ app, guards }: HttpServer, { queues }: Daemon): void {
  const inspector = createQueueInspector({ ...queues, path: INSPECTOR_PATH });
  app.addHook('onClose', async () => inspector.stop());
  void app.register(
    async (scope) => {
      scope.addHook('onRequest', guards.page);
      scope.addHook('onSend', async (_request, reply) => {
        void reply.header('content-security-policy', INSPECTOR_SECURITY);
      });
      await scope.register(inspector.plugin);
    },
    { prefix: INSPECTOR_PATH },
  );
}

const INSPECTOR_PATH = '/queues';

/** Its pages run their own script and style themselves inline; what they would load from elsewhere (fonts) they do not get. */
const INSPECTOR_SECURITY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** Redis and fitness decide; Command's health is told by `/metrics` and the status (DESIGN.md 7). */
async function readiness(daemon: Daemon): Promise<Readiness> {
  const { unfit, isWorking } = daemon.state();
  const redis = (await isRedisAway(daemon)) ? 'Redis does not answer' : null;
  const store = unfit === null ? null : `${unfit.why}; ${unfit.fix}`;
  const start = isWorking || redis !== null || store !== null ? null : 'starting';
  const checks = { redis, store, start };
  return { ok: Object.values(checks).every((trouble) => trouble === null), checks };
}

async function isRedisAway(daemon: Daemon): Promise<boolean> {
  return daemon.state().isRedisAway || !(await daemon.answersRedis());
}
