import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { parseScenario, startSimulator } from '../../src/simulator/simulator.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { connectStore } from '../../src/adapters/redis/connect.ts';
import { COMMAND_TIMEOUT_MS } from '../../src/adapters/redis/redis-kv.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { createStoreParts } from '../../src/daemon/store-parts.ts';
import { startTestRedis } from './redis.ts';
import type { TestRedis, TestRedisOptions } from './redis.ts';

const MAIN = resolve('dist/main.js');

/** The most records that a test reads. */
const RECORDS_LIMIT = 5000;

/** Settings by dotted key, as the environment gives them to the program. */
export type Settings = Readonly<Record<string, string | number>>;

/** Short times, so that a story of hours fits into seconds. */
export const QUICK: Settings = {
  'command.requestsPerSecond': 1000,
  'poll.interval': '500ms',
  'poll.fullScan': '5s',
  'poll.backlog.maxCount': 100_000,
  'resolve.settle': '300ms',
  'resolve.window': '3s',
  'verify.timeout': '20s',
  'health.interval': '500ms',
  'health.timeout': '2s',
  'health.canaryWindow': '3s',
  'restart.perMinute': 60_000,
  'restart.perCaPerMinute': 60_000,
  'restart.concurrency': 16,
  'backoff.failed.first': '500ms',
  'backoff.unreachable.first': '200ms',
  'http.port': 0,
};

export interface Program {
  readonly child: ChildProcess;
  /** Everything on stderr so far. */
  log(): string;
  output(): string;
  /** Resolves with the exit code, or the signal. */
  readonly exited: Promise<number | string>;
  signal(name: NodeJS.Signals): void;
}

export interface World {
  readonly simulator: Simulator;
  readonly redis: TestRedis;
  readonly prefix: string;
  /** A replica of the daemon, as a process of its own. */
  startReplica(settings?: Settings, flags?: readonly string[]): Program;
  /** The same, once it works. */
  startWorking(settings?: Settings, flags?: readonly string[]): Promise<Program>;
  /** Every process that was started, ended ones included. */
  programs(): readonly Program[];
  /** Every record in the store, read past all replicas and proxies. */
  records(): Promise<readonly Remediation[]>;
  /** A note of the store, such as `layout`; null: there is none. */
  note(name: string): Promise<unknown>;
  /** Restarts that were sent and whose new run is not settled yet. */
  unsettled(): Promise<readonly Intent[]>;
  /** Runs one command to its end. */
  run(args: readonly string[], settings?: Settings): Promise<{ code: number | string; output: string; log: string }>;
  /** One JSON value, or the lines of one. */
  json<T>(args: readonly string[]): Promise<T>;
  lines<T>(args: readonly string[]): Promise<readonly T[]>;
  stop(): Promise<void>;
}

/** Redis, the simulated Command with its ground truth, and replicas of the real program. Null: no Redis here. */
export async function startWorld(
  scenario: string,
  options: TestRedisOptions & { readonly settings?: Settings } = {},
): Promise<World | null> {
  const redis = await startTestRedis(options);
  if (redis === null) return null;
  const simulator = await startSimulator({ scenario: parseScenario(scenario), control: true });
  const prefix = `world-${crypto.randomUUID().slice(0, 8)}`;
  const base: Settings = {
    mode: 'active',
    'redis.url': redis.url,
    'redis.prefix': prefix,
    'command.url': new URL(simulator.url).origin,
    ...QUICK,
    ...options.settings,
  };
  const connection = connectStore({ url: redis.url }, COMMAND_TIMEOUT_MS);
  connection.on('error', () => undefined);
  const stores = createStoreParts(connection, { prefix, replica: 'test', requestsPerSecond: 1 });
  const programs: Program[] = [];
  const start = (args: readonly string[], settings: Settings = {}): Program => {
    const program = startProgram(args, { ...base, ...settings });
    programs.push(program);
    return program;
  };
  const run: World['run'] = async (args, settings) => {
    const program = start(args, settings);
    const code = await program.exited;
    return { code, output: program.output(), log: program.log() };
  };
  const ok = async (args: readonly string[]): Promise<string> => {
    const { code, output, log } = await run(args);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${log}`);
    return output;
  };
  const startReplica: World['startReplica'] = (settings, flags = []) => start(['run', ...flags], settings);
  return {
    simulator,
    redis,
    prefix,
    startReplica,
    startWorking: async (settings, flags) => {
      const replica = startReplica(settings, flags);
      await untilLogged(replica, '"event":"daemon.started"');
      return replica;
    },
    programs: () => programs,
    records: async () => stores.store.list({}, RECORDS_LIMIT),
    note: async (name) => stores.ledger.read(name),
    unsettled: async () => stores.journal.unsettled(),
    run,
    json: async <T>(args: readonly string[]) => JSON.parse(await ok(args)) as T,
    lines: async <T>(args: readonly string[]) =>
      (await ok(args))
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as T),
    stop: async () => {
      for (const { child } of programs) child.kill('SIGCONT');
      for (const { child } of programs) child.kill('SIGKILL');
      await Promise.all(programs.map(async ({ exited }) => exited));
      connection.disconnect();
      await simulator.stop();
      await redis.stop();
    },
  };
}

/** Starts the built program with these settings and nothing else of ours in its environment. */
export function startProgram(args: readonly string[], settings: Settings): Program {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      KEYFACTOR_USERNAME: 'remediator',
      KEYFACTOR_DOMAIN: 'KEYEXAMPLE',
      KEYFACTOR_PASSWORD: 'simulated',
      ...toEnvironment(settings),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { output: '', log: '' };
  child.stdout.on('data', (data: Buffer) => (texts.output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (texts.log += data.toString()));
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, exited, log: () => texts.log, output: () => texts.output, signal: (name) => void child.kill(name) };
}

function toEnvironment(settings: Settings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `REMEDIATOR__${key.replaceAll('.', '__').toUpperCase()}`,
      String(value),
    ]),
  );
}

/** Waits until the program has written this to its log. */
export async function untilLogged(program: Program, text: string, limitMs?: number): Promise<void> {
  await until(
    () => program.log().includes(text) || `${text} is not in the log, which ends: ${program.log().slice(-1500)}`,
    (seen) => seen === true,
    limitMs,
  );
}

/** Waits until the condition holds. @throws after the limit, with what was seen last */
export async function until<T>(look: () => Promise<T> | T, holds: (seen: T) => boolean, limitMs = 60_000): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > end)
      throw new Error(`not within ${limitMs} ms; last seen: ${JSON.stringify(seen)?.slice(0, 2000)}`);
    await new Promise((wait) => setTimeout(wait, 100));
  }
}
