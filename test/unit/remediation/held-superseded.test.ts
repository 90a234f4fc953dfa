import type { InstanceStatus } from '../../../src/core/instance.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { supersededBy } from '../../../src/poller/superseded-by.ts';
import { advanceRemediation } from '../../../src/remediation/advance-remediation.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aPolicy, aRemediation, aSearch, aSighting, anInput, guid } from '../../support/builders.ts';
import { aDetail } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const HELD: Partial<Remediation> = { phase: 'held', wait: null, nextAt: null, holdCause: 'maybe issued' };
const LATER = { id: guid(7), startDate: NOON + 60_000, referenceId: 900, stepName: null } as const;

/** A held remediation and another run of equal Title, whose request key is this one. */
async function held(
  changes: Partial<Remediation>,
  other: Partial<Sighting>,
  { requestKey = anInput().requestKey, now = 'Failed' }: { requestKey?: string; now?: InstanceStatus } = {},
) {
  const stores = memoryStores();
  const readInstance = async () => {
    stores.pass(1000);
    return { detail: aDetail({ id: guid(1), status: now }), requestedAt: stores.now(), serverTime: stores.now() };
  };
  await stores.store.create(aRemediation({ ...HELD, ...changes }));
  const { fingerprint, keyHashes, certificateKeys } = anInput();
  const print = { fingerprint, requestKey, keyHashes, certificateKeys };
  const observed = await stores.sightings.observe([
    { row: aSighting({ id: guid(1) }), requestedAt: NOON },
    { row: aSighting({ ...LATER, ...other }), requestedAt: NOON, print },
  ]);
  const parts = {
    ...stores,
    policy: aPolicy(),
    emit: () => undefined,
    hash: (text: string) => text,
    stopping: new AbortController().signal,
    command: { readInstance },
    queue: { requestSweep: async () => undefined },
  } as unknown as RemediationParts;
  return { ...stores, parts, changes: observed.filter(({ sighting }) => sighting.id === guid(7)) };
}

test.each<readonly [string, Partial<Remediation>, Partial<Sighting>, string | undefined, Partial<Remediation>]>([
  ['completed', {}, { status: 'Complete' }, undefined, { phase: 'ended', outcome: 'obsolete' }],
  ['was rejected', {}, { status: 'Rejected' }, undefined, { phase: 'ended', outcome: 'obsolete' }],
  ['failed as well', {}, { status: 'Failed' }, undefined, { phase: 'held' }],
  ['is under way', {}, { status: 'Running' }, undefined, { phase: 'held' }],
  ['is not the later one', {}, { status: 'Complete', startDate: NOON - 3_600_000 }, undefined, { phase: 'held' }],
  ['is of another request', {}, { status: 'Complete' }, 'request-2', { phase: 'held' }],
  [
    'may be its own new run',
    { holdCause: 'successor not found', search: aSearch() },
    { status: 'Complete' },
    undefined,
    { phase: 'held' },
  ],
  ['may be one of two candidates', { holdCause: 'ambiguous' }, { status: 'Complete' }, undefined, { phase: 'held' }],
])('what becomes of a held one where a run of equal Title %s', async (_title, changes, other, requestKey, expected) => {
  const { parts, store } = await held(changes, other, requestKey === undefined ? {} : { requestKey });

  await advanceRemediation(guid(1), parts);

  expect(await store.load(guid(1))).toMatchObject(expected);
});

test('one that others restarted, as no sweep has shown yet, is not superseded by its own new run (P5)', async () => {
  const { parts, store } = await held({}, { status: 'Complete' }, { now: 'CanceledForRestart' });

  await advanceRemediation(guid(1), parts);

  expect(await store.load(guid(1))).toMatchObject({ phase: 'resolving', search: { origin: 'external' } });
});

test('a held one is woken by the end of a run of equal Title, and then left alone', async () => {
  const { parts, store, changes, pass } = await held({}, { status: 'Complete' }, { requestKey: 'request-2' });

  const woken = await supersededBy(changes, parts);
  await store.wake(woken);
  const due = await store.takeDue(10, 5000);
  for (const root of due) await advanceRemediation(root, parts);
  pass(3_600_000);

  expect(due).toEqual([guid(1)]);
  expect(await store.takeDue(10, 5000)).toEqual([]);
});

test('a run that failed or is of another Title wakes nobody', async () => {
  const failed = await held({}, { status: 'Failed' });
  const other = await held({}, { status: 'Complete', title: 'Enroll web02.example.com' });

  expect(await supersededBy(failed.changes, failed.parts)).toEqual([]);
  expect(await supersededBy(other.changes, other.parts)).toEqual([]);
});
