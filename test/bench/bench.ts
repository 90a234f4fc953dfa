/**
 * Measures side by side, in one run: the remediator, a bare BullMQ worker that makes the same three calls and one HSET, and
 * a sequential script (list, CA test, restart, search). What counts are the ratios; the machine is noisy.
 *   npm run bench [-- --instances N]
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import got from 'got';
import type { Got } from 'got';
import { Redis } from 'ioredis';
import { startEmbeddedRedis } from '../../src/adapters/redis/embedded-redis.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startDaemon } from '../../src/daemon/start-daemon.ts';

interface Summary {
  readonly requests: Readonly<Record<string, number>>;
  readonly restarts: { readonly tookEffect: number };
  readonly restartedTwice: readonly string[];
}

interface Measured {
  readonly perSecond: number;
  readonly calls: number;
}

const LIMIT_MS = 120_000;
const COUNT = Number(process.argv.find((_text, index, all) => all[index - 1] === '--instances') ?? 1000);
const SLOW_COUNT = 60;

/** Workflows that take no time, so that only the client is measured. */
const scenario = (latencyMs: number): string => `
instances: []
speed: 1000
knobs: { latencyMs: ${latencyMs} }
`;

class Command {
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  static async start(latencyMs: number): Promise<Command> {
    const child = fork(join(import.meta.dirname, 'simulator-process.ts'), [scenario(latencyMs)]);
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new Command(child, url);
  }

  async fail(count: number): Promise<readonly string[]> {
    return (await this.ask<{ ids: string[] }>({ ask: 'fail', count })).ids;
  }

  async summary(): Promise<Summary> {
    return (await this.ask<{ summary: Summary }>({ ask: 'summary' })).summary;
  }

  stop(): void {
    this.child.disconnect();
  }

  private async ask<T>(message: object): Promise<T> {
    const answer = once(this.child, 'message');
    this.child.send(message);
    return (await answer)[0] as T;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'remediator-bench-'));
const redis = await startEmbeddedRedis(folder);
console.log(`Redis: ${redis.label}; ${COUNT} instances, ${SLOW_COUNT} at 20 ms latency; Node ${process.version}`);

try {
  const bare = await measureBare(COUNT, 0);
  const ours = await measureOurs(COUNT, 0, 'fast');
  const script = await measureScript(SLOW_COUNT, 20);
  const oursSlow = await measureOurs(SLOW_COUNT * 5, 20, 'slow');
  const line = (name: string, { perSecond, calls }: Measured): void =>
    console.log(
      `${name.padEnd(44)} ${perSecond.toFixed(1).padStart(8)} instances/s ${calls.toFixed(2).padStart(8)} calls each`,
    );
  line('bare BullMQ worker (GET, POST, GET, HSET)', bare);
  line('remediator, limits off', ours);
  line('sequential script, 20 ms latency', script);
  line('remediator, 20 ms latency', oursSlow);
  console.log(
    `throughput, remediator / bare worker:  ${(ours.perSecond / bare.perSecond).toFixed(2)}   (to reach: 0.60)`,
  );
  console.log(
    `throughput, remediator / script:       ${(oursSlow.perSecond / script.perSecond).toFixed(1)}   (to reach: 6)`,
  );
  console.log(`calls per recovered instance, in bulk: ${ours.calls.toFixed(2)}   (to reach: 3.2)`);
} finally {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
}

function client(command: Command): Got {
  return got.extend({
    prefixUrl: command.url,
    username: 'KEYEXAMPLE\\remediator',
    password: 'simulated',
    headers: { 'x-keyfactor-requested-with': 'APIClient' },
    retry: { limit: 0 },
  });
}

function connect(): Redis {
  return new Redis(redis.url, { maxRetriesPerRequest: null });
}

async function measureBare(count: number, latencyMs: number): Promise<Measured> {
  const command = await Command.start(latencyMs);
  const ids = await command.fail(count);
  const http = client(command);
  const prefix = 'bench-bare';
  const [store, forQueue, forWorker] = [connect(), connect(), connect()];
  const queue = new Queue('bare', { connection: forQueue, prefix });
  await queue.addBulk(ids.map((id) => ({ name: 'restart', data: { id }, opts: { removeOnComplete: true } })));
  const begun = performance.now();
  let done = 0;
  const finished = Promise.withResolvers<void>();
  const worker = new Worker<{ id: string }>(
    'bare',
    async ({ data: { id } }) => {
      await http.get(`Workflow/Instances/${id}`).json();
      await http.post(`Workflow/Instances/${id}/Restart`);
      await http.get(`Workflow/Instances/${id}`).json();
      await store.hset(`${prefix}:lineage`, id, 'restarted');
      if (++done === count) finished.resolve();
    },
    { connection: forWorker, prefix, concurrency: 64 },
  );
  await Promise.race([finished.promise, timeLimit()]);
  const seconds = (performance.now() - begun) / 1000;
  await worker.close();
  await queue.close();
  for (const connection of [store, forQueue, forWorker]) connection.disconnect();
  command.stop();
  return { perSecond: count / seconds, calls: 3 };
}

