import { Command } from 'commander';
import { readDemoPlan } from './demo/demo-plan.ts';
import { runDemo } from './demo/run-demo.ts';
import { createScreen } from './demo/screen.ts';
import { summaryText, toSummary } from './demo/summary.ts';
import { processTerminal } from './terminal.ts';

interface DemoFlags {
  readonly json?: true;
}

const HELP = `
Examples:
  remediator demo                           watch it: about half a minute, no set-up
  remediator demo --json | jq '.promises[]' what was promised, and whether it held
  REDIS_URL=redis://localhost:6379 remediator demo

What it shows (config/demo.yaml, explained line by line):
  About 40 failed workflow instances in a simulated Command, two replicas of the daemon, two CAs of which one dies for a
  while. Some wait for it, then a canary goes, then a ramp. A script fails twice, one never recovers, one certificate was
  issued already, one answer is lost, a colleague restarts one by hand. In the end every promise is checked against what
  the simulator knows really happened.

Redis: the server that REDIS_URL names, only under a random prefix that is removed again; else redis-server or valkey-server
from PATH, private and gone afterwards; else an in-memory stand-in (data lost at exit, not for production). Nothing else of
your environment is read, no real Command is touched, every port is a free one on loopback.

Progress goes to stderr (a picture on a terminal, else lines), the summary to stdout. Ctrl-C ends everything cleanly.
Exit: 0 every promise held, 1 one did not or something stayed open, 130/143 by signal.`;

const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type EndSignal = keyof typeof EXIT_BY_SIGNAL;

/** `remediator demo`. */
export function demoCommand(terminal = processTerminal()): Command {
  return new Command('demo')
    .description('show everything on this machine, with no set-up, and check every promise')
    .option('--json', 'print the summary as one JSON value')
    .addHelpText('after', HELP)
    .action(async ({ json }: DemoFlags) => {
      const signals = watchSignals();
      const { isTTY, columns } = process.stderr;
      const screen = createScreen({
        write: (text) => terminal.writeError(text),
        isTerminal: isTTY,
        columns: columns || terminal.columns,
      });
      try {
        const redisUrl = terminal.env['REDIS_URL'];
        const result = await runDemo({ plan: readDemoPlan(), redisUrl, screen, signal: signals.aborted });
        if (result === null) return terminal.exit(signals.exitCode());
        const summary = toSummary(result);
        terminal.writeOut(json ? `${JSON.stringify(summary, null, 2)}\n` : summaryText(summary));
        await terminal.drained();
        return terminal.exit(result.ok ? 0 : 1);
      } catch (error) {
        terminal.writeError(`the demo cannot run: ${error instanceof Error ? error.message : String(error)}\n`);
        return terminal.exit(1);
      }
    });
}

/** The first signal ends the demonstration cleanly; a second one ends the process at once. */
function watchSignals(): { readonly aborted: AbortSignal; readonly exitCode: () => number } {
  const controller = new AbortController();
  let first: EndSignal = 'SIGINT';
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT_BY_SIGNAL[signal]);
      first = signal;
      controller.abort();
    });
  }
  return { aborted: controller.signal, exitCode: () => EXIT_BY_SIGNAL[first] };
}
