import { newRemediation } from '../../../../src/core/decide-admission.ts';
import { NOON, aPolicy, aRemediation, aSighting, guid } from '../../../support/builders.ts';
import { memoryStores } from '../../../support/memory-stores.ts';

const older = aRemediation({ rootInstanceId: guid(1), currentInstanceId: guid(1), instanceIds: [guid(1)] });
const younger = aRemediation({ rootInstanceId: guid(2), currentInstanceId: guid(2), instanceIds: [guid(2)] });
const linked = { ...older, currentInstanceId: guid(2), instanceIds: [guid(1), guid(2)] };

/** An instance belongs to one record: else a lineage falls apart, and attempts and links with it (P2, P5). */
describe('an instance that two lineages want', () => {
  test('is not taken as a successor once it was admitted as a root of its own', async () => {
    const { store } = memoryStores();
    await store.create(older);
    await store.create(younger); // after the search has looked for it, before it saves

    expect(await store.save(older, linked)).toBeNull();
    expect(await store.find(guid(2))).toBe(guid(2));
  });

  test('is not admitted once it is a successor', async () => {
    const { store } = memoryStores();
    await store.create(older);
    await store.save(older, linked);

    expect(await store.create(younger)).toBeNull();
    expect(await store.find(guid(2))).toBe(guid(1));
  });

  test('keeps nobody out who is admitted along with it', async () => {
    const { kv, store } = memoryStores();
    const third = aRemediation({ rootInstanceId: guid(3), currentInstanceId: guid(3), instanceIds: [guid(3)] });
    await store.create(older);
    await store.save(older, linked);

    expect(await store.createAll([third, younger])).toEqual([third]);
    expect(await store.load(guid(2))).toBeNull();
    expect((await store.counts()).phases.waiting).toBe(2);
    const commits = kv.commits;
    const more = [4, 5].map(guid).map((id) => ({ ...third, rootInstanceId: id, instanceIds: [id] }));
    expect(await store.createAll(more)).toEqual(more);
    expect(kv.commits - commits).toBe(1);
  });

  test('changes hands when its own record is merged', async () => {
    const { store } = memoryStores();
    await store.create(older);
    await store.create(younger);

    expect(await store.merge(younger, older, linked)).toMatchObject({ instanceIds: [guid(1), guid(2)] });
    expect(await store.find(guid(2))).toBe(guid(1));
    expect(await store.load(guid(2))).toBeNull();
  });

  test('is admitted anew after it was given back, and no step that holds its former record saves over that', async () => {
    const { store } = memoryStores();
    const admitted = (now: number) =>
      newRemediation({ now, row: aSighting({ id: guid(2) }) }, { restart: aPolicy().restart }, false);
    await store.create(older);
    const former = admitted(NOON);
    await store.create(former);
    const asleep = await store.save(former, former);
    const merged = await store.merge(asleep ?? former, older, linked);
    await store.save(merged ?? linked, { ...linked, instanceIds: [guid(1)] });
    const anew = admitted(NOON + 60_000);
    await store.create(anew);
    const spoken = await store.save(anew, anew); // as often as the former one

    expect(spoken).not.toBeNull();
    expect(await store.save(asleep ?? former, former)).toBeNull();
    expect(await store.load(guid(2))).toEqual(spoken);
  });

  test('is not merged along with a record that does not own it', async () => {
    const { store } = memoryStores();
    await store.create(older);
    await store.create(younger);
    await store.create(aRemediation({ rootInstanceId: guid(3), currentInstanceId: guid(3), instanceIds: [guid(3)] }));

    const greedy = { ...linked, instanceIds: [...linked.instanceIds, guid(3)] };

    expect(await store.merge(younger, older, greedy)).toBeNull();
    expect(await store.find(guid(3))).toBe(guid(3));
  });
});
