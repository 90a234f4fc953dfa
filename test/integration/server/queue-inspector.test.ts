import { fastify } from 'fastify';
import { createQueueInspector } from '../../../src/adapters/bullmq/queue-inspector.ts';
import { WorkQueue } from '../../../src/adapters/bullmq/work-queue.ts';
import { connectQueue } from '../../../src/adapters/redis/connect.ts';
import { startTestRedis } from '../../support/redis.ts';

const redis = await startTestRedis();
const suite = redis ? describe : describe.skip;
afterAll(async () => redis?.stop());

suite('the queue inspector', () => {
  test('leaves refusals and errors to the server that it is part of', async () => {
    const connect = () => connectQueue({ url: redis?.url ?? '' });
    const inspector = createQueueInspector({ connect, prefix: 'inspected:queue', path: '/queues' });
    const app = fastify();
    app.setErrorHandler(async (error, _request, reply) => reply.code(401).send({ message: String(error) }));
    await app.register(
      async (scope) => {
        scope.addHook('onRequest', async () => Promise.reject(new Error('who are you?')));
        await scope.register(inspector.plugin);
      },
      { prefix: '/queues' },
    );
    try {
      for (const url of ['/queues', '/queues/api/queues', '/queues/static/none.js']) {
        const answer = await app.inject({ method: 'GET', url });
        expect([answer.statusCode, answer.json()]).toEqual([401, { message: 'Error: who are you?' }]);
      }
    } finally {
      await app.close();
      await inspector.stop();
    }
  });

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
