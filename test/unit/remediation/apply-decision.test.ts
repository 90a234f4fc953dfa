import type { Decision } from '../../../src/core/decision.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import { applyDecision } from '../../../src/remediation/apply-decision.ts';
import { NOON, aRecord, aRemediation, aSearch, aSighting, anIntent, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const HELD: Partial<Remediation> = {
  phase: 'held',
  wait: null,
  nextAt: null,
  holdCause: 'ambiguous',
  attemptsMade: 1,
  search: aSearch(),
  lineage: [aRecord({ newInstanceId: null, newStatus: null, confidence: 'ambiguous', candidates: [guid(7), guid(8)] })],
};

test('a word that was held up does not send again what was sent since it was said (P1)', async () => {
  const stores = await sentOnce();
  const said = { ...stores, now: () => NOON - 1 }; // before that restart began

  expect(await applyDecision('812', wish({ type: 'retry', sendAgain: true }), said)).toMatchObject({
    type: 'refused',
    why: expect.stringContaining('began meanwhile') as unknown,
  });
  expect(await stores.journal.load(guid(1))).toMatchObject({ state: 'unknown' });
});

function wish(changes: Partial<Decision> = {}): Omit<Decision, 'at'> {
  return { type: 'release', reason: 'looked at it', by: 'ann@desk', ...changes };
}

/** A remediation whose restart was sent and may have happened, as door and journal leave it. */
async function sentOnce(changes: Partial<Remediation> = HELD) {
  const stores = memoryStores();
  const before = aRemediation({ phase: 'waiting' });
  await stores.store.create(before);
  await stores.sightings.observe(
    [1, 7, 8].map((number) => ({ row: aSighting({ id: guid(number), referenceId: 800 + number }), requestedAt: NOON })),
  );
  const {
    fence: _fence,
    openedAt: _openedAt,
    state: _state,
    why: _why,
    endedAt: _endedAt,
    replica: _replica,
    ...intent
  } = anIntent();
  const door = await stores.journal.open({
    intent,
    before,
    after: before,
    caSlots: 8,
    gates: [],
    limits: { concurrency: 8, perMinute: 60, perCaPerMinute: 30 },
    canaryWindowMs: 1,
  });
  if (door.type !== 'opened') throw new Error(door.because);
  await stores.journal.close({ ...door.intent, state: 'unknown', why: 'its answer was lost', endedAt: NOON });
  const saved = await stores.store.save(
    door.remediation,
    aRemediation({ ...changes, version: door.remediation.version }),
  );
  if (saved === null) throw new Error('not saved');
  return { ...stores, saved };
}

test('an unknown id is told as such', async () => {
  expect(await applyDecision('99', wish(), memoryStores())).toEqual({ type: 'unknown' });
});

const ARCHIVED = { phase: 'ended', wait: null, nextAt: null, endedAt: NOON } as const;

test('one that has left the list comes back to be worked on again', async () => {
  const stores = memoryStores();
  const ended = aRemediation({ ...ARCHIVED, outcome: 'exhausted' });
  await stores.store.create(ended);
  await stores.archive.add(ended);

  const decided = await applyDecision('812', wish({ type: 'retry' }), stores);

  expect(decided).toMatchObject({ type: 'done', remediation: { phase: 'waiting', outcome: null, grantedAttempts: 1 } });
  expect(await stores.archive.list(9)).toEqual([]);
  expect(await stores.store.takeDue(10, 1000)).toEqual([guid(1)]);
});

test.each<readonly [string, Partial<Remediation>, Parameters<typeof wish>[0], string]>([
  ['is not held', { outcome: 'exhausted' }, { type: 'release' }, '"retry" works on it again'],
  ['has recovered', { outcome: 'recovered' }, { type: 'retry' }, 'it has recovered'],
])('one that has left the list and %s stays away, and is told why', async (_title, changes, wanted, why) => {
  const stores = memoryStores();
  const ended = aRemediation({ ...ARCHIVED, ...changes });
  await stores.store.create(ended);
  await stores.archive.add(ended);

  const decided = await applyDecision(guid(1), wish(wanted), stores);

  expect(decided).toMatchObject({ type: 'refused', why: expect.stringContaining(why) as unknown });
  expect(await stores.store.list({}, 9)).toEqual([]);
});

test('a restart that may have happened is not sent again because its record had left the list (P1)', async () => {
  const stores = memoryStores();
  const ended = aRemediation({ ...ARCHIVED, outcome: 'ignored', search: aSearch({ took: 'maybe' }) });
  await stores.store.create(ended);
  await stores.archive.add(ended);

  const decided = await applyDecision(guid(1), wish({ type: 'retry' }), stores);

  expect(decided).toMatchObject({ type: 'refused', why: expect.stringContaining('may have happened') as unknown });
});

test('a released one is due at once', async () => {
  const stores = memoryStores();
  await stores.store.create(aRemediation({ phase: 'held', holdCause: 'approvals', nextAt: null }));

  const decided = await applyDecision(guid(1).toUpperCase(), wish(), stores);

  expect(decided).toMatchObject({ type: 'done', remediation: { phase: 'waiting', waived: ['approvals'] } });
  expect(await stores.store.takeDue(10, 1000)).toEqual([guid(1)]);
});

test('is judged anew where somebody else saves in between', async () => {
  const stores = memoryStores();
  await stores.store.create(aRemediation({ phase: 'held', holdCause: 'approvals' }));
  const load = stores.store.load.bind(stores.store);
  let isFirst = true;
  stores.store.load = async (root) => {
    const loaded = await load(root);
    if (loaded && isFirst) await stores.store.save(loaded, { ...loaded, phase: 'ended', outcome: 'obsolete' });
    isFirst = false;
    return loaded;
  };

  expect(await applyDecision('812', wish(), stores)).toMatchObject({
    type: 'refused',
    why: expect.stringContaining('it has ended') as unknown,
  });
});

test('finds the lineage that its id has joined in between', async () => {
  const stores = memoryStores();
  const older = aRemediation({ phase: 'held', holdCause: 'approvals' });
  const ids = { rootInstanceId: guid(7), currentInstanceId: guid(7), instanceIds: [guid(7)], referenceId: 807 };
  const younger = aRemediation({ ...ids, currentReferenceId: 807 });
  await stores.store.create(older);
  await stores.store.create(younger);
  const load = stores.store.load.bind(stores.store);
  stores.store.load = async (root) => {
    if (root === guid(7)) await stores.store.merge(younger, older, { ...older, instanceIds: [guid(1), guid(7)] });
    return load(root);
  };

  const decided = await applyDecision(guid(7), wish(), stores);

  expect(decided).toMatchObject({ type: 'done', remediation: { rootInstanceId: guid(1), phase: 'waiting' } });
});

test('a restart that may have happened is not sent again just so', async () => {
  const { saved: _saved, ...stores } = await sentOnce();

  expect(await applyDecision('812', wish({ type: 'retry' }), stores)).toMatchObject({ type: 'refused' });
  expect(await stores.journal.load(guid(1))).toMatchObject({ state: 'unknown' });
});

test.each([
  ['held', HELD],
  [
    'still searched for',
    { ...HELD, phase: 'resolving', holdCause: null, nextAt: NOON, search: aSearch({ took: 'maybe' }) },
  ],
] as const)('--send-again: the journal lets the id go once more (%s)', async (_title, changes) => {
  const stores = await sentOnce(changes);

  const decided = await applyDecision('812', wish({ type: 'retry', sendAgain: true }), stores);

  expect(decided).toMatchObject({ type: 'done', remediation: { phase: 'waiting', attemptsMade: 1, maxAttempts: 5 } });
  expect(await stores.journal.load(guid(1))).toMatchObject({
    state: 'not-sent',
    why: expect.stringContaining('ann@desk') as unknown,
  });
  expect(await stores.journal.unsettled()).toEqual([]);
});

test('--send-again: the record and the journal change in one step, or neither does', async () => {
  const stores = await sentOnce();
  const { journal, store } = stores;
  const before = await store.load(guid(1));
  if (before === null) throw new Error('no record');
  let tries = 0;
  const beaten = Object.assign(Object.create(journal) as typeof journal, {
    letGo: async (...told: Parameters<typeof journal.letGo>) => {
      tries += 1;
      if (tries === 1) await store.save(before, { ...before, reason: 'changed by another one meanwhile' });
      const saved = await journal.letGo(...told);
      if (saved === null) expect(await journal.load(guid(1))).toMatchObject({ state: 'unknown' });
      return saved;
    },
  });

  const decided = await applyDecision('812', wish({ type: 'retry', sendAgain: true }), { ...stores, journal: beaten });

  expect(decided).toMatchObject({ type: 'done', remediation: { phase: 'waiting', attemptsMade: 1 } });
  expect(tries).toBe(2);
});

test('a named successor is followed, its own root merged, and the search is over', async () => {
  const stores = await sentOnce();
  await stores.store.create(aRemediation({ rootInstanceId: guid(7), referenceId: 807, currentReferenceId: 807 }));

  const decided = await applyDecision('812', wish({ successor: guid(7).toUpperCase() }), stores);

  expect(decided).toMatchObject({ type: 'done', remediation: { phase: 'verifying', currentInstanceId: guid(7) } });
  expect(await stores.store.find(guid(7))).toBe(guid(1));
  expect(await stores.store.load(guid(7))).toBeNull();
  expect(await stores.journal.unsettled()).toEqual([]);
  expect(await stores.journal.load(guid(1))).toMatchObject({ state: 'unknown' });
});

test('the run that a person did not name is nobody’s again', async () => {
  const doubtful = {
    ...HELD,
    currentInstanceId: guid(8),
    lineage: [aRecord({ newInstanceId: guid(8), confidence: 'ambiguous' })],
  } as const;
  const stores = await sentOnce(doubtful);
  expect(await stores.store.find(guid(8))).toBe(guid(1));

  await applyDecision('812', wish({ successor: guid(7) }), stores);

  expect([await stores.store.find(guid(7)), await stores.store.find(guid(8))]).toEqual([guid(1), null]);
});

test('a follow-up of no new run: held on, claim freed, sent again only by --send-again', async () => {
  const stores = await sentOnce();

  const settled = await applyDecision('812', wish({ successor: 'none' }), stores);
  expect(settled).toMatchObject({
    type: 'done',
    remediation: { phase: 'held', holdCause: 'restart may have happened' },
  });
  expect(await stores.journal.unsettled()).toEqual([]);
  expect(await applyDecision('812', wish(), stores)).toMatchObject({ type: 'refused' });
  expect(await applyDecision('812', wish({ sendAgain: true }), stores)).toMatchObject({
    type: 'done',
    remediation: { phase: 'waiting' },
  });
});
