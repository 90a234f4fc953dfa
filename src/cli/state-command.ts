import { Command } from 'commander';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { displayJson } from '../core/display-text.ts';
import { serverName } from '../daemon/create-command.ts';
import { exportState } from '../daemon/state/export-state.ts';
import { agree } from './agree.ts';
import { EXIT_BAD_CONFIG } from './load-config-or-exit.ts';
import { importCommand } from './state-import-command.ts';
import { systemReason } from './state-file-reader.ts';
import { ADOPT_SERVER_HELP, EXPORT_HELP, STATE_HELP } from './state-help.ts';
import { CommandFailure, processTerminal } from './terminal.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

const CONFIG_OPTION = 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)';

/** `remediator state export | import | adopt-server`. */
export function stateCommand(terminal = processTerminal()): Command {
  const command = new Command('state')
    .description('back up what the remediator knows, bring it back, follow a renamed Command')
    .addHelpText('after', STATE_HELP);
  command
    .command('export')
    .description('write decisions, lineage and sent ids as JSON lines')
    .option('--out <file>', 'the file (default: stdout)')
    .option('--config <file>', CONFIG_OPTION)
    .addHelpText('after', EXPORT_HELP)
    .action(async (flags: ExportFlags) => withStore(flags, terminal, async (context) => writeState(flags, context)));
  command.addCommand(importCommand(terminal));
  command
    .command('adopt-server')
    .description('say that the configured address is the same Command under a new name')
    .option('--yes', 'do it without asking')
    .option('--config <file>', CONFIG_OPTION)
    .option('--json', 'one JSON value')
    .addHelpText('after', ADOPT_SERVER_HELP)
    .action(async (flags: AdoptFlags) => withStore(flags, terminal, async (context) => adoptServer(flags, context)));
  return command;
}

interface ExportFlags extends StoreFlags {
  readonly out?: string;
}

async function writeState({ out }: ExportFlags, { config, opened, terminal }: StoreContext): Promise<void> {
  const lines = exportState(opened, config);
  const counts = { remediations: 0, intents: 0 };
  const file = out === undefined ? null : openFile(out);
  try {
    for await (const line of lines) {
      if (line.type === 'end') Object.assign(counts, line);
      const text = `${displayJson(line)}\n`;
      if (file === null) terminal.writeOut(text);
      const isRead = file === null ? await terminal.drained() : await file.write(text);
      if (!isRead) return;
    }
    await file?.close();
  } catch (error) {
    await file?.discard();
    const reason = systemReason(error);
    if (reason !== null) throw new CommandFailure(`${out} cannot be written: ${reason}`);
    throw error;
  }
  terminal.writeError(
    `${counts.remediations} remediations, ${counts.intents} sent restarts${out ? ` in ${out}` : ''}\n`,
  );
}

/** A file that appears whole or not at all. */
function openFile(path: string) {
  const part = `${path}.part`;
  const stream = createWriteStream(part, { mode: 0o600 });
  const done = finished(stream);
  done.catch(() => undefined); // told by the next write
  return {
    write: async (text: string): Promise<boolean> => {
      if (stream.errored) throw stream.errored;
      if (!stream.write(text)) await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done]);
      return true;
    },
    close: async (): Promise<void> => {
      stream.end();
      await done;
      await rename(part, path);
    },
    discard: async (): Promise<void> => {
      stream.destroy();
      await rm(part, { force: true });
    },
  };
}

interface AdoptFlags extends StoreFlags {
  readonly yes?: true;
}

async function adoptServer(flags: AdoptFlags, { config, opened, terminal }: StoreContext): Promise<void> {
  if (config.command.url === undefined)
    throw new CommandFailure('command.url is not set (KEYFACTOR_HOSTNAME): there is nothing to adopt', EXIT_BAD_CONFIG);
  const after = serverName(config);
  const before = (await opened.ledger.read<{ readonly server: string }>('server'))?.server ?? null;
  const isChanged = before !== null && before !== after;
  if (before === null) terminal.writeError(`no Command is recorded yet; the first start records ${after}\n`);
  else if (!isChanged) terminal.writeError(`the store belongs to ${after} already\n`);
  else {
    terminal.writeError(`the store belongs to  ${before}\nit will belong to     ${after}\n`);
    await agree('Is it the same Command under a new name?', flags.yes, terminal);
    await opened.attach();
    const saved = await opened.ledger.update<{ readonly server: string }>('server', (known) =>
      known?.server === before ? { server: after } : null,
    );
    if (saved?.server !== after) throw new CommandFailure('somebody else has changed it meanwhile; look again');
    terminal.writeError('done; daemons that wait for it go on within seconds\n');
  }
  if (flags.json) terminal.writeOut(`${displayJson({ before, after, isChanged })}\n`);
}
