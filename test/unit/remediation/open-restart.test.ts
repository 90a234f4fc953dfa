import { TransientError } from '../../../src/core/errors.ts';
import type { InstanceDetail } from '../../../src/core/instance.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { lookAtOlderRuns, openRestartOf } from '../../../src/remediation/open-restart.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aPolicy, aRecord, aRemediation, aSearch, aSighting, anIntent, guid } from '../../support/builders.ts';
import { aDetail, aPrint } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const OLD = guid(1);
const ROW = guid(2);

/** An older lineage in some state, and a later row of another request or of the same one. */
async function world(
  record: Partial<Remediation>,
  old: Partial<Sighting>,
  isSameRequest: boolean,
  younger: Partial<Sighting> = {},
) {
  const stores = memoryStores();
  const print = aPrint(isSameRequest ? {} : { fingerprint: 'x', requestKey: 'x' });
  const row = aSighting({ id: ROW, firstSeen: 11, print, ...younger });
  await stores.store.create(
    aRemediation({ rootInstanceId: OLD, currentInstanceId: OLD, instanceIds: [OLD], ...record }),
  );
  const observe = async (seen: Sighting) => {
    await stores.sightings.observe([{ row: seen, requestedAt: NOON, ...(seen.print ? { print: seen.print } : {}) }]);
  };
  await observe(aSighting({ id: OLD, print: aPrint(), ...old }));
  if (old.isGone) await stores.sightings.markGone(OLD, NOON + 1);
  await observe(row);
  const known = (await stores.sightings.get([ROW])).get(ROW) ?? row;
  let now: InstanceDetail | Error | null = aDetail({ id: OLD });
  const reads: string[] = [];
  const command = {
    readInstance: async (id: string) => {
      reads.push(id);
      stores.pass(1000);
      if (now instanceof Error) throw now;
      return { detail: now, requestedAt: stores.now(), serverTime: stores.now() };
    },
  };
  const parts = {
    ...stores,
    command,
    policy: aPolicy(),
    hash: (text: string) => text,
    stopping: new AbortController().signal,
  } as unknown as RemediationParts;
  const intentOpen = async () => {
    const intent = anIntent({ instanceId: OLD, rootInstanceId: OLD, state: 'accepted', mark: 0 });
    await stores.kv.commit(
      [],
      [
        ['hset', stores.keys.intents, OLD, JSON.stringify(intent)],
        ['zadd', stores.keys.unsettled, NOON, OLD],
      ],
    );
  };
  const becomes = (detail: InstanceDetail | Error | null) => void (now = detail);
  return {
    stores,
    intentOpen,
    becomes,
    reads,
    ask: async () => openRestartOf({ mayBeNewRun: true }, known, parts),
    look: async () => lookAtOlderRuns(known, parts),
  };
}

const CANCELED = { status: 'CanceledForRestart' } as const;
const EXHAUSTED = { phase: 'ended', outcome: 'exhausted', endedAt: NOON } as const;

test('the new run of an exhausted one that a person restarted waits for that lineage (P5)', async () => {
  const { ask } = await world({ ...EXHAUSTED, alertKey: 'exhausted:1' }, CANCELED, true);

  expect(await ask()).toEqual({ instanceId: OLD, isHeld: false });
});

test.each<readonly [string, Partial<Sighting>, boolean]>([
  ['of the same Title', { isGone: true, print: null }, true],
  ['of another Title', { isGone: true, print: null, title: 'other' }, false],
  ['that still stands there', { print: null }, false],
])(
  'while it is asked what became of an unread row %s, a later one of that Title waits (%#)',
  async (_title, old, isOpen) => {
    const { ask } = await world({ phase: 'resolving', input: null, search: aSearch() }, old, false);

    expect(await ask()).toEqual(isOpen ? { instanceId: OLD, isHeld: false } : null);
  },
);

