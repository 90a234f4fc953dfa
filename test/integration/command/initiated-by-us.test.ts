import { startSimulator } from '../../../src/simulator/simulator.ts';
import { aCommandClient } from '../../support/command-client-parts.ts';

test.each([
  ['names whoever restarted it', 'restarter', true],
  ['keeps who began the first run', 'original', false],
] as const)('a server that %s tells whose restart it was: %s, %s', async (_title, initiator, expected) => {
  const scenario = { traffic: { perSecond: 0 }, knobs: { initiator } };
  const simulator = await startSimulator({ scenario, control: true });
  const { command } = aCommandClient(new URL(simulator.url).origin);
  try {
    const [old = ''] = simulator.control.makeInstances({ definition: 'Web Server Enrollment', status: 'Failed' });
    const line = await command.openRestartLine();
    await line.send({ instanceId: old, version: null, withBody: false }, () => true);
    const successor = simulator.control.truth().instances.find(({ predecessorId }) => predecessorId === old);

    expect(await command.isInitiatedByUs(successor?.id ?? '', old)).toBe(expected);
    expect(await command.isInitiatedByUs(old, old)).toBe(false);
    expect(await command.listEndpoints()).toContainEqual(expect.stringMatching(/Instances.*Restart/));
  } finally {
    await command.close();
    await simulator.stop();
  }
});
