import { parse } from 'yaml';

import { loadConfig } from '../../../src/config/load-config.ts';
import { describeConfig, printConfig } from '../../../src/config/print-config.ts';
import { someFolder } from './config-faults.ts';

const folder = someFolder();
afterAll(folder.remove);

const env = { REMEDIATOR__RULES: '[{"name":"a","match":{"olderThan":"90s"}}]', REMEDIATOR__POLL__INTERVAL: '1500ms' };

test('the printed YAML loads to the same configuration', () => {
  const loaded = loadConfig({ env });
  const file = folder.write('printed.yaml', printConfig(loaded, 'yaml'));

  expect(loadConfig({ file, env: {} }).config).toEqual(loaded.config);
});

test('each value stands with its source', () => {
  const yaml = printConfig(loadConfig({ env }), 'yaml');

  expect(yaml).toContain('  interval: 1500ms # REMEDIATOR__POLL__INTERVAL\n');
  expect(yaml).toContain('  maxAttempts: 4 # default\n');
  expect(yaml).toContain('# REMEDIATOR__RULES\nrules:\n');
});

test('the printed JSON has the configuration and the sources', () => {
  const json: unknown = JSON.parse(printConfig(loadConfig({ env }), 'json'));

  expect(json).toMatchObject({
    config: { poll: { interval: '1500ms' }, rules: [{ name: 'a', match: { olderThan: '90s' }, action: 'restart' }] },
    sources: { 'poll.interval': 'REMEDIATOR__POLL__INTERVAL', 'restart.maxAttempts': 'default' },
  });
});

test('both forms hold the same', () => {
  const loaded = loadConfig({ env });
  const json: unknown = JSON.parse(printConfig(loaded, 'json'));

  expect(json).toMatchObject({ config: parse(printConfig(loaded, 'yaml')) as unknown });
});

test('an option without a value is described as null and not printed', () => {
  const loaded = loadConfig({ env: {} });

  expect(describeConfig(loaded)).toContainEqual({ key: 'command.url', value: null, source: 'default' });
  expect(printConfig(loaded, 'yaml')).not.toContain('null');
});
