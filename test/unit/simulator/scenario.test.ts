import { completeScenario } from '../../../src/simulator/scenario/complete-scenario.ts';
import { DEFAULT_KNOBS, knobsSchema, mergeKnobs } from '../../../src/simulator/scenario/knobs.ts';
import { checkInput, parseScenario } from '../../../src/simulator/scenario/parse-scenario.ts';

test.each([
  ['knobs: { oldRow: gone }', 'knobs.oldRow: "gone" is not allowed; allowed: canceled, failed, deleted'],
  ['knobs: { restartMs: soon }', 'knobs.restartMs: "soon" is not allowed; allowed: run, or a whole number'],
  ['knobs: { totalCount: maybe }', 'knobs.totalCount: "maybe" is not allowed; allowed: true, false'],
  ['knobs: { statusMap: { Failed: 9 } }', 'knobs.statusMap.Failed: 9 is not allowed'],
  ['knobs: { statusMap: { Failed: 3, Complete: 3 } }', 'different whole numbers from 0 to 6'],
  ['knobs: { statusMap: { Failed: 3, Unknown: 3 } }', 'different whole numbers from 0 to 6'],
  ['knobs: { statusMap: { Broken: 3 } }', 'knobs.statusMap.Broken: unknown key; allowed: Running, Suspended, Complete'],
  ['knobs: { oldrow: failed }', 'knobs.oldrow: unknown key; allowed: statusForm,'],
  ['colour: red', 'colour: unknown key; allowed: version, seed'],
  ['instances: [{ definition: x, state: Failed }]', 'instances.0.state: unknown key; allowed: definition, status'],
  ['definitions: [{ name: x, steps: [{ kind: dance }] }]', 'definitions.0.steps.0.kind: "dance" is not allowed'],
  ['cas: [{ name: x, host: y, schedule: [{ at: 5x, up: true }] }]', 'cas.0.schedule.0.at: "5x" is not allowed'],
  ['faults: [{ kind: latency }]', 'faults.0.ms'],
  ['faults: [{ kind: hang, route: lists }]', 'faults.0.route: "lists" is not allowed; allowed: list, assigned'],
  ['version: "7"', 'version: "7" is not allowed; allowed: a product version'],
  ['a: [', 'not YAML'],
])('%s is refused with its key, its value and what is allowed', (yaml, message) => {
  expect(() => parseScenario(yaml)).toThrow(message);
});

test('knobs may be given as text or as YAML values', () => {
  const asText = 'parameters: "10"\ntotalCount: "false"\nappearMs: "20"\nwrongState: "404"\nrestartMs: "5"'
    .split('\n')
    .join('\n  ');
  const asValues = 'parameters: 10\n  totalCount: false\n  appearMs: 20\n  wrongState: 404\n  restartMs: 5';

  const [text, values] = [asText, asValues].map((lines) => completeScenario(parseScenario(`knobs:\n  ${lines}`)).knobs);

  expect(text).toEqual({ parameters: '10', totalCount: false, appearMs: 20, wrongState: '404', restartMs: 5 });
  expect(values).toEqual(text);
});

test('a status map may name some statuses, as a map or as JSON text; the others keep clear of them', () => {
  const map = mergeKnobs(DEFAULT_KNOBS, checkInput(knobsSchema, { statusMap: '{"Failed":3}' }, 'knobs')).statusMap;

  expect(map.Failed).toBe(3);
  expect(new Set(Object.values(map)).size).toBe(6);
});

test('a status map may keep the seventh integer of the schemas free by its name', () => {
  const six = { Complete: 1, Failed: 2, CanceledForRestart: 3, Rejected: 4, Suspended: 5, Running: 6 };
  const mapOf = (statusMap: object) =>
    mergeKnobs(DEFAULT_KNOBS, checkInput(knobsSchema, { statusMap }, 'knobs')).statusMap;

  expect(mapOf({ Unknown: 0, ...six })).toEqual(six);
  expect(Object.values(mapOf({ Unknown: 4 }))).not.toContain(4);
});

test('an empty scenario is the default world', () => {
  const scenario = completeScenario(parseScenario(''));

  expect(scenario.cas?.length).toBeGreaterThanOrEqual(2);
  expect(scenario.traffic?.perSecond).toBeGreaterThan(0);
});

test('own parts replace the default ones, and what was made of them is left out', () => {
  const own = completeScenario(parseScenario('cas: [{ name: CA, host: ca.example.com }]'));
  const instances = completeScenario(parseScenario('instances: [{ definition: VPN Enrollment }]'));

  expect(own).toMatchObject({ cas: [{ name: 'CA' }], instances: [], traffic: undefined });
  expect(instances).toMatchObject({ instances: [{ definition: 'VPN Enrollment' }], traffic: undefined });
  expect(instances.definitions?.length).toBeGreaterThan(2);
});
