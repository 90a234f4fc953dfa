import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { DeliveryQueue } from '../../../src/adapters/bullmq/delivery-queue.ts';
import type { DeliveryQueueOptions, DeliveryResult } from '../../../src/adapters/bullmq/delivery-queue.ts';
import { JsonNotifier } from '../../../src/adapters/notify/json-notifier.ts';
import type { AlertMessage, Notifier } from '../../../src/ports/alerts.ts';
import { startAlertSink } from '../../support/alert-sink.ts';
import type { AlertSink } from '../../support/alert-sink.ts';
import { startTestRedis } from '../../support/redis.ts';

const server = await startTestRedis();
const suite = server ? describe : describe.skip;

afterAll(async () => {
  await server?.stop();
});

const FIRING: AlertMessage = {
  version: 1,
  key: 'held:definition:step:maybe-issued',
  status: 'firing',
  severity: 'warning',
  cause: 'held',
  summary: 'look',
  count: 1,
  instances: ['a'],
  firstAt: '2026-03-10T12:00:00.000Z',
  lastAt: '2026-03-10T12:00:30.000Z',
  links: {},
};
const RESOLVED: AlertMessage = { ...FIRING, status: 'resolved', count: 0 };

suite('deliveries', () => {
  let sink: AlertSink;
  let prefix: string;
  let queues: DeliveryQueue[];
  let results: DeliveryResult[];
  let ok: PromiseWithResolvers<void>;

  beforeEach(async () => {
    sink = await startAlertSink();
    prefix = `test-${randomUUID()}`;
    queues = [];
    results = [];
    ok = Promise.withResolvers<void>();
  });

  afterEach(async () => {
    await Promise.all(queues.map(async (queue) => queue.close(1000)));
    await removeKeys();
    await sink.stop();
  });

  function aQueue(changes: Partial<DeliveryQueueOptions> = {}): DeliveryQueue {
    const queue = new DeliveryQueue({
      connect: () => new Redis(server?.url ?? '', { maxRetriesPerRequest: null }),
      prefix,
      notifiers: [aNotifier()],
      onResult: (result) => {
        results.push(result);
        if (result.result === 'ok') ok.resolve();
      },
      delayMs: () => 30,
      ...changes,
    });
    queues.push(queue);
    return queue;
  }

  function aNotifier(name = 'ops'): Notifier {
    return new JsonNotifier({ name, events: ['alerts'], url: sink.url, token: 'secret-token' });
  }

  async function withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(server?.url ?? '');
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  async function removeKeys(): Promise<void> {
    await withRedis(async (redis) => {
      const keys = await redis.keys(`${prefix}:*`);
      if (keys.length > 0) await redis.del(...keys);
    });
  }

  test('a message is sent until it is accepted', async () => {
    sink.answer(500, 503, 404);
    const queue = aQueue();
    queue.start();

    await queue.add('ops', 'id-1', FIRING);

    expect(await sink.untilAccepted(1)).toEqual([FIRING]);
    expect(sink.posts).toHaveLength(4);
    await ok.promise;
    expect(results.map(({ result }) => result)).toEqual(['failed', 'failed', 'failed', 'ok']);
  });

  test('the same message is taken once', async () => {
    const queue = aQueue();
    queue.start();

    await queue.add('ops', 'id-1', FIRING);
    await sink.untilAccepted(1);
    await queue.add('ops', 'id-1', FIRING);
    await queue.add('ops', 'id-2', RESOLVED);

    expect(await sink.untilAccepted(2)).toEqual([FIRING, RESOLVED]);
  });

  test('a resolve waits for its firing, and other alerts do not', async () => {
    sink.answer(500, 500);
    const other = { ...FIRING, key: 'history' };
    const [queue, second] = [aQueue({ delayMs: () => 300 }), aQueue({ delayMs: () => 300 })];

    await queue.add('ops', 'id-1', FIRING);
    await queue.add('ops', 'id-2', RESOLVED);
    await queue.add('ops', 'id-3', { ...FIRING, count: 2 });
    queue.start();
    await sink.untilPosted(1);
    second.start();
    await queue.add('ops', 'id-4', other);

    const accepted = await sink.untilAccepted(4);
    const ours = accepted.filter(({ key }) => key === FIRING.key);
    expect(ours).toEqual([FIRING, RESOLVED, { ...FIRING, count: 2 }]);
  });

  test('what a stopped replica left is sent by the next one', async () => {
    sink.answerAll(503);
    const first = aQueue();
    first.start();
    await first.add('ops', 'id-1', FIRING);
    await sink.untilPosted(2);
    await first.close(1000);
    expect(sink.accepted()).toEqual([]);

    sink.answerAll(204);
    aQueue().start();

    expect(await sink.untilAccepted(1)).toEqual([FIRING]);
  });

  test('an aborted delivery does not keep a replica from stopping', async () => {
    sink.answer(0);
    const queue = aQueue();
    queue.start();
    await queue.add('ops', 'id-1', FIRING);
    await sink.untilPosted(1);
    const begun = Date.now();

    await queue.close(100);

    expect(Date.now() - begun).toBeLessThan(1500);
  });

  test('a channel this replica does not know waits for one that does', async () => {
    const old = aQueue();
    old.start();
    await old.add('new', 'id-1', FIRING);
    await old.close(1000);

    aQueue({ notifiers: [aNotifier('new')] }).start();

    expect(await sink.untilAccepted(1)).toEqual([FIRING]);
  });

  test('no secret of a channel is in Redis', async () => {
    sink.answerAll(500);
    const queue = aQueue();
    queue.start();
    await queue.add('ops', 'id-1', FIRING);
    await sink.untilPosted(2);

    const texts = await withRedis(async (redis) => {
      const keys = await redis.keys(`${prefix}:*`);
      return Promise.all(keys.map(async (key) => (await redis.dump(key)) ?? ''));
    });

    expect(texts.length).toBeGreaterThan(0);
    expect(texts.join('\n')).not.toContain('secret');
  });
});
