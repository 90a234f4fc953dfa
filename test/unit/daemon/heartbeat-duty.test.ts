import { CONDITIONS } from '../../../src/core/condition.ts';
import type { Conditions } from '../../../src/core/condition.ts';
import { EVERYTHING } from '../../../src/core/access.ts';
import { AccessError, TransientError } from '../../../src/core/errors.ts';
import type { WorkParts } from '../../../src/daemon/create-parts.ts';
import { createDuties } from '../../../src/daemon/duties.ts';
import { reportAccessTrouble } from '../../../src/remediation/access.ts';
import type { InstanceQuery } from '../../../src/ports/command.ts';
import { NOON, aPolicy } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

type Answer = 'no rows' | 'away' | 'no scans' | 'denies scans';

/** The duties of a replica whose Command has no rows, or does not answer. */
function duties(first: Answer) {
  const stores = memoryStores();
  let answer = first;
  let beats = 0;
  const page = { rows: [], received: 0, isFiltered: true, isOrdered: true, isLast: true, total: 0 };
  const command = {
    learnDialect: async () => undefined,
    dialect: () => ({ isFailedKnown: true }),
    listInstances: async ({ statuses }: InstanceQuery) => {
      if (answer === 'denies scans' && statuses !== undefined)
        throw new AccessError('403', { status: 403, route: 'GET instances' });
      if (answer === 'away' || (answer === 'no scans' && statuses !== undefined))
        throw new TransientError('Command did not answer');
      return { ...page, requestedAt: NOON, serverTime: NOON };
    },
  };
  const parts = {
    ...stores,
    command,
    policy: aPolicy(),
    emit: () => undefined,
    stopping: new AbortController().signal,
    step: async (work: () => Promise<unknown>) => work(),
    heartbeat: () => void (beats += 1),
  } as unknown as WorkParts;
  const told = async () => Object.keys((await stores.ledger.read<Conditions>(CONDITIONS)) ?? {});
  return {
    ...createDuties(parts, () => undefined),
    parts,
    told,
    beats: () => beats,
    from: (next: Answer) => void (answer = next),
  };
}

test('each good sweep is heard, a full scan is not', async () => {
  const { sweep, scan, beats } = duties('no rows');

  await sweep();
  await sweep();
  await scan();

  expect(beats()).toBe(2);
});

test('a sweep that Command did not answer is not heard', async () => {
  const { sweep, beats } = duties('away');

  await sweep();

  expect(beats()).toBe(0);
});

test('while Command denies access there is no sweep to be heard', async () => {
  const { sweep, parts, beats } = duties('no rows');
  await reportAccessTrouble(EVERYTHING, '401', parts);

  await sweep();

  expect(beats()).toBe(0);
});

test('a scan that has nothing to do does not say that Command is back, P9', async () => {
  const { sweep, scan, parts } = duties('away');

  await sweep();
  await sweep();
  await scan();

  expect(await parts.ledger.read(CONDITIONS)).toHaveProperty('command-away');
});

const SCAN_ALERT = 'command-away:full-scan';

test('full scans that fail beside sweeps that go well are told in their own right, until one goes well, P9', async () => {
  const { sweep, scan, told, from } = duties('no scans');

  const heard: (readonly string[])[] = [];
  for (let round = 0; round < 4; round++) {
    await sweep();
    await scan();
    heard.push(await told());
  }
  from('no rows');
  await sweep();
  heard.push(await told());
  await scan();
  heard.push(await told());

  expect(heard).toEqual([[], [], [SCAN_ALERT], [SCAN_ALERT], [SCAN_ALERT], []]);
});

test('while sweeps fail as well there is one alert, theirs', async () => {
  const { sweep, scan, told, from } = duties('no rows');
  await sweep();
  from('away');
  await sweep();
  await sweep();

  for (let round = 0; round < 4; round++) await scan();

  expect(await told()).toEqual(['command-away']);
});

test('a scan that is denied has the alert of missing access', async () => {
  const { sweep, scan, told } = duties('denies scans');
  await sweep();

  for (let round = 0; round < 4; round++) await scan();

  expect(await told()).toEqual(['access']);
});
