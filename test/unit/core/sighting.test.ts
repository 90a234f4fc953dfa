import type { InstanceDetail } from '../../../src/core/instance.ts';
import { withObservation } from '../../../src/core/sighting.ts';

const SECRETS = { signals: [], initialData: { CSR: 'planted' }, currentStateData: { Passphrase: 'planted' } };

const detail: InstanceDetail = {
  id: '00000000-0000-0000-0000-000000000001',
  status: 'Failed',
  rawStatus: '4',
  statusMessage: 'no',
  definitionId: '00000000-0000-0000-0000-00000000000d',
  definitionName: 'Web Server Enrollment',
  definitionVersion: 3,
  workflowType: 'Enrollment',
  stepName: 'Enroll',
  stepUniqueName: 'Enroll1',
  title: 'CN=web1',
  lastModified: 1000,
  startDate: 900,
  referenceId: 7,
  ...SECRETS,
};

test('a single read leaves neither InitialData nor CurrentStateData in the memory, P11', () => {
  const { signals: _signals, initialData: _initial, currentStateData: _state, ...row } = detail;

  const fresh = withObservation(null, { row: detail, requestedAt: 2000 }, 1);
  const changed = withObservation(fresh, { row: { ...detail, lastModified: 3000 }, requestedAt: 4000 }, 2);

  const own = { firstSeen: 1, firstSeenAt: 2000, isGone: false, print: null };
  expect(fresh).toEqual({ ...row, ...own, seenAt: 2000, changedAt: 2000 });
  expect(changed).toEqual({ ...row, ...own, lastModified: 3000, seenAt: 4000, changedAt: 4000 });
});

test('what a sighting of an older version held beside its row goes with the next change', () => {
  const fresh = withObservation(null, { row: detail, requestedAt: 2000 }, 1);
  if (fresh === null) throw new Error('nothing was seen');
  const leaky = { ...fresh, ...SECRETS };

  const changed = withObservation(leaky, { row: { ...detail, lastModified: 3000 }, requestedAt: 4000 }, 2);

  expect(JSON.stringify(changed)).not.toContain('planted');
});
