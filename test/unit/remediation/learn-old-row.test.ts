import { CONDITIONS } from '../../../src/core/condition.ts';
import type { InstanceDetail } from '../../../src/core/instance.ts';
import { OLD_ROW } from '../../../src/core/old-row.ts';
import type { OldRowKnowledge } from '../../../src/core/old-row.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import {
  learnAtOnce,
  learnFromOldRow,
  learnFromOthers,
  lookAtOldRow,
  noteOldRow,
  noteWithoutVerdict,
} from '../../../src/remediation/learn-old-row.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aPolicy, aRecord, aRemediation, aSighting, anIntent, guid } from '../../support/builders.ts';
import { aDetail } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const OLD = guid(1);
const NEW = guid(2);

/** A replica that restarted the old row at noon, and what Command says of that row now. */
async function afterRestart(row: Partial<InstanceDetail> | null, isAccepted = true) {
  const stores = memoryStores();
  const intent = anIntent({
    instanceId: OLD,
    state: isAccepted ? 'accepted' : 'unknown',
    openedAt: NOON,
    endedAt: NOON,
  });
  await stores.kv.commit(
    [],
    [['hset', stores.keys.intents, OLD, JSON.stringify({ ...intent, lastModified: NOON - 1000 })]],
  );
  const detail = row === null ? null : aDetail({ id: OLD, lastModified: NOON - 1000, ...row });
  const readInstance = async () => ({ detail, requestedAt: stores.now(), serverTime: stores.now() });
  const parts = {
    ...stores,
    policy: aPolicy(),
    hash: (text: string) => text,
    emit: () => undefined,
    stopping: new AbortController().signal,
    command: { readInstance },
  } as unknown as RemediationParts;
  const fate = async (): Promise<string | undefined> => (await stores.ledger.read<OldRowKnowledge>(OLD_ROW))?.fate;
  const alerts = async (): Promise<readonly string[]> =>
    Object.keys((await stores.ledger.read<Record<string, unknown>>(CONDITIONS)) ?? {});
  return { ...stores, intent, parts, fate, alerts };
}

const GONE = null;

test.each<readonly [string, Partial<InstanceDetail> | null, number, string | undefined]>([
  ['gone within seconds: one alone proves nothing (P1)', GONE, 1000, 'unknown'],
  ['CanceledForRestart within seconds', { status: 'CanceledForRestart' }, 1000, 'leaves'],
  ['still Failed within seconds', { status: 'Failed' }, 1000, undefined],
  ['gone, but seen late: a person may have deleted it', GONE, 6000, undefined],
])('right after an accepted restart, a row that is %s', async (_title, row, passMs, expected) => {
  const { parts, intent, pass, fate } = await afterRestart(row);
  pass(passMs);

  await learnAtOnce(intent, parts);

  expect(await fate()).toBe(expected);
});

test('what becomes of a Suspended row that was moved says nothing about Failed ones', async () => {
  const { parts, intent, fate } = await afterRestart({ status: 'CanceledForRestart' });

  await learnAtOnce({ ...intent, from: 'Suspended' }, parts);

  expect(await fate()).toBeUndefined();
});

test.each<readonly [string, Partial<InstanceDetail> | null, boolean, string | undefined]>([
  ['still Failed and unchanged', { status: 'Failed' }, true, 'stays'],
  ['Failed and changed', { status: 'Failed', lastModified: NOON }, true, undefined],
  ['CanceledForRestart', { status: 'CanceledForRestart' }, true, 'leaves'],
  ['gone: one alone proves nothing (P1)', GONE, true, 'unknown'],
  ['still Failed, but the restart may not have happened', { status: 'Failed' }, false, undefined],
])('once the successor has ended, a row that is %s', async (_title, row, isAccepted, expected) => {
  const { parts, fate } = await afterRestart(row, isAccepted);
  const lineage = [aRecord({ oldInstanceId: OLD, newInstanceId: NEW, confidence: 'exact' })];

  await learnFromOldRow(aRemediation({ currentInstanceId: NEW, lineage }), parts);

  expect(await fate()).toBe(expected);
});

test.each<readonly [string, Partial<Remediation>, Partial<Sighting>, string | undefined]>([
  ['waiting one', {}, { status: 'CanceledForRestart' }, 'leaves'],
  ['held one', { phase: 'held', holdCause: 'history' }, { status: 'CanceledForRestart' }, 'leaves'],
  ['one that people deleted', {}, { status: 'CanceledForRestart', isGone: true }, undefined],
  ['one that people stopped', {}, { status: 'Rejected' }, undefined],
  ['run that was never seen Failed', { failure: null }, { status: 'CanceledForRestart' }, undefined],
])('others restart a failed row: what a %s shows', async (_title, remediation, row, expected) => {
  const { parts, fate } = await afterRestart(GONE);

  await learnFromOthers(aRemediation(remediation), aSighting({ id: OLD, ...row }), parts);

  expect(await fate()).toBe(expected);
});

test('a row that stays where rows were believed to leave makes the fate unknown, and people are told', async () => {
  const { parts, fate, alerts } = await afterRestart({ status: 'Failed' });
  await noteOldRow({ shows: 'leaves', instanceId: NEW, text: 'row 2 was gone right after its restart' }, parts);
  expect(await alerts()).toEqual([]);

  await lookAtOldRow(OLD, parts);

  expect(await fate()).toBe('unknown');
  expect(await alerts()).toEqual(['old-row-unknown']);
});

test('people are told once nothing was learned from three restarts, until something is', async () => {
  const { parts, alerts } = await afterRestart(GONE);
  await noteWithoutVerdict(parts);
  await noteWithoutVerdict(parts);
  expect(await alerts()).toEqual([]);
  await noteWithoutVerdict(parts);
  expect(await alerts()).toEqual(['old-row-unknown']);

  await noteOldRow({ shows: 'leaves', instanceId: OLD, text: 'row 1 turned' }, parts);

  expect(await alerts()).toEqual([]);
});
