import { SIMULATOR_HELP } from '../../../src/simulator/help.ts';
import { FAULT_KINDS, ROUTE_NAMES } from '../../../src/simulator/scenario/faults.ts';
import { completeScenario } from '../../../src/simulator/scenario/complete-scenario.ts';
import { parseScenario } from '../../../src/simulator/scenario/parse-scenario.ts';
import { DEFAULT_KNOBS } from '../../../src/simulator/scenario/knobs.ts';
import { STATUSES, STEP_KINDS } from '../../../src/simulator/world/types.ts';

test('the help names every knob, fault, route, step kind and status', () => {
  const words = [...Object.keys(DEFAULT_KNOBS), ...FAULT_KINDS, ...ROUTE_NAMES, ...STEP_KINDS, ...STATUSES];
  const missing = words.filter((word) => !new RegExp(`\\b${word}\\b`).test(SIMULATOR_HELP));

  expect(missing).toEqual([]);
});

test('no line of the help is longer than a terminal of 120 columns', () => {
  expect(SIMULATOR_HELP.split('\n').filter((line) => line.length > 120)).toEqual([]);
});

test('the example in the help is a scenario', () => {
  const lines = SIMULATOR_HELP.split('\n');
  const start = lines.findIndex((line) => line.startsWith('  version:'));
  const end = lines.findIndex((line) => line.startsWith('  knobs:'));
  const example = lines.slice(start, end + 1).join('\n');

  expect(completeScenario(parseScenario(example))).toMatchObject({
    cas: [{ name: 'Corp Issuing CA 1' }],
    instances: [{ count: 500 }],
    knobs: { oldRow: 'failed', parameters: '10' },
  });
});
