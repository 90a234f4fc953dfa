import { Command } from 'commander';
import type { CommanderError } from 'commander';
import { DECISIONS } from '../core/decision.ts';
import { adoptCommand } from './adopt-command.ts';
import { productVersion } from '../daemon/product-version.ts';
import { configCommand } from './config-command.ts';
import { decisionCommand } from './decision-command.ts';
import { demoCommand } from './demo-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { explainCommand } from './explain-command.ts';
import { lineageCommand } from './lineage-command.ts';
import { listCommand } from './list-command.ts';
import { moveVersionCommand } from './move-version-command.ts';
import { pauseCommand, resumeCommand } from './pause-command.ts';
import { runCommand } from './run-command.ts';
import { simulatorCommand } from './simulator-command.ts';
import { stateCommand } from './state-command.ts';
import { statusCommand } from './status-command.ts';
import { processTerminal } from './terminal.ts';

const HELP = `
Start here:
  remediator demo                                      see it work, no set-up
  remediator config check --config remediator.yaml     is the configuration complete?
  remediator doctor --config remediator.yaml           would it work with this Redis and this Command?
  remediator run --config remediator.yaml --observe    watch what it would do; nothing is sent
  remediator status                                    how is it going?
  remediator list --phase held                         what waits for a person?
  remediator explain <id>                              everything about one request

Data goes to stdout, everything else to stderr. Exit: 0 fine, 1 failed, 2 wrong call, 78 bad configuration.
"remediator <command> --help" has examples.`;

/** A wrong call, as all commands answer it. */
const EXIT_USAGE = 2;

/** The whole command line. */
export function createProgram(terminal = processTerminal()): Command {
  const program = new Command('remediator')
    .description('brings failed Keyfactor Command workflow instances back, with the whole line of descent on record')
    .version(productVersion(), '--version', 'print the version')
    .addHelpText('after', HELP);
  for (const command of [
    demoCommand(terminal),
    doctorCommand(terminal),
    runCommand(),
    statusCommand(terminal),
    listCommand(terminal),
    explainCommand(terminal),
    lineageCommand(terminal),
    ...DECISIONS.map((type) => decisionCommand(type, terminal)),
    adoptCommand(terminal),
    moveVersionCommand(terminal),
    pauseCommand(terminal),
    resumeCommand(terminal),
    stateCommand(terminal),
    configCommand(terminal),
    simulatorCommand(),
  ]) {
    program.addCommand(command);
  }
  for (const command of withChildren(program)) {
    command
      .showHelpAfterError(`see: ${nameOf(command)} --help`)
      .configureOutput({
        writeOut: (text) => terminal.writeOut(text),
        writeErr: (text) => terminal.writeError(text),
      })
      .exitOverride((error) => terminal.exit(exitCodeOf(error)));
  }
  return program;
}

function exitCodeOf({ code, exitCode }: CommanderError): number {
  const isAsked = code === 'commander.helpDisplayed' || code === 'commander.version' || exitCode === 0;
  return isAsked ? 0 : EXIT_USAGE;
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function withChildren(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withChildren)];
}
