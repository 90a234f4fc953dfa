import type { ScenarioInput } from '../../../src/simulator/scenario/schema.ts';
import { setCaMode } from '../../../src/simulator/world/ca-calls.ts';
import { actAsPerson } from '../../../src/simulator/world/people.ts';
import { commitRestart } from '../../../src/simulator/world/restart.ts';
import type { Instance, World } from '../../../src/simulator/world/types.ts';
import { aWorld, firstCa, firstInstance, instanceOf } from '../../support/simulator-world.ts';

const CA = { name: 'CA 1', host: 'ca1.example.com' };
const CAS = [CA];
const DEFINITIONS: ScenarioInput['definitions'] = [
  { name: 'Enrol', version: 2, steps: ['script', 'enroll', 'email'] },
  { name: 'Approve', steps: ['approval', 'enroll'] },
  { name: 'Revoke', steps: ['revoke'] },
];

function oneInstance(instance: NonNullable<ScenarioInput['instances']>[number], more: ScenarioInput = {}) {
  const { world, clock } = aWorld({ cas: CAS, definitions: DEFINITIONS, instances: [instance], ...more });
  return { world, clock, instance: firstInstance(world) };
}

function restart(world: World, instance: Instance): Instance {
  const answer = commitRestart(world, instance, { user: 'KEYEXAMPLE\\remediator', version: null, othersInFlight: 0 });
  if (answer.type !== 'restarted') throw new Error(answer.type);
  return answer.successor;
}

test('an instance runs through its steps and gets a certificate', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Enrol' });

  clock.pass(1000);

  expect(instance.state).toMatchObject({ status: 'Complete', message: null });
  expect(instance.state.additions).toHaveProperty('CACertificate');
  expect(world.truth.certificates).toMatchObject([{ ca: 'CA 1', instanceId: instance.id }]);
});

test('a dead CA fails the enrol step, its restart fails again, and after the CA is back one succeeds', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Enrol' }, { cas: [{ ...CA, up: false }] });
  clock.pass(1000);
  const second = restart(world, instance);
  clock.pass(1000);
  setCaMode(world, firstCa(world), 'up');
  const third = restart(world, second);
  clock.pass(1000);

  expect(instance.state.status).toBe('CanceledForRestart');
  expect(second.state.message).toContain('0x800706ba');
  expect(third.state.status).toBe('Complete');
  expect(third.predecessorId).toBe(second.id);
  expect(world.truth.certificates).toHaveLength(1);
});

test('a CA follows its schedule', () => {
  const schedule = [
    { at: 0, up: false },
    { at: '20s', up: true },
  ];
  const { world, clock } = oneInstance({ definition: 'Enrol', status: 'Failed' }, { cas: [{ ...CA, schedule }] });

  const before = world.cas[0]?.mode;
  clock.pass(20_000);

  expect([before, world.cas[0]?.mode]).toEqual(['down', 'up']);
  expect(world.truth.caHistory.map(({ mode }) => mode)).toEqual(['down', 'up']);
});

test('a script that fails twice succeeds in the third run', () => {
  const { world, clock, instance } = oneInstance({
    definition: 'Enrol',
    status: 'Failed',
    step: 'LookUpOwner1',
    failures: 2,
  });
  const second = restart(world, instance);
  clock.pass(1000);
  const afterSecond = second.state;
  const third = restart(world, second);
  clock.pass(1000);

  expect(afterSecond).toMatchObject({ status: 'Failed', stepIndex: 1 });
  expect(afterSecond.message).toContain('PowerShell');
  expect(third.state.status).toBe('Complete');
});

test('what never recovers fails in each run', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Enrol', status: 'Failed', failures: 'always' });
  let newest = instance;
  for (let run = 0; run < 4; run += 1) {
    newest = restart(world, newest);
    clock.pass(1000);
  }

  expect(newest.state.status).toBe('Failed');
  expect(world.truth.certificates).toHaveLength(0);
});

