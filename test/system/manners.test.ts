import { startProgram, startWorld, until } from '../support/world.ts';
import type { World } from '../support/world.ts';

const EMPTY = 'instances: []';

const world = await startWorld(EMPTY);
const suite = world ? describe : describe.skip;

afterAll(async () => world?.stop());

const here = (): World => {
  if (world === null) throw new Error('no Redis');
  return world;
};

suite('the daemon', () => {
  test('drains on SIGTERM and exits 0', async () => {
    const replica = here().startReplica();
    await until(
      () => replica.log(),
      (log) => log.includes('daemon started'),
    );

    replica.signal('SIGTERM');

    expect(await replica.exited).toBe(0);
    expect(replica.log()).toContain('stopped');
  });

  test('says what is wrong with the address of Command and goes on', async () => {
    const replica = here().startReplica({ 'command.url': 'http://127.0.0.1:9', 'redis.prefix': 'manners-url' });

    const log = await until(
      () => replica.log(),
      (text) => text.includes('sweep failed'),
    );

    expect(log).toMatch(/127\.0\.0\.1:9/);
    expect(log).toMatch(/command\.url/);
    replica.signal('SIGTERM');
    expect(await replica.exited).toBe(0);
  });

  test('says that the password is refused', async () => {
    const replica = here().startReplica({
      'command.auth.password': 'wrong-secret',
      'redis.prefix': 'manners-password',
    });

    const log = await until(
      () => replica.log(),
      (text) => text.includes('sweep failed'),
    );

    expect(log).toMatch(/401/);
    expect(log).not.toContain('wrong-secret');
    replica.signal('SIGTERM');
    expect(await replica.exited).toBe(0);
  });

  test('waits for Redis with one clear line and does not crash', async () => {
    const replica = here().startReplica({ 'redis.url': 'redis://127.0.0.1:9' });

    const log = await until(
      () => replica.log(),
      (text) => text.includes('"what":"redis"'),
    );

    expect(log).toMatch(/127\.0\.0\.1:9|ECONNREFUSED/);
    replica.signal('SIGTERM');
    expect(await replica.exited).toBe(0);
  });

  test('lists every fault of a bad configuration and exits 78', async () => {
    const program = startProgram(['run'], {
      mode: 'fast',
      'poll.interval': 'soon',
      'restart.maxAttempts': 0,
      'restart.perMinute': -3,
      'no.such': 1,
    });

    expect(await program.exited).toBe(78);
    for (const key of ['mode', 'poll.interval', 'restart.maxAttempts', 'restart.perMinute', 'NO__SUCH'])
      expect(program.log()).toContain(key);
  });
});
