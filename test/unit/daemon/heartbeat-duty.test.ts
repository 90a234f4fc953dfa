import { CONDITIONS } from '../../../src/core/condition.ts';
import { EVERYTHING } from '../../../src/core/access.ts';
import { TransientError } from '../../../src/core/errors.ts';
import type { WorkParts } from '../../../src/daemon/create-parts.ts';
import { createDuties } from '../../../src/daemon/duties.ts';
import { reportAccessTrouble } from '../../../src/remediation/access.ts';
import type { InstanceQuery } from '../../../src/ports/command.ts';
import { NOON, aPolicy } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

/** The duties of a replica whose Command has no rows, or does not answer. */
function duties(answer: 'no rows' | 'away' | 'no scans') {
  const stores = memoryStores();
  let beats = 0;
  const page = { rows: [], received: 0, isFiltered: true, isOrdered: true, isLast: true, total: 0 };
  const command = {
    learnDialect: async () => undefined,
    dialect: () => ({ isFailedKnown: true }),
    listInstances: async ({ statuses }: InstanceQuery) => {
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
  return { ...createDuties(parts, () => undefined), parts, beats: () => beats };
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

test('sweeps tell whether Command can be read, a scan that fails beside them does not, P9', async () => {
  const { sweep, scan, parts } = duties('no scans');

  await sweep();
  await scan();
  await scan();

  expect((await parts.ledger.read(CONDITIONS)) ?? {}).not.toHaveProperty('command-away');
});
