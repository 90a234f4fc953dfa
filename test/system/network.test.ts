import { brokenPromises, untilSettled } from '../support/ground-check.ts';
import { DOOR, fail, lasting, startWatching, story, untilRestarted } from '../support/story.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { LineState, TcpProxy } from '../support/tcp-proxy.ts';
import { until, untilLogged } from '../support/world.ts';
import type { Settings, World } from '../support/world.ts';

const COUNT = 30;

const lines: TcpProxy[] = [];

afterEach(async () => {
  for (const line of lines.splice(0)) await line.stop();
});

async function lineTo(url: string): Promise<TcpProxy> {
  const line = await startTcpProxy({ port: Number(new URL(url).port) });
  lines.push(line);
  return line;
}

async function lineToRedis(world: World): Promise<readonly [TcpProxy, Settings]> {
  const line = await lineTo(world.redis.url);
  return [line, { 'redis.url': `redis://127.0.0.1:${line.port}` }];
}

async function lineToCommand(world: World): Promise<readonly [TcpProxy, Settings]> {
  const line = await lineTo(world.simulator.url);
  return [line, { 'command.url': `http://127.0.0.1:${line.port}` }];
}

/** A few a second, so that the trouble meets restarts on their way. */
const STEADY: Settings = { 'restart.perMinute': 240, 'restart.timeout': '4s' };

/** Longer than a heartbeat may be late: what the replica had under way is looked up by the other one. */
const LONG_MS = 17_000;

/** Beyond the second between the door's yes and the first byte. */
const LATE_MS = 1500;

story(
  'a replica that is cut off from Redis, told or not told, holds nothing up',
  { settings: STEADY },
  async (world) => {
    const [line, near] = await lineToRedis(world);
    world.simulator.control.setKnobs({ restartMs: 500 });
    const [cutOff] = await startWatching(world, near, {});
    const ids = fail(world, COUNT);
    await untilRestarted(world, 5);

    line.set('cut');
    await untilLogged(cutOff, '"event":"daemon.waiting"');
    await untilRestarted(world, 12);
    line.set('open');
    await untilLogged(cutOff, '"event":"daemon.back"');
    await untilRestarted(world, 18);
    line.set('silent');
    await lasting(LONG_MS);
    line.set('open');
    await untilSettled(world, ids);

    expect(await brokenPromises(world, ids)).toEqual([]);
  },
);

/** Restarts may end for so long after SIGTERM, and what stands is closed. */
const GRACE: Settings = { 'shutdown.grace': '2s', 'alerts.groupWait': '500ms' };
const STOP_LIMIT_MS = 12_000;

story(
  'a replica whose line to Redis died without a word is not ready, raises an alert, and stops in time',
  { settings: { ...STEADY, ...GRACE, 'http.port': 0 } },
  async (world) => {
    const [line, near] = await lineToRedis(world);
    const [cutOff] = await startWatching(world, near);
    const url = /"url":"(http:[^"]+)"/.exec(cutOff.log())?.[1] ?? '';
    const timed = async (path: string) => {
      const begun = performance.now();
      const { status } = await fetch(`${url}${path}`);
      return { status, isSoon: performance.now() - begun < 2000 };
    };
    expect(await timed('/readyz')).toEqual({ status: 200, isSoon: true });

    line.set('silent');
    expect(await timed('/readyz')).toEqual({ status: 503, isSoon: true });
    expect(await timed('/metrics')).toEqual({ status: 200, isSoon: true });
    await untilLogged(cutOff, '"key":"redis"');
    const begun = performance.now();
    cutOff.signal('SIGTERM');

    expect(await cutOff.exited).toBe(0);
    expect(performance.now() - begun).toBeLessThan(STOP_LIMIT_MS);
  },
);

story(
  'a line to Redis that died is given up and made anew, without a reset from the other side',
  { settings: STEADY },
  async (world) => {
    const [line, near] = await lineToRedis(world);
    const [replica] = await startWatching(world, near);

    line.set('silent');
    await untilLogged(replica, '"event":"daemon.waiting"');
    line.forget();
    await untilLogged(replica, '"event":"daemon.back"');
    const ids = fail(world, 3);
    await untilSettled(world, ids);

    expect(await brokenPromises(world, ids)).toEqual([]);
  },
);

story('a restart whose turn is told too late is not sent, and says so', { settings: STEADY }, async (world) => {
  const [line, near] = await lineToRedis(world);
  const [slow] = await startWatching(world, near);
  line.holdFrom(DOOR);
  const ids = fail(world, 1);
  await until(
    async () => world.unsettled(),
    (intents) => intents.length === 1,
  );
  await lasting(LATE_MS);
  line.set('open');
  await untilLogged(slow, '"result":"not-sent"');
  expect(world.simulator.control.summary().restarts.received).toBe(0);
  await untilSettled(world, ids);

  expect(await brokenPromises(world, ids)).toEqual([]);
  expect(world.simulator.control.summary().restarts).toEqual({ received: 1, tookEffect: 1 });
});

story(
  'a line to Command that is cut, silent or slow makes nobody send twice',
  { settings: { ...STEADY, 'command.timeout': '4s' } },
  async (world) => {
    const [line, far] = await lineToCommand(world);
    world.simulator.control.setKnobs({ restartMs: 300 });
    await startWatching(world, far, far);
    const ids = fail(world, COUNT);
    await untilRestarted(world, 5);

    for (const [state, ms] of [
      ['cut', 2000],
      ['silent', 6000],
    ] as const satisfies readonly (readonly [LineState, number])[]) {
      line.set(state);
      await lasting(ms);
      line.set('open');
      const { tookEffect } = world.simulator.control.summary().restarts;
      await untilRestarted(world, Math.min(COUNT, tookEffect + 5));
    }
    line.delayAnswers(700);
    await lasting(3000);
    line.delayAnswers(0);
    await untilSettled(world, ids, 90_000);

    expect(await brokenPromises(world, ids)).toEqual([]);
  },
);

story(
  'answers that are lost after the server has acted are looked up, not asked for again',
  { settings: { ...STEADY, 'command.timeout': '4s' } },
  async (world) => {
    const [line, far] = await lineToCommand(world);
    const { control } = world.simulator;
    control.setKnobs({ restartMs: 300 });
    await startWatching(world, far, far);
    const ids = fail(world, COUNT);
    for (let round = 1; round <= 3; round++) {
      await untilRestarted(world, round * 8);
      line.set('deaf');
      await lasting(1500);
      line.set('cut');
      line.set('open');
    }
    await untilSettled(world, ids, 90_000);

    expect(await brokenPromises(world, ids)).toEqual([]);
    expect(world.programs().some((program) => program.log().includes('"result":"unknown"'))).toBe(true);
  },
);