const LINKED = { currentInstanceId: guid(5), instanceIds: [OLD, guid(5)] };
test.each<readonly [string, Partial<Remediation>, boolean]>([
  ['its new run is watched and the window is open', { ...LINKED, phase: 'verifying' }, true],
  ['its approvers are asked and the window is open', { ...LINKED, phase: 'handed-over' }, true],
  [
    'its end is announced and the window is open',
    { ...LINKED, phase: 'ended', outcome: 'recovered', endedAt: NOON },
    true,
  ],
  ['the row was there before', { ...LINKED, phase: 'verifying', search: aSearch({ mark: 99 }) }, false],
  [
    'the window had closed before it showed',
    { ...LINKED, phase: 'verifying', search: aSearch({ endedAt: NOON - aPolicy().resolve.window - 1 }) },
    false,
  ],
  ['the row is its new run', { ...LINKED, instanceIds: [OLD, ROW], phase: 'verifying' }, false],
])('a second run of the same request waits where %s: %s', async (_title, record, isOpen) => {
  const search = record.search ?? aSearch({ mark: 0, endedAt: NOON });
  const { ask, stores } = await world({ ...record, search }, {}, true);
  await stores.store.takeDue(10, 60_000); // nothing is due after this

  expect(await ask()).toEqual(isOpen ? { instanceId: OLD, isHeld: false } : null);
  expect(await stores.store.takeDue(10, 60_000)).toEqual(isOpen ? [OLD] : []); // it looks at the second one
});

test('a second run that showed in the window waits until the look at its end is made', async () => {
  const search = aSearch({ mark: 0, endedAt: NOON });
  const { ask, stores } = await world({ ...LINKED, phase: 'handed-over', search }, {}, true);
  const { resolve, poll } = aPolicy();

  stores.pass(resolve.window);
  expect(await ask()).toEqual({ instanceId: OLD, isHeld: false });
  stores.pass(3 * poll.interval);
  expect(await ask()).toBeNull();
});

test('it is woken: the word that its row has left may be lost', async () => {
  const { ask, stores } = await world({ ...EXHAUSTED, alertKey: 'exhausted:1' }, CANCELED, true);

  await stores.store.takeDue(10, 60_000); // nothing is due after this

  await ask();

  expect(await stores.store.takeDue(10, 60_000)).toEqual([OLD]);
});

test('an end that is not followed any more keeps nobody waiting', async () => {
  const { ask } = await world({ ...EXHAUSTED, outcome: 'obsolete', alertKey: null }, CANCELED, true);

  expect(await ask()).toBeNull();
});

test('an obsolete one whose row was restarted after its end has a new run again (P5)', async () => {
  const { ask } = await world({ ...EXHAUSTED, outcome: 'obsolete', alertKey: null, isStanding: true }, CANCELED, true);

  expect(await ask()).toEqual({ instanceId: OLD, isHeld: false });
});

test.each([
  ['a named candidate of a held restart is not worked alone (P2)', [ROW], { instanceId: OLD, isHeld: true }],
  ['a row that it does not name, of another request, goes on', [guid(9)], null],
] as const)('%s', async (_title, candidates, expected) => {
  const lineage = [aRecord({ oldInstanceId: OLD, newInstanceId: null, confidence: 'ambiguous', candidates })];
  const { ask, intentOpen } = await world({ phase: 'held', holdCause: 'ambiguous', lineage }, {}, false);
  await intentOpen();

  expect(await ask()).toEqual(expected);
});

const WAIT_MS = Math.max(aPolicy().resolve.window, aPolicy().verify.timeout);
const DOUBT = aRecord({ oldInstanceId: OLD, newInstanceId: null, confidence: 'none', candidates: [] });
const IGNORED: Partial<Remediation> = {
  phase: 'ended',
  outcome: 'ignored',
  endedAt: NOON,
  nextAt: null,
  search: aSearch({ mark: 1 }),
  lineage: [DOUBT],
};

