import { createRedisAlert } from '../../../src/alerts/alert-directly.ts';
import type { RedisAlert } from '../../../src/alerts/alert-directly.ts';
import { JsonNotifier } from '../../../src/adapters/notify/json-notifier.ts';
import { startAlertSink } from '../../support/alert-sink.ts';
import type { AlertSink } from '../../support/alert-sink.ts';

let sink: AlertSink;
let alert: RedisAlert;
let told: string[];

beforeEach(async () => {
  sink = await startAlertSink();
  told = [];
});

afterEach(async () => {
  await alert.stop();
  await sink.stop();
});

function anAlert(groupWait: number): RedisAlert {
  return createRedisAlert({
    notifiers: [new JsonNotifier({ name: 'ops', events: ['alerts'], url: sink.url })],
    groupWait,
    emit: (name) => void told.push(name),
    now: () => 1000,
    label: '127.0.0.1:6379',
    delayMs: () => 20,
  });
}

test('an outage is one alert and one resolve, each sent until accepted and in order', async () => {
  sink.answer(500, 500);
  alert = anAlert(0);

  alert.away('no answer');
  alert.away('still no answer');
  await sink.untilPosted(1);
  alert.back();
  alert.back();

  const accepted = await sink.untilAccepted(2);
  expect(accepted).toMatchObject([
    { key: 'redis', cause: 'redis', status: 'firing', severity: 'critical', count: 1 },
    { key: 'redis', status: 'resolved', count: 0 },
  ]);
  expect(sink.posts).toHaveLength(4);
  expect(told.filter((name) => name !== 'alert.delivered')).toEqual(['alert.raised', 'alert.resolved']);
});

test('an outage shorter than groupWait is no news', async () => {
  alert = anAlert(10_000);

  alert.away('no answer');
  alert.back();
  await alert.stop();

  expect(told).toEqual([]);
  expect(sink.posts).toEqual([]);
});

test('stops while nobody accepts', async () => {
  sink.answerAll(503);
  alert = anAlert(0);
  alert.away('no answer');
  await sink.untilPosted(1);

  await alert.stop();

  expect(sink.accepted()).toEqual([]);
});
