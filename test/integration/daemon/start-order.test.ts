import { randomUUID } from 'node:crypto';
import { loadConfig } from '../../../src/config/load-config.ts';
import { startDaemon } from '../../../src/daemon/start-daemon.ts';
import type { DaemonState } from '../../../src/daemon/start-daemon.ts';
import { startTestRedis } from '../../support/redis.ts';

const redis = await startTestRedis();
const suite = redis ? describe : describe.skip;
afterAll(async () => redis?.stop());

suite('the start of a replica', () => {
  test('is told once it is ready', async () => {
    const { promise, resolve } = Promise.withResolvers<DaemonState>();
    const overrides = {
      'redis.url': redis?.url,
      'redis.prefix': `test-${randomUUID()}`,
      'command.url': 'http://127.0.0.1:1',
      'command.auth.accessToken': 'given',
      'command.timeout': '1s',
    };
    const { config } = loadConfig({ env: {}, overrides });

    const daemon = startDaemon({
      config,
      role: 'all',
      redis: { url: redis?.url ?? '' },
      listeners: [(name) => void (name === 'daemon.started' && resolve(daemon.state()))],
    });

    try {
      expect(await promise).toMatchObject({ isWorking: true, isRedisAway: false, unfit: null });
    } finally {
      await daemon.stop();
    }
  });
});