test('an instance that failed after its enrolment shows the certificate', () => {
  const { world, instance } = oneInstance({ definition: 'Enrol', status: 'Failed', step: 'SendMail1', issued: 'yes' });

  expect(instance.state.additions).toHaveProperty('CACertificate');
  expect(world.truth.certificates).toHaveLength(1);
});

test('a CA whose answers are lost issues, and the instance fails with a time-out', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Enrol' }, { cas: [{ ...CA, mode: 'silent' }] });

  clock.pass(1000);

  expect(instance.state).toMatchObject({ status: 'Failed', additions: {} });
  expect(instance.state.message).toContain('timed out while waiting');
  expect(world.truth.certificates).toHaveLength(1);
});

test('an instance waits for its approval, and its restart asks again', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Approve' });
  const asked = instance.state.status;
  const again = restart(world, instance);
  clock.pass(1000);
  actAsPerson(world, { do: 'sign', instance: again.id });
  clock.pass(1000);

  expect([asked, instance.state.status]).toEqual(['Suspended', 'CanceledForRestart']);
  expect(again.state).toMatchObject({ status: 'Complete', signals: [{ isReceived: true }] });
});

test('a denied approval and a stopped instance are rejected', () => {
  const { world } = aWorld({
    cas: CAS,
    definitions: DEFINITIONS,
    instances: [{ definition: 'Approve', status: 'Suspended', count: 2 }],
  });
  const [denied, stopped] = [...world.instances.all()].map(({ id }) => id);

  actAsPerson(world, { do: 'sign', instance: denied ?? '', approve: false });
  actAsPerson(world, { do: 'stop', instance: stopped ?? '' });

  expect([...world.instances.all()].map(({ state }) => state.status)).toEqual(['Rejected', 'Rejected']);
});

test('a submission by hand is a new instance with equal input and no link', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Enrol', status: 'Failed' });
  const { done } = actAsPerson(world, { do: 'resubmit', instance: instance.id });
  clock.pass(1000);
  const again = instanceOf(world, done[0]?.newId ?? undefined);

  expect(again).toMatchObject({ predecessorId: null, initialData: instance.initialData, wish: instance.wish });
  expect(again.state.status).toBe('Complete');
  expect(instance.state.status).toBe('Failed');
});

test('a restart runs the newest published version, or the one asked for', () => {
  const { world, instance } = oneInstance({ definition: 'Enrol', status: 'Failed', version: 1 });
  const ask = (version: number | null) => ({ user: 'u', version, othersInFlight: 0 });

  expect(commitRestart(world, instance, ask(7))).toEqual({ type: 'no-version' });
  const answer = commitRestart(world, instance, ask(null));

  expect(answer.type === 'restarted' && answer.successor.state.version.version).toBe(2);
});

test('a revocation counts as a revocation, not as a certificate', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Revoke' });

  clock.pass(1000);

  expect(instance.state.status).toBe('Complete');
  expect(world.truth.revocations).toHaveLength(1);
  expect(world.truth.certificates).toHaveLength(0);
});

test('more requests than a CA takes at once fail', () => {
  const cas = [{ ...CA, maxConcurrent: 2 }];
  const { world, clock } = aWorld({ cas, definitions: DEFINITIONS, instances: [{ definition: 'Enrol', count: 5 }] });

  clock.pass(1000);

  const statuses = [...world.instances.all()].map(({ state }) => state.status);
  expect(statuses.filter((status) => status === 'Complete')).toHaveLength(2);
});

test('traffic makes instances and forgets old ones', () => {
  const traffic = { perSecond: 100, keep: 20, mix: [{ definition: 'Enrol', ca: 'CA 1', failing: 0.2 }] };
  const { world, clock } = aWorld({ cas: CAS, definitions: DEFINITIONS, traffic });

  clock.pass(60_000);

  expect(world.truth.certificates.length).toBeGreaterThan(3000);
  expect(world.instances.size).toBeLessThan(80);
  expect(world.truth.deleted).toHaveLength(0);
});

