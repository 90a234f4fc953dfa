import { connectStore } from '../../src/adapters/redis/connect.ts';
import { keysUnder, textOf } from '../../src/adapters/redis/key-space.ts';
import { startWorld, until } from '../support/world.ts';

/** Planted in what must not leave Command: a password, InitialData, a subject that the Title does not show. */
const PLANTED = [
  'planted-attribute-4712',
  'planted-subject-4713',
  'BEGIN CERTIFICATE REQUEST',
  'simulated',
  'planted-admin-token',
];

const SCENARIO = `
instances:
  - { definition: Web Server Enrollment, status: Failed, count: 3, age: 5m, title: 'Web request {n}', subject: 'CN=planted-subject-4713-{n}', data: { AdditionalAttributes: { Passphrase: planted-attribute-4712 } } }
`;

const world = await startWorld(SCENARIO, {
  settings: { 'command.oldRow': 'leaves', 'log.level': 'trace', 'http.adminToken': 'planted-admin-token' },
});

afterAll(async () => world?.stop());

(world ? test : test.skip)(
  'no secret and no field of InitialData is found in Redis, the log or any output (P11)',
  async () => {
    if (world === null) return;
    const replica = world.startReplica();
    await until(
      async () => (await world.records()).filter(({ outcome }) => outcome === 'recovered'),
      (recovered) => recovered.length === 3,
      60_000,
    );
    const [item] = await world.lines<{ rootInstanceId: string }>(['list', '--json']);
    const outputs = await Promise.all([
      world.run(['list']),
      world.run(['explain', item?.rootInstanceId ?? '', '--json']),
      world.run(['lineage']),
      world.run(['config', 'print']),
    ]);
    const redis = connectStore({ url: world.redis.url }, 5000);
    const keys = await keysUnder(redis, world.prefix);
    const stored = await Promise.all(keys.map(async (key) => `${key} ${await textOf(redis, key)}`));
    redis.disconnect();

    const texts = [replica.log(), replica.output(), ...outputs.map(({ output, log }) => output + log), ...stored];

    expect(keys.length).toBeGreaterThan(20);
    for (const planted of PLANTED) expect(texts.filter((text) => text.includes(planted))).toEqual([]);
  },
);