test.each<readonly [string, Partial<Remediation>, Partial<Sighting>, boolean]>([
  ['may be its new run, and is held (P5)', {}, {}, true],
  [
    'was one of its candidates, and is held (P2)',
    { lineage: [{ ...DOUBT, candidates: [ROW] }], search: aSearch({ mark: 99 }) },
    {},
    true,
  ],
  ['was there before the restart, and goes on', { search: aSearch({ mark: 99 }) }, {}, false],
  [
    'was made anew much later, and goes on',
    {
      search: aSearch({
        mark: 1,
        endedAt: NOON - WAIT_MS - 1,
        startedAt: NOON - WAIT_MS - 1,
        notBefore: NOON - WAIT_MS - 1,
      }),
    },
    { startDate: NOON },
    false,
  ],
  [
    'began in time and shows late, and is held',
    {
      search: aSearch({
        mark: 1,
        endedAt: NOON - WAIT_MS - 1,
        startedAt: NOON - WAIT_MS - 1,
        notBefore: NOON - WAIT_MS - 1,
      }),
    },
    { startDate: NOON - WAIT_MS },
    true,
  ],
  ['is no matter any more once a person settled that restart', { search: null }, {}, false],
])('after a person ignored an unsettled restart, a run of the same request %s', async (_title, record, row, isHeld) => {
  const { ask } = await world({ ...IGNORED, ...record }, {}, true, row);

  expect(await ask()).toEqual(isHeld ? { instanceId: OLD, isHeld } : null);
});

test('a held one whose row a person restarted is about to be followed: its new run waits for that', async () => {
  const { ask } = await world({ phase: 'held', holdCause: 'history' }, CANCELED, true);

  expect(await ask()).toEqual({ instanceId: OLD, isHeld: false });
});

test.each([
  ['is gone', null],
  ['was restarted', aDetail({ id: OLD, status: 'CanceledForRestart' })],
])(
  'right before a restart an older failed run of the same request is read: it %s, so this may be its new run (P5)',
  async (_title, detail) => {
    const { ask, look, becomes } = await world({}, {}, true);
    becomes(detail);
    expect(await ask()).toBeNull();

    expect(await look()).toEqual({ type: 'left' });

    expect(await ask()).toEqual({ instanceId: OLD, isHeld: false });
  },
);

test('an older failed run that is still there keeps nobody from being restarted', async () => {
  const { look, reads } = await world({}, {}, true);

  expect(await look()).toEqual({ type: 'still-failed' });
  expect(reads).toEqual([OLD]);
});

test('an older failed run that cannot be read may have been restarted: nothing is sent before it was read', async () => {
  const { look, becomes } = await world({}, {}, true);
  becomes(new TransientError('Command answered 503'));

  expect(await look()).toMatchObject({ type: 'not-read', why: 'Command answered 503' });
});

test.each([
  ['of another request', {}, {}, false],
  ['whose end is not followed any more', { ...EXHAUSTED, alertKey: null }, {}, true],
] as const)('an older run %s is not read', async (_title, record, old, isSameRequest) => {
  const { look, reads } = await world(record, old, isSameRequest);

  expect(await look()).toEqual({ type: 'still-failed' });
  expect(reads).toEqual([]);
});

test.each([
  ['is not worked alone until a person decides (P2)', { phase: 'held', holdCause: 'ambiguous' }, true],
  ['nor where the end was announced before', { phase: 'ended', outcome: 'recovered' }, true],
  ['is free once a person has settled that one', { phase: 'verifying' }, false],
] as const)('a run that cannot be told from the linked one of an older lineage %s', async (_title, state, isHeld) => {
  const lineage = [aRecord({ oldInstanceId: OLD, confidence: 'ambiguous', candidates: [guid(3), ROW] })];
  const { ask } = await world({ ...state, currentInstanceId: guid(3), instanceIds: [OLD, guid(3)], lineage }, {}, true);

  expect(await ask()).toEqual(isHeld ? { instanceId: OLD, isHeld } : null);
});
