import { RedisGateStore } from '../../../../src/adapters/redis/gate-store.ts';
import { withCompletion, withSuspicion } from '../../../../src/core/dependency.ts';
import { NOON, guid } from '../../../support/builders.ts';
import { memoryStores } from '../../../support/memory-stores.ts';

const CA = 'Corp Issuing CA 1';
const IDS = [1, 2, 3, 4].map(guid);

/** A gate that these restarts have passed, and its documents' reads counted. */
async function passed() {
  const { kv, keys, gates } = memoryStores();
  await gates.update(CA, 'ca', (known) => known);
  await kv.commit(
    [],
    IDS.map((id) => ['zadd', keys.flight(CA), NOON + 60_000, id] as const),
  );
  let reads = 0;
  const hget = kv.hget.bind(kv);
  kv.hget = async (key, field) => {
    reads += 1;
    return hget(key, field);
  };
  const completed = async (id = '', store = gates) =>
    store.recordVerdict(CA, id, (dependency) => withCompletion(dependency, NOON));
  const view = async () => (await gates.view([{ name: CA, kind: 'ca' }]))[0];
  return { kv, keys, gates, completed, view, reads: () => reads };
}

test('verdicts that come together all count, once each, in one write, without a read of what this process wrote last', async () => {
  const { kv, completed, view, reads } = await passed();
  const before = kv.commits;

  await Promise.all([...IDS, IDS[0]].map(async (id) => completed(id)));

  expect([reads(), kv.commits - before]).toEqual([0, 1]);
  expect(await view()).toMatchObject({ dependency: { completions: 4 }, inFlight: 0 });
});

test('nothing that another replica wrote in between is lost', async () => {
  const { kv, keys, completed, view } = await passed();
  const other = new RedisGateStore(kv, keys);

  await Promise.all(IDS.map(async (id, index) => completed(id, index % 2 === 0 ? undefined : other)));

  expect(await view()).toMatchObject({ dependency: { completions: 4 }, inFlight: 0 });
});

test('a verdict of one that has left already keeps nobody else back', async () => {
  const { completed, view } = await passed();

  await Promise.all([guid(9), ...IDS, guid(8)].map(async (id) => completed(id)));

  expect(await view()).toMatchObject({ dependency: { completions: 4 }, inFlight: 0 });
});

test('what the store does not take is told to all who went along, and nobody after them', async () => {
  const { kv, completed, view } = await passed();
  kv.isLost = true;
  const [first = '', second = '', third = '', last = ''] = IDS;

  const told = await Promise.allSettled([first, second, third].map(async (id) => completed(id)));
  kv.isLost = false;
  await completed(last);

  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(await view()).toMatchObject({ dependency: { completions: 1 }, inFlight: 3 });
});

test('steps that belong to other contents of the store do not go along', async () => {
  const { kv, completed } = await passed();
  const before = kv.commits;
  const contents = [{}, {}];
  let asked = 0;
  kv.belongsTo = () => contents[asked++ % 2];

  await Promise.all(IDS.map(async (id) => completed(id)));

  expect(kv.commits - before).toBe(2);
});

test('what changes nothing is not written', async () => {
  const { kv, gates } = await passed();
  const before = kv.commits;

  const known = await gates.update(CA, 'ca', (dependency) => withSuspicion(dependency, NOON));

  expect([known.suspectSince, kv.commits - before]).toEqual([null, 0]);
});
