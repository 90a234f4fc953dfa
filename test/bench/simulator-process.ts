/** The simulated Command in a process of its own, as a real server would be: prints its address, answers what it is asked; what fails has begun just now. */
import { parseScenario, startSimulator } from '../../src/simulator/simulator.ts';

const [scenario = ''] = process.argv.slice(2);
const simulator = await startSimulator({ scenario: parseScenario(scenario) });

process.on('message', (message: { readonly ask: 'summary' | 'fail'; readonly count?: number }) => {
  if (message.ask === 'fail') {
    const ids = simulator.control.makeInstances({
      definition: 'Web Server Enrollment',
      ca: 'Corp Issuing CA 1',
      status: 'Failed',
      startDate: new Date(),
      count: message.count ?? 1,
    });
    process.send?.({ ids });
  } else process.send?.({ summary: simulator.control.summary() });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: simulator.url });
