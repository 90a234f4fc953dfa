import { AccessError, TransientError } from '../../../src/core/errors.ts';
import { inputOf } from '../../../src/core/evidence.ts';
import type { InstanceDetail } from '../../../src/core/instance.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { findLaterRun } from '../../../src/remediation/later-run.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aPolicy, aRemediation, aSighting, anInput, guid } from '../../support/builders.ts';
import { aDetail } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const MINUTE = 60_000;

/** A failed run and a later one of the same request, which was last seen at noon and is deleted since. */
async function behind(later: Partial<Sighting> = {}) {
  const stores = memoryStores();
  const { fingerprint, requestKey, keyHashes, certificateKeys } = anInput();
  const print = { fingerprint, requestKey, keyHashes, certificateKeys };
  const row = aSighting({ id: guid(7), startDate: NOON + 1, referenceId: 900, status: 'Suspended', ...later });
  await stores.sightings.observe([
    { row: aSighting({ id: guid(1) }), requestedAt: NOON },
    { row, requestedAt: NOON, print },
  ]);
  const read: string[] = [];
  const readInstance = async (id: string) => {
    read.push(id);
    return { detail: null, requestedAt: stores.now(), serverTime: null };
  };
  const command = { readInstance };
  const parts = { ...stores, command, policy: aPolicy(), emit: () => undefined } as unknown as RemediationParts;
  const look = async () => findLaterRun(aRemediation({ input: anInput() }), aSighting({ id: guid(1) }), parts);
  return { ...stores, read, look };
}

test('a later run that nobody follows and no list shows any more is read: deleted, it stands in nobody’s way', async () => {
  const { look, pass, read } = await behind();
  pass(11 * MINUTE);

  expect(await look()).toEqual({ laterRun: null, unread: null });
  expect(read).toEqual([guid(7)]);
});

test('one that was seen lately is not read', async () => {
  const { look, pass, read } = await behind();
  pass(9 * MINUTE);

  expect(await look()).toMatchObject({ laterRun: { instanceId: guid(7), status: 'Suspended' } });
  expect(read).toEqual([]);
});

test('neither is one that a remediation follows, nor one that has answered the request', async () => {
  const followed = await behind({ status: 'Failed' });
  const ids = { rootInstanceId: guid(7), currentInstanceId: guid(7), instanceIds: [guid(7)], referenceId: 900 };
  await followed.store.create(aRemediation(ids));
  const answered = await behind({ status: 'Complete' });
  for (const { pass } of [followed, answered]) pass(60 * MINUTE);

  expect(await followed.look()).toMatchObject({ laterRun: { rootInstanceId: guid(7) } });
  expect(await answered.look()).toMatchObject({ laterRun: { status: 'Complete' } });
  expect([...followed.read, ...answered.read]).toEqual([]);
});

/** A failed run, and so many later rows of the same title that nobody has read: reads of them end so. */
async function unread(count: number, answer: (id: string) => InstanceDetail) {
  const stores = memoryStores();
  const rows = Array.from({ length: count }, (_, index) =>
    aSighting({ id: guid(10 + index), startDate: NOON + 1 + index, status: 'Complete', print: null }),
  );
  const observe = [aSighting({ id: guid(1) }), ...rows].map((row) => ({ row, requestedAt: NOON }));
  await stores.sightings.observe(observe);
  const readInstance = async (id: string) => {
    stores.pass(10);
    return { detail: answer(id), requestedAt: stores.now(), serverTime: null };
  };
  const hash = (text: string): string => text;
  const stopping = new AbortController().signal;
  const rest = { command: { readInstance }, policy: aPolicy(), emit: () => undefined, hash, stopping };
  const parts = { ...stores, ...rest } as unknown as RemediationParts;
  const requestKey = inputOf(wish(guid(10)), NOON, [], hash).requestKey;
  return async () => findLaterRun(aRemediation({ input: anInput({ requestKey }) }), aSighting({ id: guid(1) }), parts);
}

const wish = (id: string): InstanceDetail => aDetail({ id, status: 'Complete', startDate: NOON + 1 });
const another = (id: string): InstanceDetail => ({ ...wish(id), initialData: { Subject: `CN=${id}` } });

const AWAY = new TransientError('Command answered 503');
const BUSY = new TransientError('Command answered 429', { retryAfterMs: 90_000 });
const HIDDEN = new AccessError('Command answered 403', { status: 403, route: 'GET /Workflow/Instances/{id}' });

test.each<readonly [string, Error, boolean, number | null]>([
  ['the server is away', AWAY, false, null],
  ['the server asks to be left alone', BUSY, false, 90_000],
  ['this one is not shown', HIDDEN, true, null],
])(
  'a later row that could not be read may be one of the same request: %s (P7)',
  async (_title, error, isForbidden, retryAfterMs) => {
    const look = await unread(1, () => {
      throw error;
    });

    const failed = { instanceId: guid(10), why: error.message, isForbidden, retryAfterMs };
    expect(await look()).toEqual({ laterRun: null, unread: failed });
  },
);

test('what may be read later is told before what nobody may read, and a Command that fails is not asked for all', async () => {
  let reads = 0;
  const look = await unread(6, (id) => {
    reads += 1;
    throw id === guid(10) ? HIDDEN : AWAY;
  });

  expect(await look()).toMatchObject({ unread: { why: AWAY.message, isForbidden: false } });
  expect(reads).toBeLessThanOrEqual(3);
});

test('so may one among more rows than one step reads: the next step reads on', async () => {
  const look = await unread(12, (id) => (id === guid(10) ? wish(id) : another(id)));
  const steps = [await look(), await look()];

  expect(steps[1]).toMatchObject({ laterRun: { instanceId: guid(10), status: 'Complete' }, unread: null });
  expect(steps[0]?.laterRun ?? steps[0]?.unread).not.toBeNull();
});
