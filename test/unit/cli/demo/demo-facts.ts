import type { DemoFacts, TruthInstance, TruthRestart } from '../../../../src/cli/demo/facts.ts';
import { loadConfig } from '../../../../src/config/load-config.ts';
import { aRecord, aRemediation, guid, NOON } from '../../../support/builders.ts';

export const CA = String.raw`ca1.keyexample.com\Corp Issuing CA 1`;
export const DOWN_KEY = String.raw`dependency-down:ca1.keyexample.com\corp-issuing-ca-1`;
export const HELD_KEY = 'held:definition:enroll1:already-issued';

/** Seconds of the story that is told here. */
export const at = (seconds: number): string => new Date(NOON + seconds * 1000).toISOString();

export function anInstance(changes: Partial<TruthInstance> & Pick<TruthInstance, 'id'>): TruthInstance {
  return {
    referenceId: 1,
    status: 'Complete',
    title: 'web',
    definition: 'Web Server Enrollment',
    version: 3,
    wish: `wish of ${changes.id}`,
    ca: CA,
    origin: 'seed',
    predecessorId: null,
    successorIds: [],
    ...changes,
  };
}

export function aRestart(instanceId: string, newId: string, seconds: number): TruthRestart {
  const when = { at: at(seconds), endedAt: at(seconds + 0.1) };
  return { instanceId, newId, user: 'remediator', version: null, tookEffect: true, answer: 204, ...when };
}

/**
 * A story in which everything was right. The CA is dead from second 10 to 20. Instance 1 is restarted at 25 and
 * completes; a person restarts 2 at 5, which fails, and its new run 12 is restarted at 28 and completes as 22; 3 has
 * its certificate already and is held; 4 asks for an approval and is restarted at 2.
 */
export function goodFacts(changes: Partial<DemoFacts> = {}): DemoFacts {
  const [a, b, c, d] = [guid(1), guid(2), guid(3), guid(4)];
  const [a2, b2, b3, d2] = [guid(0x11), guid(0x12), guid(0x22), guid(0x14)];
  const ended = {
    phase: 'ended',
    outcome: 'recovered',
    reason: 'the new run is Complete',
    timeline: [entry()],
  } as const;
  const line = (oldInstanceId: string, newInstanceId: string, seconds: number) =>
    aRecord({ oldInstanceId, newInstanceId, resolvedAt: NOON + seconds * 1000 });
  return {
    truth: {
      startedAt: at(0),
      now: at(40),
      instances: [
        anInstance({ id: a, status: 'CanceledForRestart', successorIds: [a2] }),
        anInstance({ id: a2, predecessorId: a }),
        anInstance({ id: b, status: 'CanceledForRestart', successorIds: [b2] }),
        anInstance({ id: b2, predecessorId: b, status: 'CanceledForRestart', successorIds: [b3] }),
        anInstance({ id: b3, predecessorId: b2 }),
        anInstance({ id: c, status: 'Failed' }),
        anInstance({ id: d, status: 'CanceledForRestart', definition: 'VPN', ca: 'other', successorIds: [d2] }),
        anInstance({ id: d2, predecessorId: d, definition: 'VPN', ca: 'other' }),
      ],
      deleted: [],
      restarts: [aRestart(d, d2, 2), aRestart(a, a2, 25), aRestart(b2, b3, 28)],
      actions: [{ at: at(5), action: 'restart', user: 'jsmith', instanceId: b, newId: b2 }],
      certificates: { total: 4, byCa: {}, byWish: { w1: 1, w2: 1, w3: 1, w4: 1 } },
      revocations: { total: 0, byCa: {}, byWish: {} },
      caHistory: [
        { at: at(10), ca: 'Corp Issuing CA 1', mode: 'down' },
        { at: at(20), ca: 'Corp Issuing CA 1', mode: 'up' },
      ],
      cas: {},
      requests: { list: 40, read: 10, restart: 3, caTest: 12, 'caTest Corp Issuing CA 1': 12 },
      answers: {},
    },
    records: [
      aRemediation({ ...ended, rootInstanceId: a, currentInstanceId: a2, attemptsMade: 1, lineage: [line(a, a2, 27)] }),
      aRemediation({
        ...ended,
        rootInstanceId: b,
        currentInstanceId: b3,
        instanceIds: [b, b2, b3],
        attemptsMade: 2,
        lineage: [line(b, b2, 7), line(b2, b3, 30)],
      }),
      aRemediation({
        rootInstanceId: c,
        phase: 'held',
        holdCause: 'already issued',
        reason: 'already issued',
        alertKey: HELD_KEY,
        timeline: [entry()],
      }),
      aRemediation({ ...ended, rootInstanceId: d, currentInstanceId: d2, attemptsMade: 1, lineage: [line(d, d2, 4)] }),
    ],
    failedIds: [a, b, c, d],
    outageCa: 'Corp Issuing CA 1',
    approvalDefinitions: ['VPN'],
    config: loadConfig({
      env: {},
      overrides: { 'health.interval': '1s', 'health.timeout': '1s', 'health.canaryWindow': '5s' },
    }).config,
    alerts: [
      { key: HELD_KEY, status: 'firing' },
      { key: DOWN_KEY, status: 'firing' },
      { key: DOWN_KEY, status: 'resolved' },
    ],
    recovered: [a, b, d],
    leaks: { planted: ['secret'], looked: { log: 12, Redis: 30 }, found: [] },
    ...changes,
  };
}

function entry() {
  return { at: NOON, text: 'new failure', by: 'remediator' };
}
