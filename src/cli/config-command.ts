import { Command } from 'commander';

import { ConfigError } from '../config/config-error.ts';
import { loadConfig } from '../config/load-config.ts';
import { printConfig } from '../config/print-config.ts';
import { EXIT_BAD_CONFIG, listFaults, loadConfigOrExit, processOutput } from './load-config-or-exit.ts';

interface ConfigFlags {
  readonly config?: string;
  readonly json?: true;
}

const SOURCES_HELP = `
Later wins: defaults, the file, usual names such as KEYFACTOR_HOSTNAME and REDIS_URL, then REMEDIATOR__SECTION__OPTION
(words run together, lists and maps as JSON). A secret can be read from a file: KEYFACTOR_PASSWORD_FILE=/run/secrets/password.
config/default.yaml holds every option with its meaning.`;

const CHECK_HELP = `
Examples:
  remediator config check --config remediator.yaml
  REMEDIATOR__RESTART__MAXATTEMPTS=5 remediator config check --config remediator.yaml
  remediator config check --json | jq '.faults[].key'

Exit: 0 the daemon would start with it, 78 it would not; every fault is listed with what is allowed and where it came from.
With --json: {"ok", "file", "faults": [{"key", "problem", "value", "allowed", "source"}]}; what is not known is null.
${SOURCES_HELP}`;

const PRINT_HELP = `
Examples:
  remediator config print --config remediator.yaml
  remediator config print --json | jq '.sources["restart.maxAttempts"]'

Each value stands with its source: default, file:line, a variable, a secret file. Secrets are masked.
With --json: {"config": {…}, "sources": {dotted key: source}}.
Exit: 0, or 78 for values that are not allowed. What is merely missing is the matter of "config check".
${SOURCES_HELP}`;

/** `remediator config check | print`. */
export function configCommand(output = processOutput): Command {
  const command = new Command('config').description('check the configuration, or print the effective one');
  addFlags(command.command('check').description('check everything that the daemon needs to start'))
    .addHelpText('after', CHECK_HELP)
    .action((flags: ConfigFlags) => checkConfig(flags, output));
  addFlags(command.command('print').description('print the effective configuration and where each value came from'))
    .addHelpText('after', PRINT_HELP)
    .action((flags: ConfigFlags) => {
      const loaded = loadConfigOrExit({ file: flags.config }, output);
      output.writeOut(printConfig(loaded, flags.json ? 'json' : 'yaml'));
    });
  return command;
}

function addFlags(command: Command): Command {
  return command
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON value on stdout');
}

function checkConfig(flags: ConfigFlags, output: typeof processOutput): void {
  try {
    const { config, file } = loadConfig({ file: flags.config, env: output.env, requirements: ['command'] });
    if (flags.json) {
      output.writeOut(`${JSON.stringify({ ok: true, file, faults: [] })}\n`);
      return;
    }
    output.writeOut(`configuration is fine (${file ?? 'no file'}; mode ${config.mode})\n`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const file = flags.config ?? output.env['REMEDIATOR_CONFIG'] ?? null;
    const faults = error.faults.map((fault) => ({ value: null, allowed: null, ...fault }));
    if (flags.json) output.writeOut(`${JSON.stringify({ ok: false, file, faults })}\n`);
    output.writeError(listFaults(error));
    output.exit(EXIT_BAD_CONFIG);
  }
}
