import { readDemoPlan } from '../../../../src/cli/demo/demo-plan.ts';
import { loadConfig } from '../../../../src/config/load-config.ts';

const plan = readDemoPlan();

test('the plan that ships is about 40 failed instances of several kinds behind two CAs', () => {
  const failed = (plan.scenario.instances ?? []).filter(({ status }) => status === 'Failed');

  const count = failed.reduce((sum, one) => sum + Number(one.count ?? 1), 0);

  expect(count).toBeGreaterThanOrEqual(38);
  expect(new Set(failed.map(({ definition }) => definition)).size).toBeGreaterThanOrEqual(4);
  expect(plan.scenario.cas).toHaveLength(2);
  expect(plan.replicas).toBe(2);
});

test('its settings are valid options', () => {
  const { config } = loadConfig({ env: {}, overrides: plan.settings });

  expect(config).toMatchObject({ mode: 'active', command: { oldRow: 'leaves' }, poll: { interval: 600 } });
  expect(config.rules).toHaveLength(1);
});

test('every planted text is really in the scenario, or made by the simulator', () => {
  const text = JSON.stringify(plan.scenario);

  for (const planted of plan.planted.filter((one) => one.startsWith('planted-'))) expect(text).toContain(planted);
  expect(plan.planted).toContain('BEGIN CERTIFICATE REQUEST');
});