async function measureOurs(count: number, latencyMs: number, name: string): Promise<Measured> {
  const command = await Command.start(latencyMs);
  const daemon = startDaemon({
    config: configFor(command, `bench-${name}`),
    role: 'all',
    redis: { url: redis.url },
    listeners: [],
  });
  await waitFor(
    async () => (await command.summary()).requests['list'] ?? 0,
    (lists) => lists > 3,
  );
  const allRecovered = async (wanted: number): Promise<void> =>
    waitFor(
      async () => (await daemon.stores.store.counts()).outcomes.recovered,
      (recovered) => recovered >= wanted,
    );
  // The canary opens the ramp.
  await command.fail(1);
  await allRecovered(1);
  const before = callsOf(await command.summary());
  await command.fail(count);
  const begun = performance.now();
  await allRecovered(count + 1);
  const seconds = (performance.now() - begun) / 1000;
  const summary = await command.summary();
  if (summary.restartedTwice.length > 0) throw new Error(`restarted twice: ${summary.restartedTwice.join(', ')}`);
  await daemon.stop();
  command.stop();
  return { perSecond: count / seconds, calls: (callsOf(summary) - before) / count };
}

/** Everything but CA tests, which are per interval and CA, not per instance. */
function callsOf({ requests }: Summary): number {
  return (requests['list'] ?? 0) + (requests['read'] ?? 0) + (requests['restart'] ?? 0);
}

/** Limits off, and the ramp so steep that it is open after one canary. */
function configFor(command: Command, prefix: string) {
  const env = {
    REDIS_URL: redis.url,
    KEYFACTOR_HOSTNAME: new URL(command.url).origin,
    KEYFACTOR_USERNAME: 'KEYEXAMPLE\\remediator',
    KEYFACTOR_PASSWORD: 'simulated',
  };
  const overrides = {
    mode: 'active',
    'redis.prefix': prefix,
    'command.oldRow': 'leaves',
    'command.requestsPerSecond': 1_000_000,
    'poll.interval': '2s',
    'resolve.settle': '100ms',
    'restart.concurrency': 64,
    'restart.perMinute': 1_000_000,
    'restart.perCaPerMinute': 1_000_000,
    'health.rampFactor': 1000,
  };
  return loadConfig({ env, overrides, requirements: ['command'] }).config;
}

async function measureScript(count: number, latencyMs: number): Promise<Measured> {
  const command = await Command.start(latencyMs);
  await command.fail(count);
  const http = client(command);
  const failed = 'Workflow/Instances?QueryString=Status%20-eq%20%22Failed%22&ReturnLimit=200';
  const begun = performance.now();
  let calls = 0;
  for (let done = 0; done < count; done++) {
    const [row] = await http.get(failed).json<{ Id: string }[]>();
    if (!row) break;
    const [ca] = await http.get('CertificateAuthority').json<{ Id: number; LogicalName: string; HostName: string }[]>();
    await http.post('CertificateAuthority/Test', { json: ca }).json();
    await http.post(`Workflow/Instances/${row.Id}/Restart`);
    await http.get('Workflow/Instances?SortField=StartDate&SortAscending=1&ReturnLimit=20').json();
    calls += 5;
  }
  const seconds = (performance.now() - begun) / 1000;
  command.stop();
  return { perSecond: count / seconds, calls: calls / count };
}

async function waitFor<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!holds(await look())) {
    if (performance.now() > end) throw new Error(`not done within ${LIMIT_MS / 1000} s`);
    await new Promise((wait) => setTimeout(wait, 50));
  }
}

async function timeLimit(): Promise<never> {
  await new Promise((wait) => setTimeout(wait, LIMIT_MS).unref());
  throw new Error(`not done within ${LIMIT_MS / 1000} s`);
}
