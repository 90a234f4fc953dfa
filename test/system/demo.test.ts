import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import type { DemoSummary } from '../../src/cli/demo/summary.ts';
import { startTestRedis } from '../support/redis.ts';
import { until } from '../support/world.ts';

const MAIN = resolve('dist/main.js');
/** Half a minute where the machine is idle; on a busy one a hang only is a fault. */
const LIMIT_MS = 120_000;

/** Temporary files of one run go here, so that what is left behind shows. */
const folder = mkdtempSync(join(tmpdir(), 'demo-test-'));
const left = (): string[] => readdirSync(folder);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[], environment: Record<string, string> = {}) {
  const env = { PATH: process.env['PATH'], TMPDIR: folder, ...environment };
  const child = spawn(process.execPath, [MAIN, 'demo', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { out: '', progress: '' };
  child.stdout.on('data', (data: Buffer) => (texts.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (texts.progress += data.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, texts, ended };
}

/** Redis servers that a demo of ours left running. Linux only; elsewhere nothing is seen. */
function servers(): string[] {
  try {
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return processes.filter((id) => environmentOf(id).includes(`TMPDIR=${folder}`));
  } catch {
    return [];
  }
}

function environmentOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/environ`, 'utf8');
  } catch {
    return ''; // it ended just now, or is not ours
  }
}

test(
  'ends within 40 s with exit 0, a summary of kept promises, and nothing left',
  async () => {
    const begun = Date.now();
    const { texts, ended } = start([]);

    const code = await ended;

    expect({ code, out: code === 0 ? '' : texts.out, progress: code === 0 ? '' : texts.progress }).toMatchObject({
      code: 0,
    });
    expect(Date.now() - begun).toBeLessThan(LIMIT_MS);
    expect(texts.out.match(/^ {2}held {4}P\d+/gm)).toHaveLength(12);
    expect(texts.out).toMatch(/PASSED: 12 of 12 promises held/);
    expect(texts.progress).toMatch(/Corp Issuing CA 1 down/);
    expect(left()).toEqual([]);
    expect(servers()).toEqual([]);
  },
  LIMIT_MS + 30_000,
);

test(
  'does the same on the stand-in, where there is no Redis at all, and says what that is',
  async () => {
    const begun = Date.now();
    const { texts, ended } = start(['--json'], { PATH: folder });

    const code = await ended;

    const summary = JSON.parse(texts.out) as DemoSummary;
    expect({ code, broken: summary.promises.filter(({ ok }) => !ok), open: summary.open }).toEqual({
      code: 0,
      broken: [],
      open: [],
    });
    expect(Date.now() - begun).toBeLessThan(LIMIT_MS);
    expect(texts.progress).toMatch(/in-memory stand-in: data lost at exit, not for production/);
    expect(summary.outcomes).toMatchObject({ held: 2, obsolete: 1, exhausted: 2 });
    expect(left()).toEqual([]);
    expect(servers()).toEqual([]);
  },
  LIMIT_MS + 30_000,
);

test('uses a given Redis under its own prefix only and removes what it wrote, also when it is interrupted', async () => {
  const server = await startTestRedis();
  if (server === null) return;
  const redis = new Redis(server.url);
  await redis.set('mine', 'stays');
  const { child, texts, ended } = start([], { REDIS_URL: server.url });
  await until(
    () => texts.progress,
    (progress) => progress.includes('waiting'),
  );

  child.kill('SIGINT');

  expect(await ended).toBe(130);
  expect(await redis.keys('remediator-demo-*')).toEqual([]);
  expect(await redis.get('mine')).toBe('stays');
  expect(servers()).toEqual([]);
  await redis.del('mine');
  redis.disconnect();
  await server.stop();
}, 60_000);

test('says in one line that the given Redis is not there', async () => {
  const { texts, ended } = start([], { REDIS_URL: 'redis://127.0.0.1:9' });

  expect(await ended).toBe(1);
  expect(texts.progress).toMatch(/Redis at 127\.0\.0\.1:9 \(REDIS_URL\) does not answer; start it, or unset REDIS_URL/);
});
