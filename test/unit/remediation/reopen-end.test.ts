import { TransientError } from '../../../src/core/errors.ts';
import type { Failure } from '../../../src/core/remediation.ts';
import type { InstanceRow } from '../../../src/core/instance.ts';
import { advanceRemediation } from '../../../src/remediation/advance-remediation.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aFailure, aPolicy, aRemediation, aSighting, guid } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** One that ended exhausted, left the list, and came back since Command lists its failed row again. */
async function cameBack(failure: Partial<Failure>, row: Partial<InstanceRow>) {
  const stores = memoryStores();
  const { store, archive, sightings, pass } = stores;
  const ended = aRemediation({
    phase: 'ended',
    wait: null,
    nextAt: null,
    outcome: 'exhausted',
    endedAt: NOON,
    failure: aFailure({ lastModified: NOON - HOUR, ...failure }),
  });
  await store.create(ended);
  await archive.add(ended);
  pass(100 * DAY);
  await archive.bringBack([guid(1)]);
  const listed = aSighting({ id: guid(1), lastModified: NOON - HOUR, ...row });
  await sightings.observe([{ row: listed, requestedAt: stores.now() }]);
  await advanceRemediation(guid(1), {
    ...stores,
    policy: aPolicy(),
    emit: () => undefined,
    random: () => 0.5,
    command: { readInstance: async () => Promise.reject(new TransientError('Command does not answer')) },
  } as unknown as RemediationParts);
  return store.load(guid(1));
}

test.each<readonly [string, Partial<Failure>, Partial<InstanceRow>, 'ended' | 'waiting']>([
  ['the failure that it ended with', {}, {}, 'ended'],
  [
    'that failure, dated in the zone of another season',
    { zoneOffsetMs: 2 * HOUR },
    { lastModified: NOON - 2 * HOUR, zoneOffsetMs: HOUR },
    'ended',
  ],
  ['that failure, whose zone was not noted', {}, { zoneOffsetMs: HOUR }, 'ended'],
  ['another failure', { zoneOffsetMs: HOUR }, { lastModified: NOON + HOUR, zoneOffsetMs: HOUR }, 'waiting'],
])('of one that is back from the archive Command lists %s', async (_title, failure, row, phase) => {
  expect(await cameBack(failure, row)).toMatchObject({ phase });
});
