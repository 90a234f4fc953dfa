import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { Manner } from '../../../src/core/command-gate.ts';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import { aCommandClient, type TestClient } from '../../support/command-client-parts.ts';

type Fault = Parameters<Simulator['control']['setFaults']>[0][number];

let simulator: Simulator;
let client: TestClient;

afterEach(async () => {
  await client.command.close();
  await simulator.stop();
});

test.each<readonly [string, Partial<Fault>, RestartAnswer['type'], boolean, Manner | null]>([
  ['reset before', { kind: 'resetBefore' }, 'unknown', false, null],
  ['reset after', { kind: 'resetAfter' }, 'unknown', true, null],
  ['hang before', { kind: 'hang' }, 'unknown', false, null],
  ['hang after', { kind: 'hangAfter' }, 'unknown', true, null],
  ['502 after', { kind: 'statusAfter', status: 502 }, 'unknown', true, 'badly'],
  ['503 before', { kind: 'status', status: 503 }, 'unknown', false, 'badly'],
  ['503 with a time', { kind: 'status', status: 503, retryAfter: 2 }, 'unknown', false, 'badly'],
  ['a page', { kind: 'html' }, 'unknown', false, 'badly'],
  ['429', { kind: 'status', status: 429, retryAfter: 2 }, 'throttled', false, 'badly'],
  ['403', { kind: 'status', status: 403 }, 'denied', false, 'badly'],
])('an answer never claims more than is known: %s', async (_title, fault, type, tookEffect, manner) => {
  simulator = await startSimulator({ seed: 3, scenario: { traffic: { perSecond: 0 } } });
  client = aCommandClient(new URL(simulator.url).origin, { restartTimeoutMs: 300 });
  const [instanceId] = simulator.control.makeInstances({ definition: 'Web Server Enrollment', status: 'Failed' });
  if (!instanceId) throw new Error('no instance');
  simulator.control.setFaults([{ kind: 'latency', route: 'restart', ...fault }]);

  const line = await client.command.openRestartLine();
  const answer = await line.send({ instanceId, version: null, withBody: false }, () => true);

  expect(answer.type).toBe(type);
  expect(client.events.at(-1)).toMatchObject({ manner });
  expect(client.holdOffs).toEqual(fault.retryAfter ? [Number(fault.retryAfter) * 1000] : []);
  const { restarts } = simulator.control.truth();
  expect(restarts).toHaveLength(1);
  expect(restarts[0]?.tookEffect).toBe(tookEffect);
});
