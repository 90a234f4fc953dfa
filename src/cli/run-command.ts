import { Command, InvalidArgumentError } from 'commander';
import { runDaemon } from '../daemon/run-daemon.ts';
import { loadConfigOrExit, processOutput } from './load-config-or-exit.ts';

const ROLES = ['all', 'poller', 'worker'] as const;
type Role = (typeof ROLES)[number];

interface RunFlags {
  readonly config?: string;
  readonly role: Role;
  readonly observe?: true;
}

const HELP = `
Examples:
  remediator run --config remediator.yaml             observe mode unless the file says mode: active
  remediator run --config remediator.yaml --observe   decides and records, sends nothing, whatever the file says
  KEYFACTOR_HOSTNAME=keyfactor.example.com KEYFACTOR_USERNAME=… KEYFACTOR_PASSWORD_FILE=… remediator run

The daemon stays in the foreground and logs to stderr (JSON; readable lines on a terminal). Start as many replicas as you
like on one Redis: they share the work, the limits and the record. Redis or Command may be away, at the start or later: it
waits and says so.

Signals: SIGTERM or SIGINT: no new restart, open ones may end within shutdown.grace, exit 0; a second one ends it at once
(143 or 130). Start it as "node dist/main.js run", not through npm, so that signals arrive.
Exit: 0 drained, 78 bad configuration, 130/143 by a second signal.`;

/** `remediator run`. */
export function runCommand(output = processOutput): Command {
  return new Command('run')
    .description('run the daemon in the foreground')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--role <role>', 'all, poller (sweeps and alerts) or worker (restarts)', toRole, 'all' as Role)
    .option('--observe', 'decide and record, send nothing')
    .addHelpText('after', HELP)
    .action(async (flags: RunFlags) => {
      const overrides = flags.observe ? { mode: 'observe' } : {};
      const { config } = loadConfigOrExit({ file: flags.config, overrides, requirements: ['command'] }, output);
      output.exit(await runDaemon({ config, role: flags.role }));
    });
}

function toRole(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw new InvalidArgumentError(`allowed: ${ROLES.join(', ')}`);
  return role;
}