test('one seed makes one world', () => {
  const ids = (seed: number) => [...aWorld({ seed }).world.instances.all()].map(({ id, title }) => `${id} ${title}`);

  expect(ids(5)).toEqual(ids(5));
  expect(ids(5)).not.toEqual(ids(6));
});

test('20,000 old failures and 500 with numbered titles are one line each', () => {
  const { world } = aWorld({
    instances: [
      { definition: 'Web Server Enrollment', status: 'Failed', count: 20_000, age: '2d', spread: '28d' },
      { definition: 'Web Server Enrollment', status: 'Failed', count: 500, title: 'failure {n}', subject: 'CN=f{n}' },
    ],
  });
  const all = [...world.instances.all()];

  expect(new Set(all.map(({ title }) => title)).size).toBe(20_500);
  expect(Math.min(...all.map(({ state }) => state.lastModified))).toBe(world.startedAt - 30 * 86_400_000);
  expect(all.at(-1)?.title).toBe('failure 500');
});

test('a run into a dead CA does not use up a planned failure of the step', () => {
  const failed = { definition: 'Enrol', status: 'Failed' as const, failures: 2 };
  const { world, clock, instance } = oneInstance(failed, { cas: [{ ...CA, up: false }] });
  const second = restart(world, instance);
  clock.pass(1000);
  setCaMode(world, firstCa(world), 'up');
  const third = restart(world, second);
  clock.pass(1000);
  const fourth = restart(world, third);
  clock.pass(1000);

  expect(second.state.message).toContain('0x800706ba');
  expect(third.state.message).toContain('CERTSRV_E_TEMPLATE_DENIED');
  expect(fourth.state.status).toBe('Complete');
});

test('a CA that goes down in the middle of a call issues nothing, and the call is cut', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Enrol' });
  clock.pass(40);
  setCaMode(world, firstCa(world), 'down');
  clock.pass(1000);

  expect(instance.state.message).toContain('0x800706be');
  expect(world.truth.certificates).toHaveLength(0);
});

test('equal subjects are equal input, unless each has its own CSR', () => {
  const twins = (newCsr: boolean) => {
    const same = { definition: 'Enrol', status: 'Failed' as const, count: 2, user: 'u', subject: 'CN=twin', newCsr };
    return [...aWorld({ cas: CAS, definitions: DEFINITIONS, instances: [same] }).world.instances.all()];
  };
  const [first, second] = twins(false);
  const [third, fourth] = twins(true);

  expect(first?.initialData).toEqual(second?.initialData);
  expect(third?.initialData['CSR']).not.toBe(fourth?.initialData['CSR']);
  expect(third?.wish).toBe(fourth?.wish);
});

test('a deleted instance gives its place at the CA back', () => {
  const { world, clock, instance } = oneInstance({ definition: 'Enrol' }, { cas: [{ ...CA, maxConcurrent: 1 }] });
  clock.pass(40);
  const before = firstCa(world).busy;
  actAsPerson(world, { do: 'delete', instance: instance.id });
  clock.pass(1000);

  expect([before, firstCa(world).busy]).toEqual([1, 0]);
  expect(world.truth.deleted).toMatchObject([{ id: instance.id, status: 'Running' }]);
});

test('two CAs of one name are told apart by their hosts', () => {
  const cas = [CA, { ...CA, host: 'ca2.example.com' }];
  const enrol = (ca: string) => ({ definition: 'Enrol', ca });
  const instances = [enrol('ca1.example.com\\CA 1'), enrol('ca2.example.com\\CA 1')];
  const { world, clock } = aWorld({ cas, definitions: DEFINITIONS, instances });
  clock.pass(1000);

  expect(world.truth.certificates.map(({ ca }) => ca)).toEqual(['ca1.example.com\\CA 1', 'ca2.example.com\\CA 1']);
});
