import { startAlertSink } from '../support/alert-sink.ts';
import type { AlertSink } from '../support/alert-sink.ts';
import { brokenPromises, untilSettled } from '../support/ground-check.ts';
import { CA, fail, startWatching, story, untilRestarted } from '../support/story.ts';
import type { Settings } from '../support/world.ts';
import { until } from '../support/world.ts';

const sinks: AlertSink[] = [];

afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.stop();
});

async function alertsTo(): Promise<readonly [AlertSink, Settings]> {
  const sink = await startAlertSink();
  sinks.push(sink);
  const channels = [{ type: 'webhook', name: 'sink', url: sink.url, events: ['alerts'] }];
  return [sink, { 'alerts.channels': JSON.stringify(channels), 'alerts.groupWait': '1s' }];
}

const told = (sink: AlertSink, status: string): readonly string[] =>
  sink
    .accepted()
    .filter((body) => body['status'] === status)
    .map((body) => String(body['key']));

story(
  'an alert whose receiver fails, times out and forgets its sender arrives, with the same key and one resolve',
  {},
  async (world) => {
    const [sink, alerts] = await alertsTo();
    const { control } = world.simulator;
    const replicas = await startWatching(world, alerts, alerts);
    const first = fail(world, 2);
    await untilSettled(world, first); // the CA tested good: its test has a vote
    control.setCa(CA, { up: false });
    sink.answerAll(500);
    const ids = fail(world, 15);
    await sink.untilPosted(2); // refused twice
    sink.answer(0); // the next one is never answered
    await sink.untilPosted(3);
    replicas[0].signal('SIGKILL'); // perhaps the one that waits for that answer
    await replicas[0].exited;
    sink.answerAll(200);
    await until(
      () => told(sink, 'firing'),
      (keys) => keys.length > 0,
      60_000,
    );
    sink.answerAll(503);
    const posted = sink.posts.length;
    control.setCa(CA, { up: true });
    await untilSettled(world, ids);
    await sink.untilPosted(posted + 1); // the resolve is refused, too
    sink.answerAll(200);
    await until(
      () => told(sink, 'resolved'),
      (keys) => keys.length > 0,
      60_000,
    );

    const firing = told(sink, 'firing');
    expect(new Set(firing)).toEqual(new Set(told(sink, 'resolved')));
    expect(new Set(firing).size).toBe(1);
    expect(firing[0]).toMatch(/^dependency-down/);
    expect(told(sink, 'resolved')).toHaveLength(1);
    expect(await brokenPromises(world, [...first, ...ids])).toEqual([]);
  },
);

story('a receiver that is away holds no restart up', {}, async (world) => {
  const [sink, alerts] = await alertsTo();
  sink.answerAll(0);
  await startWatching(world, alerts);
  const stuck = fail(world, 1, { step: 'LookUpOwner1', failures: 'always' });
  await untilSettled(world, stuck); // exhausted: an alert is under way and stays so
  await sink.untilPosted(1);
  const ids = fail(world, 20);
  await untilRestarted(world, 21);
  await untilSettled(world, ids);

  expect(sink.accepted()).toEqual([]);
  expect(await brokenPromises(world, [...stuck, ...ids])).toEqual([]);
});
