import { ConfigError, describeFault } from '../config/config-error.ts';
import { loadConfig, type LoadedConfig, type LoadOptions } from '../config/load-config.ts';

/** The exit code of a configuration that cannot be used (EX_CONFIG of sysexits.h). */
export const EXIT_BAD_CONFIG = 78;

/** The outside of a command, so that tests can stand in for it. */
export interface CommandOutput {
  readonly env: NodeJS.ProcessEnv;
  writeOut(text: string): void;
  writeError(text: string): void;
  exit(code: number): never;
}

/** The real process. */
export const processOutput: CommandOutput = {
  env: process.env,
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  exit: (code) => process.exit(code),
};

/** Loads the configuration of a command, or lists every fault on stderr and exits with 78. */
export function loadConfigOrExit(options: Omit<LoadOptions, 'env'>, output = processOutput): LoadedConfig {
  try {
    return loadConfig({ ...options, env: output.env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    output.writeError(listFaults(error));
    return output.exit(EXIT_BAD_CONFIG);
  }
}

/** All faults for a person to read, one a line. */
export function listFaults({ faults }: ConfigError): string {
  const title = `bad configuration, ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:`;
  return `${[title, ...faults.map((fault) => `  ${describeFault(fault)}`)].join('\n')}\n`;
}
