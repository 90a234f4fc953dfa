import { fastify } from 'fastify';
import { createQueueInspector } from '../../../src/adapters/bullmq/queue-inspector.ts';
import { WorkQueue } from '../../../src/adapters/bullmq/work-queue.ts';
import { connectQueue } from '../../../src/adapters/redis/connect.ts';
import { startTestRedis } from '../../support/redis.ts';

const redis = await startTestRedis();
const suite = redis ? describe : describe.skip;
afterAll(async () => redis?.stop());

suite('the queue inspector', () => {
  test('shows queues and jobs, and refuses every change', async () => {
    const options = { connect: () => connectQueue({ url: redis?.url ?? '' }), prefix: 'inspected:queue' };
    const queue = new WorkQueue(options);
    const inspector = createQueueInspector({ ...options, path: '/queues' });
    const app = fastify();
    await app.register(inspector.plugin, { prefix: '/queues' });
    try {
      await queue.enqueue(['root-a']);

      const page = await app.inject({ method: 'GET', url: '/queues' });
      const seen = await app.inject({
        method: 'GET',
        url: '/queues/api/queues?activeQueue=remediations&status=waiting',
      });
      const changes = [
        await app.inject({ method: 'PUT', url: '/queues/api/queues/remediations/pause' }),
        await app.inject({ method: 'PUT', url: '/queues/api/queues/remediations/empty' }),
        await app.inject({ method: 'PUT', url: '/queues/api/queues/remediations/root-root-a/clean' }),
      ];

      expect(page.statusCode).toBe(200);
      expect(seen.body).toContain('root-a');
      expect(changes.map(({ statusCode }) => statusCode >= 400)).toEqual([true, true, true]);
      expect(await queue.waiting()).toBe(1);
    } finally {
      await app.close();
      await inspector.stop();
      await queue.stop(100);
    }
  });
});
