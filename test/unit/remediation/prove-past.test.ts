import { TransientError } from '../../../src/core/errors.ts';
import { inputOf } from '../../../src/core/evidence.ts';
import type { InstanceDetail } from '../../../src/core/instance.ts';
import type { Remediation } from '../../../src/core/remediation.ts';
import type { InstanceQuery, RequestPriority } from '../../../src/ports/command.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { provePast } from '../../../src/remediation/prove-past.ts';
import { NOON, aPolicy, aRemediation, guid } from '../../support/builders.ts';
import { aDetail } from '../../support/core-builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const TITLE = 'Enroll web01.example.com';
const OTHER = `${TITLE} (restarted by KEYEXAMPLE\\remediator)`;

/** A run that somebody restarted, by its Subject and Title. */
function restarted(number: number, subject: string, changes: Partial<InstanceDetail> = {}): InstanceDetail {
  const initialData = { Subject: `CN=${subject}`, Template: 'WebServer' };
  return aDetail({ id: guid(number), status: 'CanceledForRestart', initialData, ...changes });
}

/** A Command with these rows, and a failed run (`guid(1)`) that failed before the store began. */
async function past(
  rows: readonly InstanceDetail[],
  changes: Partial<Remediation> = {},
  reads: 'all' | 'gone' | 'fail' = 'all',
) {
  const stores = memoryStores();
  const at = () => ({ requestedAt: stores.now(), serverTime: stores.now() });
  const current = aDetail({ id: guid(1) });
  const turns: (RequestPriority | undefined)[] = [];
  const listInstances = async ({ statuses, title }: InstanceQuery, _signal?: AbortSignal, turn?: RequestPriority) => {
    turns.push(turn);
    const listed = [current, ...rows].filter(
      (row) => (statuses?.includes(row.status) ?? true) && (title === undefined || row.title === title),
    );
    return { rows: listed, received: listed.length, isLast: true, total: listed.length, ...at() };
  };
  const readInstance = async (id: string) => {
    if (reads === 'fail') throw new TransientError('Command does not answer');
    stores.pass(1);
    return { detail: reads === 'gone' ? null : (rows.find((row) => row.id === id) ?? null), ...at() };
  };
  const parts = {
    ...stores,
    policy: aPolicy(),
    emit: () => undefined,
    random: () => 0.5,
    hash: (text: string) => text,
    stopping: new AbortController().signal,
    command: { listInstances, readInstance },
  } as unknown as RemediationParts;
  const input = inputOf(current, NOON, [], (text) => text);
  const before = aRemediation({ past: 'unproved', input, ...changes });
  await stores.store.create(before);
  const prove = async (): Promise<Remediation | null> => {
    await provePast(before, before, parts);
    return stores.store.load(guid(1));
  };
  return { ...stores, prove, turns };
}

const CERTIFICATE = { CSR: 'csr-1' };

test.each<readonly [string, readonly InstanceDetail[], number]>([
  ['nothing was restarted', [], 0],
  ['an equal one was', [restarted(2, 'web01.example.com')], 1],
  ['one of equal Title and another request was', [restarted(2, 'web02.example.com')], 0],
  ['an equal one of another Title was', [restarted(2, 'web01.example.com', { title: OTHER })], 1],
  ['one of another Title and request was', [restarted(2, 'web02.example.com', { title: OTHER })], 0],
  [
    'an equal one of another Title was, which began later',
    [restarted(2, 'web01.example.com', { title: OTHER, startDate: NOON })],
    0,
  ],
  [
    'two were, one under another Title',
    [restarted(2, 'web01.example.com'), restarted(3, 'web01.example.com', { title: OTHER })],
    2,
  ],
])('earlier restarts count as attempts: %s', async (_title, rows, attemptsMade) => {
  const { prove } = await past(rows);

  expect(await prove()).toMatchObject({ past: 'proved', attemptsMade });
});

test('proving the past takes its turn after all else', async () => {
  const { prove, turns } = await past([restarted(2, 'web01.example.com')]);
  await prove();

  expect(turns.length).toBeGreaterThan(0);
  expect(new Set(turns)).toEqual(new Set(['classification']));
});

test('where new runs keep their Title, runs of other Titles are not read', async () => {
  const { prove, ledger } = await past([restarted(2, 'web01.example.com', { title: OTHER })]);
  await ledger.update('titles', () => ({ fate: 'kept' }));

  expect(await prove()).toMatchObject({ past: 'proved', attemptsMade: 0 });
});

test('an earlier run of equal Title and certificate counts although a new run has more input', async () => {
  const revocation = { workflowType: 'Revocation', initialData: { ...CERTIFICATE, RestartedFrom: guid(2) } };
  const input = inputOf(aDetail({ id: guid(1), ...revocation }), NOON, [], (text) => text);
  const { prove } = await past([restarted(2, '', { ...revocation, initialData: CERTIFICATE })], { input });

  expect(await prove()).toMatchObject({ past: 'proved', attemptsMade: 1 });
});

test('approvers of a run that was restarted before count as asked again (P12)', async () => {
  const { prove } = await past([restarted(2, 'web01.example.com', { title: OTHER })], { isApproved: true });

  expect(await prove()).toMatchObject({ approvalRestarts: 1 });
});

test.each([
  ['of equal Title counts, since it may have been of this request', TITLE, 1],
  ['of another Title does not', OTHER, 0],
])('a restarted run that was deleted before anybody could read it, %s', async (_title, title, attemptsMade) => {
  const { prove } = await past([restarted(2, 'web01.example.com', { title })], {}, 'gone');

  expect(await prove()).toMatchObject({ past: 'proved', attemptsMade });
});

test('nothing is proved while an earlier run cannot be read (P5)', async () => {
  const { prove } = await past([restarted(2, 'web01.example.com')], {}, 'fail');

  expect(await prove()).toMatchObject({
    phase: 'waiting',
    past: 'unproved',
    reason: 'Command cannot be read: Command does not answer',
  });
});
