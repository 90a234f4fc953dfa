import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIMULATOR_HELP } from '../../../src/simulator/help.ts';
import { parseScenario } from '../../../src/simulator/simulator.ts';
import { startClient, stopSimulators, until, type Row, type SimulatorClient } from '../../support/simulator-client.ts';

const FOLDER = join(import.meta.dirname, '../../../config/scenarios');
const FILES = readdirSync(FOLDER);

afterEach(stopSimulators);

function start(file: string): Promise<SimulatorClient> {
  return startClient({ scenario: parseScenario(readFileSync(join(FOLDER, file), 'utf8')) });
}

test.each(FILES)('%s says what it shows, and has failures that can be read', async (file) => {
  const client = await start(file);
  const { control } = client.simulator;
  const failed = () => control.truth().instances.find(({ status }) => status === 'Failed')?.id;
  await until(() => failed() !== undefined, 10_000);
  let status = 0;
  // Some of them refuse a part of the calls.
  for (let tries = 0; tries < 20 && status !== 200; tries += 1)
    ({ status } = await client.ask<Row>(`/Workflow/Instances/${failed()}`));

  expect(status).toBe(200);
  expect(readFileSync(join(FOLDER, file), 'utf8')).toMatch(/^# [A-Z]/);
});

test('the help of the simulator names each of them', () => {
  expect(FILES.filter((file) => !SIMULATOR_HELP.includes(file.replace('.yaml', '')))).toEqual([]);
});

test.each([
  ['failed-stays.yaml', 'a restarted row stays Failed', 204, 'Failed'],
  ['no-rights.yaml', 'a Restart is denied', 403, 'Failed'],
] as const)('%s: %s', async (file, _title, answer, status) => {
  const client = await start(file);
  const { control } = client.simulator;
  await until(() => control.truth().instances.some((one) => one.status === 'Failed'), 10_000);
  const id = control.truth().instances.find((one) => one.status === 'Failed')?.id ?? '';

  expect((await client.ask(`/Workflow/Instances/${id}/Restart`, { method: 'POST' })).status).toBe(answer);
  expect(control.truth().instances.find((one) => one.id === id)?.status).toBe(status);
});
