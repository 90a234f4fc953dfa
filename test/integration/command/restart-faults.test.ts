import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import { aCommandClient, type TestClient } from '../../support/command-client-parts.ts';

type Fault = Parameters<Simulator['control']['setFaults']>[0][number];

let simulator: Simulator;
let client: TestClient;

afterEach(async () => {
  await client.command.close();
  await simulator.stop();
});

test.each<readonly [string, Partial<Fault>, RestartAnswer['type'], boolean]>([
  ['reset before', { kind: 'resetBefore' }, 'unknown', false],
  ['reset after', { kind: 'resetAfter' }, 'unknown', true],
  ['hang before', { kind: 'hang' }, 'unknown', false],
  ['hang after', { kind: 'hangAfter' }, 'unknown', true],
  ['502 after', { kind: 'statusAfter', status: 502 }, 'unknown', true],
  ['503 before', { kind: 'status', status: 503 }, 'unknown', false],
  ['a page', { kind: 'html' }, 'unknown', false],
  ['429', { kind: 'status', status: 429, retryAfter: 2 }, 'throttled', false],
  ['403', { kind: 'status', status: 403 }, 'denied', false],
])('an answer never claims more than is known: %s', async (_title, fault, type, tookEffect) => {
  simulator = await startSimulator({ seed: 3, scenario: { traffic: { perSecond: 0 } } });
  client = aCommandClient(new URL(simulator.url).origin, { restartTimeoutMs: 300 });
  const [instanceId] = simulator.control.makeInstances({ definition: 'Web Server Enrollment', status: 'Failed' });
  if (!instanceId) throw new Error('no instance');
  simulator.control.setFaults([{ kind: 'latency', route: 'restart', ...fault }]);

  const line = await client.command.openRestartLine();
  const answer = await line.send({ instanceId, version: null, withBody: false }, () => true);

  expect(answer.type).toBe(type);
  const { restarts } = simulator.control.truth();
  expect(restarts).toHaveLength(1);
  expect(restarts[0]?.tookEffect).toBe(tookEffect);
});
