import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisGateStore } from '../../../src/adapters/redis/gate-store.ts';
import { createKeys } from '../../../src/adapters/redis/keys.ts';
import { RedisLedger } from '../../../src/adapters/redis/ledger.ts';
import { RedisKv } from '../../../src/adapters/redis/redis-kv.ts';
import { RedisRemediationStore } from '../../../src/adapters/redis/remediation-store.ts';
import { announceRecovered } from '../../../src/alerts/announce-recovered.ts';
import { clearCondition, raiseCondition } from '../../../src/alerts/conditions.ts';
import type { AlertParts } from '../../../src/alerts/parts.ts';
import { createAlertReconciler } from '../../../src/alerts/reconcile-alerts.ts';
import { alertKey, alertKeyOf } from '../../../src/core/alert-key.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import type { AlertMessage, RecoveredMessage } from '../../../src/ports/alerts.ts';
import { aFailure, aRemediation, guid } from '../../support/builders.ts';
import { startTestRedis } from '../../support/redis.ts';

const server = await startTestRedis();
const suite = server ? describe : describe.skip;

afterAll(async () => {
  await server?.stop();
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

suite('alerts follow the present state', () => {
  let redis: Redis;
  let prefix: string;
  let kv: RedisKv;
  let parts: AlertParts;
  let store: RedisRemediationStore;
  let gates: RedisGateStore;
  let added: { channel: string; id: string; message: AlertMessage | RecoveredMessage }[];
  let told: string[];
  let lateMs: number;

  beforeEach(async () => {
    redis = new Redis(server?.url ?? '');
    prefix = `test-${randomUUID()}`;
    const keys = createKeys(prefix);
    kv = new RedisKv(redis, keys);
    await kv.attach();
    [added, told, lateMs] = [[], [], 0];
    [store, gates] = [new RedisRemediationStore(kv, keys), new RedisGateStore(kv, keys)];
    parts = {
      store,
      gates,
      ledger: new RedisLedger(kv, keys),
      deliveries: { add: async (channel, id, message) => void added.push({ channel, id, message }) },
      channels: [
        { name: 'ops', events: ['alerts'] },
        { name: 'requesters', events: ['recovered'] },
      ],
      policy: { groupWait: 30_000, repeatInterval: 12 * HOUR, waitingLong: DAY },
      links: { status: 'https://remediator.example.com/' },
      emit: (name, event) => void told.push(`${name} ${'key' in event ? event.key : ''}`),
      now: () => kv.now() + lateMs,
    };
  });

  afterEach(async () => {
    const keys = await redis.keys(`${prefix}:*`);
    if (keys.length > 0) await redis.del(...keys);
    redis.disconnect();
  });

  async function create(number: number, changes: Partial<Remediation>): Promise<Remediation> {
    const now = kv.now();
    const record = aRemediation({
      rootInstanceId: guid(number),
      referenceId: number,
      currentReferenceId: number,
      firstSeenAt: now,
      changedAt: now,
      failure: aFailure({ seenAt: now }),
      ...changes,
    });
    const created = await store.create({ ...record, alertKey: alertKeyOf(record) });
    if (created === null) throw new Error('not created');
    return created;
  }

  const held = { phase: 'held', wait: null, holdCause: 'maybe issued', reason: 'the answer was lost' } as const;
  const summaryOf = (): readonly string[] => added.map(({ channel, id }) => `${channel} ${id}`);

  test('many of one cause make one message after groupWait, and one when none is left', async () => {
    const records = await Promise.all(Array.from({ length: 50 }, async (_empty, index) => create(index, held)));
    const key = records[0]?.alertKey ?? '';
    const reconcile = createAlertReconciler(parts);

    await reconcile();
    expect(added).toEqual([]);
    lateMs = 30_000;
    await reconcile();
    await reconcile();
    for (const record of records) await store.save(record, { ...record, phase: 'waiting', alertKey: null });
    await reconcile();
    await reconcile();

    expect(summaryOf()).toEqual([`ops ${key}#1:firing`, `ops ${key}#2:resolved`]);
    expect(added[0]?.message).toMatchObject({ key, count: 50, cause: 'held', links: parts.links });
    expect(told).toEqual([`alert.raised ${key}`, `alert.resolved ${key}`]);
  });

  test.each([
    ['once the first scan has counted it', { scannedAt: 1 }, 0, 1],
    ['not while that is under way', { scannedAt: null }, 0, 0],
    ['all the same where it does not end', { scannedAt: null }, 11 * 60_000, 1],
  ])('history is told %s', async (_title, feed, waitMs, count) => {
    await parts.ledger.update('feed', () => ({ startedAt: kv.now(), ...feed }));
    await create(1, { ...held, holdCause: 'history' });
    const reconcile = createAlertReconciler(parts);
    lateMs = waitMs;
    await reconcile();
    lateMs += 30_000;
    await reconcile();

    expect(added).toHaveLength(count);
  });

  test('a crash before the deliveries have it loses nothing', async () => {
    await create(1, held);
    lateMs = 30_000;
    const failing = { add: async () => Promise.reject(new Error('gone')) };
    await expect(createAlertReconciler({ ...parts, deliveries: failing })()).rejects.toThrow('gone');

    await createAlertReconciler(parts)();

    expect(summaryOf()).toEqual([expect.stringMatching(/^ops held:.*#1:firing$/)]);
  });

  test('replicas at the same time say it under one id', async () => {
    await create(1, held);
    lateMs = 30_000;

    await Promise.all([1, 2, 3].map(async () => createAlertReconciler(parts)()));

    expect(new Set(summaryOf()).size).toBe(1);
  });

  test('a CA that is down is one alert for all its waiters, and resolves when it is back', async () => {
    await gates.update('ca-1', 'ca', (dependency) => ({
      ...dependency,
      isDown: true,
      downSince: kv.now(),
      lastGoodAt: 1,
      testedAt: kv.now(),
    }));
    for (let number = 1; number <= 30; number++)
      await create(number, { wait: 'dependency', parkedOn: 'ca-1', firstSeenAt: 1, failure: aFailure({ seenAt: 1 }) });
    lateMs = 30_000;
    const reconcile = createAlertReconciler(parts);

    await reconcile();
    await gates.update('ca-1', 'ca', (dependency) => ({
      ...dependency,
      isDown: false,
      downSince: null,
      outageTo: kv.now(),
    }));
    await reconcile();

    expect(summaryOf()).toEqual(['ops dependency-down:ca-1#1:firing', 'ops dependency-down:ca-1#2:resolved']);
    expect(added[0]?.message).toMatchObject({ count: 30 });
  });

  test('whoever waits longer than waitingLong is heard, by reason', async () => {
    const old = { firstSeenAt: kv.now() - 2 * DAY, failure: aFailure({ seenAt: kv.now() - 2 * DAY }) };
    const paused = await create(1, { ...old, wait: 'pause', reason: 'paused: freeze' });
    await create(2, { ...old, phase: 'handed-over', wait: null, changedAt: kv.now() - 2 * DAY });
    await create(3, { wait: 'pause' });
    const reconcile = createAlertReconciler(parts);

    await reconcile();
    expect(added.map(({ message }) => ('key' in message ? [message.key, message.count] : []))).toEqual([
      ['waiting-long:pause', 1],
      ['waiting-long:approvers', 1],
    ]);
    await store.save(paused, { ...paused, phase: 'ended', outcome: 'ignored', wait: null, endedAt: kv.now() });
    lateMs = 61_000;
    await reconcile();

    expect(summaryOf()).toContain('ops waiting-long:pause#3:resolved');
  });

  test('a condition fires while it stands', async () => {
    const reconcile = createAlertReconciler(parts);
    const raised = { cause: 'not-recognised', per: ['D-1'], severity: 'warning', summary: 'look', since: 1 } as const;
    await raiseCondition(parts.ledger, raised);
    await raiseCondition(parts.ledger, { ...raised, since: 2 });

    await reconcile();
    await clearCondition(parts.ledger, alertKey('not-recognised', 'D-1'));
    await reconcile();

    expect(summaryOf()).toEqual(['ops not-recognised:d-1#1:firing', 'ops not-recognised:d-1#2:resolved']);
    expect(added[0]?.message).toMatchObject({ firstAt: new Date(1).toISOString() });
  });

  test('with no channel the log is told all the same', async () => {
    await create(1, held);
    lateMs = 30_000;

    await createAlertReconciler({ ...parts, channels: [] })();

    expect(told).toEqual([expect.stringMatching(/^alert\.raised held:/)]);
  });

  test('writes nothing while nothing changes', async () => {
    await Promise.all(Array.from({ length: 20 }, async (_empty, index) => create(index, held)));
    lateMs = 30_000;
    const reconcile = createAlertReconciler(parts);
    await reconcile();
    const before = await redis.get(`${prefix}:sequence`);

    await reconcile();
    await reconcile();

    expect(await redis.get(`${prefix}:sequence`)).toBe(before);
  });

  test('a recovered one is announced to those who subscribed to it', async () => {
    const ended = { phase: 'ended', outcome: 'recovered', wait: null, endedAt: 1 } as const;
    const record = aRemediation({ ...ended, currentInstanceId: guid(2) });

    await announceRecovered(record, parts);
    await announceRecovered({ ...record, outcome: 'obsolete' }, parts);

    expect(added).toEqual([
      {
        channel: 'requesters',
        id: `recovered#${guid(1)}:${guid(2)}`,
        message: {
          version: 1,
          event: 'remediation.recovered',
          rootInstanceId: guid(1),
          oldInstanceIds: [guid(1)],
          newInstanceId: guid(2),
          title: record.title,
          recoveredAt: new Date(1).toISOString(),
        },
      },
    ]);
  });
});
