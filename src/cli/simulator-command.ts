import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { runSimulator } from '../simulator/run-simulator.ts';
import { SIMULATOR_HELP, ScenarioError, parseScenario } from '../simulator/simulator.ts';
import type { ScenarioInput } from '../simulator/simulator.ts';
import { processOutput } from './load-config-or-exit.ts';

interface SimulatorFlags {
  readonly port?: number;
  readonly host: string;
  readonly scenario?: string;
  readonly seed?: number;
  readonly control?: true;
}

/** `remediator simulator`. */
export function simulatorCommand(output = processOutput): Command {
  return new Command('simulator')
    .description('run the simulated Keyfactor Command, to try things without a real one')
    .option('--port <n>', 'port on loopback (default: any free one)', toInteger)
    .option('--host <address>', 'address to listen on; a container needs 0.0.0.0', '127.0.0.1')
    .option('--scenario <file>', 'YAML scenario (default: the lively default world)')
    .option('--seed <n>', 'makes ids, titles and faults repeatable', toInteger)
    .option('--control', 'open /_control: steer it live and read the ground truth')
    .addHelpText('after', `\n${SIMULATOR_HELP}`)
    .action(async ({ port, host, scenario, seed, control }: SimulatorFlags) => {
      const world = scenario === undefined ? {} : { scenario: readScenario(scenario, output) };
      const options = {
        host,
        ...world,
        ...(port === undefined ? {} : { port }),
        ...(seed === undefined ? {} : { seed }),
      };
      try {
        await runSimulator({ ...options, control: control ?? false });
      } catch (error) {
        output.writeError(`the simulator cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
        output.exit(1);
      }
    });
}

function readScenario(file: string, output: typeof processOutput): ScenarioInput {
  try {
    return parseScenario(readFileSync(file, 'utf8'));
  } catch (error) {
    const faults =
      error instanceof ScenarioError ? error.problems : [error instanceof Error ? error.message : String(error)];
    output.writeError(`bad scenario ${file}:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
    return output.exit(2);
  }
}

function toInteger(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('allowed: a whole number');
  return Number(text);
}
