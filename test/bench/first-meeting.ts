/**
 * Measures a first meeting with a server full of old failures: list calls, seconds, memory and Redis bytes until all are
 * parked, the cost of idle sweeps, how long a fresh failure takes meanwhile, and what `adopt` takes.
 *   npm run build && node test/bench/first-meeting.ts [--failures 20000] [--age 2d] [--knobs '{ sortFields: ignored }'] [--interval 30s]
 */
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startEmbeddedRedis } from '../../src/adapters/redis/embedded-redis.ts';

interface Summary {
  readonly requests: Readonly<Record<string, number>>;
  readonly restarts: { readonly tookEffect: number };
}

const LIMIT_MS = 500_000;
const IDLE_MS = 20_000;
/** So many of the newest are worked at once where they are young enough (`poll.backlog.maxCount`). */
const BACKLOG = 200;

const failures = Number(flag('failures', '20000'));
const knobs = flag('knobs', '{}');
const scenario = `
instances:
  - { definition: Web Server Enrollment, status: Failed, count: ${failures}, age: ${flag('age', '2d')}, spread: ${flag('spread', '11d')} }
traffic: { perSecond: 0 }
speed: 1000
knobs: ${knobs}
`;

const folder = mkdtempSync(join(tmpdir(), 'remediator-meeting-'));
const embedded = await startEmbeddedRedis(folder);
const redis = new Redis(embedded.url);
const alerts: { summary: string; status: string }[] = [];
const sink = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk: Buffer) => (text += chunk.toString()));
  request.on('end', () => {
    alerts.push(JSON.parse(text) as { summary: string; status: string });
    response.end();
  });
}).listen(0, '127.0.0.1');
await once(sink, 'listening');
const address = sink.address();
const alertPort = typeof address === 'object' && address !== null ? address.port : 0;
const command = fork(join(import.meta.dirname, 'simulator-process.ts'), [scenario]);
const [{ url }] = (await once(command, 'message')) as [{ url: string }];
const environment = {
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  KEYFACTOR_HOSTNAME: new URL(url).origin,
  KEYFACTOR_USERNAME: 'KEYEXAMPLE\\remediator',
  KEYFACTOR_PASSWORD: 'simulated',
  REDIS_URL: embedded.url,
  REMEDIATOR__MODE: 'active',
  REMEDIATOR__HTTP__PORT: '0',
  REMEDIATOR__POLL__INTERVAL: flag('interval', '2s'),
  REMEDIATOR__RESOLVE__WINDOW: '5s',
  REMEDIATOR__RESTART__PERMINUTE: '6000',
  REMEDIATOR__RESTART__PERCAPERMINUTE: '6000',
  REMEDIATOR__ALERTS__GROUPWAIT: '2s',
  REMEDIATOR__ALERTS__CHANNELS: JSON.stringify([
    { type: 'webhook', name: 'sink', url: `http://127.0.0.1:${alertPort}/` },
  ]),
  REMEDIATOR__COMMAND__REQUESTSPERSECOND: flag('rate', '10'),
};
const emptyBytes = await usedBytes();
const daemon = spawn(process.execPath, ['dist/main.js', 'run'], {
  env: environment,
  stdio: ['ignore', 'ignore', 'pipe'],
});
let log = '';
daemon.stderr.on('data', (chunk: Buffer) => (log = `${log}${chunk.toString()}`.slice(-20_000)));

try {
  await measure();
} catch (error) {
  console.error(log.slice(-3000));
  throw error;
} finally {
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
  command.disconnect();
  redis.disconnect();
  sink.close();
  await embedded.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const startedAt = Date.now();
  let freshSeconds: number | null = null;
  let freshAt = 0;
  await until(async () => {
    const parked = await held();
    if (process.argv.includes('--talk'))
      console.log(seconds(startedAt), parked, freshAt, (await summary()).restarts.tookEffect);
    if (freshAt === 0 && parked > failures / 10) {
      await ask(command, { ask: 'fail', count: 3 });
      freshAt = Date.now();
    }
    if (freshSeconds === null && freshAt > 0 && (await summary()).restarts.tookEffect >= 3)
      freshSeconds = (Date.now() - freshAt) / 1000;
    // Rows move between pages while others are restarted: the next scan finds the few that were passed over.
    return parked >= failures * 0.999 - BACKLOG && freshSeconds !== null;
  });
  const { requests } = await summary();
  console.log(`${failures} old failures, knobs ${knobs}`);
  console.log(`parked after ${seconds(startedAt)} s with ${requests['list']} lists, ${requests['read'] ?? 0} reads`);
  console.log(`three fresh failures restarted ${freshSeconds} s after they appeared (one tenth was parked)`);
  const bytes = (await usedBytes()) - emptyBytes;
  console.log(`memory ${memory(daemon)} MB; Redis ${(bytes / failures / 1024).toFixed(2)} KB a record`);
  await until(async () => Promise.resolve(alerts.some(({ summary: text }) => text.includes('history'))));
  console.log(`alerts: ${alerts.map(({ status, summary: text }) => `${status} ${text}`).join('\n        ')}`);

  const sweepsBefore = await lists();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  console.log(
    `idle: ${((await lists()) - sweepsBefore) / (IDLE_MS / 2000)} lists a sweep; memory ${memory(daemon)} MB`,
  );

  const adoptAt = Date.now();
  const adopt = spawn(process.execPath, ['dist/main.js', 'adopt', '--since', '30d', '--limit', '200', '--json'], {
    env: environment,
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  await once(adopt, 'exit');
  console.log(`adopt of 200 took ${seconds(adoptAt)} s`);
  const done = (await summary()).restarts.tookEffect;
  await until(async () => (await summary()).restarts.tookEffect >= done + 200, 180_000).catch(() => undefined);
  const after = await summary();
  console.log(
    `${after.restarts.tookEffect - done} of them restarted after ${seconds(adoptAt)} s; ${after.requests['list'] ?? 0} lists, ${after.requests['read'] ?? 0} reads in all; memory ${memory(daemon)} MB`,
  );
}

function flag(name: string, usual: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return (at === -1 ? undefined : process.argv[at + 1]) ?? usual;
}

async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  const answer = once(child, 'message');
  child.send(message);
  return (await answer)[0] as T;
}

async function summary(): Promise<Summary> {
  return (await ask<{ summary: Summary }>(command, { ask: 'summary' })).summary;
}

async function lists(): Promise<number> {
  return (await summary()).requests['list'] ?? 0;
}

function held(): Promise<number> {
  return findHeld();
}

/** The index of held ones, whatever its key is called. */
async function findHeld(): Promise<number> {
  const keys = await redis.keys('*phase*held*');
  return keys[0] ? redis.zcard(keys[0]) : 0;
}

async function usedBytes(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0);
}

function memory({ pid }: ChildProcess): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const value = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return `${value('VmRSS')} (peak ${value('VmHWM')})`;
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}

async function until(holds: () => Promise<boolean>, limitMs = LIMIT_MS): Promise<void> {
  for (const end = Date.now() + limitMs; !(await holds());) {
    if (Date.now() > end) throw new Error('not within the limit');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
