import { TransientError } from '../../../src/core/errors.ts';
import type { InstanceRow } from '../../../src/core/instance.ts';
import type { Policy } from '../../../src/core/policy.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { fullScan } from '../../../src/poller/full-scan.ts';
import type { PollerParts } from '../../../src/poller/parts.ts';
import { sweep } from '../../../src/poller/sweep.ts';
import type { InstanceQuery } from '../../../src/ports/command.ts';
import { advanceRemediation } from '../../../src/remediation/advance-remediation.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { requestMove } from '../../../src/remediation/request-move.ts';
import { NOON, aPolicy, aRecord, aRemediation, aSighting, anIntent, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const limits = { concurrency: 8, perMinute: 6000, perCaPerMinute: 6000 };

/** What Command holds, and replicas that come and go with their policies on one store. */
async function aWorld() {
  const stores = memoryStores();
  const rows = new Map<string, InstanceRow>();
  const clock = { behindMs: 0 };
  const serverNow = (): number => stores.now() - clock.behindMs;
  const listInstances = async ({ modifiedSince = 0, statuses }: InstanceQuery) => {
    stores.pass(1);
    const listed = [...rows.values()].filter(
      ({ lastModified, status }) => (lastModified ?? 0) >= modifiedSince && (statuses?.includes(status) ?? true),
    );
    const times = { requestedAt: stores.now(), serverTime: serverNow() };
    return { rows: listed, received: 0, isFiltered: true, isOrdered: true, isLast: true, total: null, ...times };
  };
  const readInstance = async () => Promise.reject(new TransientError('Command answered 500'));
  const command = {
    readInstance,
    learnDialect: async () => undefined,
    dialect: () => ({ dateLiterals: 'day' }),
    listInstances,
  };
  const partsWith = (changes: Partial<Policy>) =>
    ({
      ...stores,
      command,
      policy: aPolicy({ oldRow: 'leaves', ...changes }),
      emit: () => undefined,
      fate: async () => 'leaves',
      noteOldRow: async () => undefined,
      lookAtOldRow: async () => undefined,
      random: () => 0.5,
      storeSince: () => NOON,
    }) as unknown as PollerParts & RemediationParts;
  let parts = partsWith({});
  await sweep(parts); // the store begins to watch
  stores.pass(MINUTE);
  return {
    ...stores,
    rows,
    clock,
    show: (changes: Partial<InstanceRow>) =>
      rows.set(changes.id ?? guid(1), aSighting({ lastModified: stores.now(), startDate: NOON, ...changes })),
    sweep: async () => sweep(parts),
    scan: async () => fullScan(parts),
    configure: (changes: Partial<Policy>) => void (parts = partsWith(changes)),
    advance: async () => advanceRemediation(guid(1), parts),
    move: async (id: string) => {
      const wish = { version: 4, from: 'Failed', by: 'ann@desk', reason: 'fixed', at: stores.now() } as const;
      return requestMove({ row: rows.get(id) ?? aSighting(), requestedAt: stores.now() }, wish, parts);
    },
    isSendable: async (id: string) => {
      const before = (await stores.store.load(guid(1))) ?? aRemediation({ rootInstanceId: guid(99) });
      const intent = { ...anIntent({ instanceId: id, requestKey: `another wish of ${id}` }) };
      const door = { intent, before, after: before, caSlots: 8, gates: [], limits, canaryWindowMs: 1 };
      const answer = await stores.journal.open(door);
      return answer.type === 'opened' || answer.because !== 'sent before';
    },
  };
}

type World = Awaited<ReturnType<typeof aWorld>>;

/** 1 failed, was restarted as 2, and that one failed again: exhausted. Both rows are Failed in Command, as some servers leave them. */
async function exhausted(world: World, changes: Partial<Remediation> = {}): Promise<void> {
  const { store, journal, show, now, pass } = world;
  const ids = { currentInstanceId: guid(2), currentReferenceId: 913, instanceIds: [guid(1), guid(2)] };
  const before = aRemediation(ids);
  await store.create(before);
  const opened = await journal.open({
    intent: anIntent(),
    before,
    after: before,
    caSlots: 8,
    gates: [],
    limits,
    canaryWindowMs: 1,
  });
  if (opened.type !== 'opened') throw new Error(opened.because);
  await journal.close({ ...opened.intent, state: 'accepted', endedAt: now() });
  await journal.settle(guid(1));
  show({ id: guid(1) });
  show({ id: guid(2), referenceId: 913 });
  pass(MINUTE);
  await world.sweep();
  const { lastModified = null } = world.rows.get(guid(2)) ?? {};
  const loaded = await store.load(guid(1));
  if (loaded === null) throw new Error('it is gone');
  await store.save(loaded, {
    ...loaded,
    phase: 'ended',
    outcome: 'exhausted',
    wait: null,
    nextAt: null,
    alertKey: 'exhausted:enroll',
    attemptsMade: 4,
    endedAt: now(),
    failure: { ...loaded.failure, instanceId: guid(2), lastModified } as Remediation['failure'],
    lineage: [aRecord({ newInstanceId: guid(2) })],
    ...changes,
  });
}

async function shown({ store }: World) {
  const { phases, outcomes } = await store.counts();
  const roots = (await store.list({}, 9)).map(({ rootInstanceId }) => rootInstanceId);
  return { roots, ended: phases.ended, exhausted: outcomes.exhausted, alerts: (await store.alertGroups()).size };
}

const GONE = { roots: [], ended: 0, exhausted: 0, alerts: 0 };
const THERE = { roots: [guid(1)], ended: 1, exhausted: 1, alerts: 1 };

test('an ended one leaves the list, the counts and its alert together, and its lineage stays', async () => {
  const world = await aWorld();
  await exhausted(world);

  world.pass(90 * DAY - MINUTE);
  await world.scan();
  expect(await shown(world)).toEqual(THERE);
  world.pass(2 * MINUTE);
  await world.scan();

  expect(await shown(world)).toEqual(GONE);
  expect(await world.store.load(guid(1))).toBeNull();
  for (const id of [guid(1), guid(2), '812', '913']) expect(await world.store.find(id)).toBeNull();
  expect(await world.archive.list(9)).toMatchObject([{ rootInstanceId: guid(1), timeline: [], lineage: [aRecord()] }]);
});

test('it stays while Command may still list one of its rows, and leaves once it does not', async () => {
  const world = await aWorld();
  await exhausted(world);
  world.pass(85 * DAY);
  world.show({ id: guid(2), status: 'Complete' });
  await world.sweep();

  world.pass(10 * DAY);
  await world.scan();
  expect(await shown(world)).toEqual(THERE);
  world.pass(12 * DAY);
  await world.scan();

  expect(await shown(world)).toEqual(GONE);
});

test('it stays while a restart in it is not settled', async () => {
  const world = await aWorld();
  await exhausted(world);
  await world.kv.commit([], [['zadd', world.keys.unsettled, NOON, guid(1)]]);
  const record = await world.store.load(guid(1));
  world.pass(91 * DAY);
  await world.sightings.prune(world.now(), 9);

  expect(record && (await world.archive.add(record))).toBe(false);
  expect(await shown(world)).toEqual(THERE);
});

test('a longer look-back brings it back as it ended: nothing is admitted, sent or begun anew, P1 P5', async () => {
  const world = await aWorld();
  await exhausted(world);
  world.pass(91 * DAY);
  await world.scan();
  world.configure({
    poll: { ...aPolicy().poll, lookback: 200 * DAY },
    retention: { ended: 210 * DAY, audit: 400 * DAY },
  });

  await world.scan();
  await world.advance();

  expect(await shown(world)).toEqual(THERE);
  expect(await world.store.load(guid(1))).toMatchObject({
    phase: 'ended',
    attemptsMade: 4,
    instanceIds: [guid(1), guid(2)],
  });
  expect(await world.isSendable(guid(1))).toBe(false);
  expect(await world.archive.list(9)).toEqual([]);
});

test('a row that Command changes brings it back, with its attempts, P5', async () => {
  const world = await aWorld();
  await exhausted(world);
  world.pass(91 * DAY);
  await world.scan();

  world.show({ id: guid(2) });
  await world.sweep();
  expect(await world.store.takeDue(9, 1)).toContain(guid(1));
  await world.advance();

  expect(await world.store.load(guid(1))).toMatchObject({
    phase: 'waiting',
    attemptsMade: 4,
    currentInstanceId: guid(2),
  });
  expect(await shown(world)).toEqual({ ...GONE, roots: [guid(1)] });
});

test('a crash between seeing such a row and bringing it back is made good by the next sweep', async () => {
  const world = await aWorld();
  await exhausted(world);
  world.pass(91 * DAY);
  await world.scan();

  world.show({ id: guid(2), status: 'CanceledForRestart' });
  await world.sightings.observe([{ row: world.rows.get(guid(2)) ?? aSighting(), requestedAt: world.now() }]);
  expect(await shown(world)).toEqual(GONE);
  await world.sweep();

  expect(await shown(world)).toEqual(THERE);
});

test('a move finds it, and leaves an id that was sent alone', async () => {
  const world = await aWorld();
  await exhausted(world);
  world.pass(91 * DAY);
  await world.scan();

  expect(await world.move(guid(1))).toMatchObject({ type: 'left', why: expect.stringContaining(guid(2)) as unknown });
  expect(await shown(world)).toEqual(THERE);
  expect(await world.move(guid(2))).toEqual({ type: 'requested', rootInstanceId: guid(1) });
  expect(await world.store.load(guid(1))).toMatchObject({ attemptsMade: 4, lineage: [aRecord()] });
});

test('what was sent is known until the audit is over; what is listed after that is history', async () => {
  const world = await aWorld();
  await exhausted(world);
  world.pass(91 * DAY);
  await world.scan();
  world.pass(308 * DAY);
  await world.scan();
  expect(await world.isSendable(guid(1))).toBe(false);
  world.pass(2 * DAY);

  await world.scan();

  expect(await world.archive.list(9)).toEqual([]);
  expect(await world.journal.load(guid(1))).toBeNull();
  world.show({ id: guid(1) }); // touched: by its dates a failure of today
  await world.sweep();
  const [again] = await world.store.list({}, 9);
  expect(again).toMatchObject({
    phase: 'held',
    holdCause: 'history',
    reason: expect.stringContaining('retention.audit') as unknown,
  });
});

test('a failure of today is worked, whatever was forgotten', async () => {
  const world = await aWorld();
  await exhausted(world);
  world.pass(500 * DAY);
  await world.scan();
  expect(await world.archive.list(9)).toEqual([]);

  world.show({ id: guid(3), startDate: world.now() });
  await world.sweep();

  expect(await world.store.load(guid(3))).toMatchObject({ phase: 'waiting', past: 'no' });
});

test('nothing goes because one of the two clocks jumped ahead', async () => {
  const world = await aWorld();
  await exhausted(world);

  world.pass(500 * DAY);
  world.clock.behindMs = 500 * DAY;
  world.rows.clear();
  await world.scan();

  expect(await shown(world)).toEqual(THERE);
});

test('a scan with nothing to do looks once at each index, and writes nothing', async () => {
  const world = await aWorld();
  await exhausted(world);
  world.pass(MINUTE);
  await world.scan();
  const { commits } = world.kv;

  world.pass(MINUTE);
  await world.scan();

  expect(world.kv.commits - commits).toBe(1); // the scan itself
});
