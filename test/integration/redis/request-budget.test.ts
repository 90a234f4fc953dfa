import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createKeys } from '../../../src/adapters/redis/keys.ts';
import { RedisKv } from '../../../src/adapters/redis/redis-kv.ts';
import { RedisRequestBudget } from '../../../src/adapters/redis/request-budget.ts';
import type { RequestPriority } from '../../../src/ports/command.ts';
import { startTestRedis } from '../../support/redis.ts';

const server = await startTestRedis();
const suite = server ? describe : describe.skip;
const clients: Redis[] = [];

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server?.stop();
});

/** The budgets of so many replicas of one installation. */
async function createBudgets(count: number, requestsPerSecond: number): Promise<readonly RedisRequestBudget[]> {
  const keys = createKeys(`test-${randomUUID()}`);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const redis = new Redis(server?.url ?? '');
      clients.push(redis);
      const kv = new RedisKv(redis, keys);
      await kv.attach();
      await kv.commit([], []);
      return new RedisRequestBudget(kv, keys, requestsPerSecond);
    }),
  );
}

/** Asks for turns and writes down in which order they came. */
function turns() {
  const order: string[] = [];
  const asked: Promise<number>[] = [];
  return {
    order,
    ask: (budget: RedisRequestBudget | undefined, priority: RequestPriority): void => {
      const turn = budget?.take(priority).then((at) => {
        order.push(priority);
        return at;
      });
      if (turn) asked.push(turn);
    },
    all: async () => Promise.all(asked),
  };
}

suite('the request budget', () => {
  test('is one for all replicas: no two turns are closer than the rate allows', async () => {
    const budgets = await createBudgets(3, 50);
    const { ask, all } = turns();
    for (let round = 0; round < 8; round++) for (const budget of budgets) ask(budget, 'sweep');
    const times = (await all()).sort((a, b) => a - b);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));

    expect(times).toHaveLength(24);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(19); // times are whole milliseconds
  });

  test('serves a restart first, then the sweep, then successors, then classification', async () => {
    const [budget] = await createBudgets(1, 20);
    const { ask, order, all } = turns();
    for (const priority of ['classification', 'successor', 'sweep', 'restart'] as const)
      for (let count = 0; count < 2; count++) ask(budget, priority);
    await all();

    expect(order).toEqual([
      'restart',
      'restart',
      'sweep',
      'sweep',
      'successor',
      'successor',
      'classification',
      'classification',
    ]);
  });

  test('a restart of one replica waits for one turn of each other at most, however many wait there', async () => {
    const [first, second, third] = await createBudgets(3, 20);
    const { ask, order, all } = turns();
    for (let count = 0; count < 10; count++) {
      ask(first, 'classification');
      ask(second, 'classification');
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = order.length;
    ask(third, 'restart');
    await all();

    expect(order.indexOf('restart') - before).toBeLessThanOrEqual(2);
  });

  test('a Retry-After holds all replicas off, turns taken before it included', async () => {
    const budgets = await createBudgets(3, 20);
    const [first] = budgets;
    const { ask, all } = turns();
    for (const budget of budgets) for (let count = 0; count < 2; count++) ask(budget, 'sweep');
    const heldAt = (await first?.take('restart')) ?? 0;
    await first?.holdOff(600);
    const times = await all();

    expect(times.filter((at) => at > heldAt + 5 && at < heldAt + 600)).toEqual([]);
    expect(times.filter((at) => at >= heldAt + 600).length).toBeGreaterThanOrEqual(3);
  });

  test('equal answers to many requests hold off once, not their sum; a shorter wish does not end a longer one', async () => {
    const budgets = await createBudgets(3, 1000);
    const heldAt = (await budgets[0]?.take('sweep')) ?? 0;
    await Promise.all(budgets.flatMap((budget) => [budget, budget, budget]).map(async (budget) => budget.holdOff(400)));
    await budgets[1]?.holdOff(1);
    const at = (await budgets[2]?.take('restart')) ?? 0;

    expect(at - heldAt).toBeGreaterThanOrEqual(399);
    expect(at - heldAt).toBeLessThan(2 * 400);
  });

  test('who gives up waiting takes no turn', async () => {
    const [budget] = await createBudgets(1, 20);
    await budget?.holdOff(200);
    const patience = new AbortController();
    const given = budget?.take('classification', patience.signal);
    const { ask, order, all } = turns();
    ask(budget, 'successor');
    patience.abort(new Error('stopped'));

    await expect(given).rejects.toThrow('stopped');
    await all();
    expect(order).toEqual(['successor']);
  });
});
