import { Command } from 'commander';
import { displayJson, displayText } from '../core/display-text.ts';
import type { StateHeader } from '../core/state-file.ts';
import { serverName } from '../daemon/create-command.ts';
import { LAYOUT } from '../daemon/fitness.ts';
import { importState } from '../daemon/state/import-state.ts';
import { agree } from './agree.ts';
import { IMPORT_HELP } from './state-help.ts';
import { checkStateFile, readStateFile } from './state-file-reader.ts';
import { CommandFailure } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

interface ImportFlags extends StoreFlags {
  readonly yes?: true;
  readonly serverRenamed?: true;
}

/** `remediator state import`. */
export function importCommand(terminal: Terminal): Command {
  return new Command('import')
    .description('bring an export back into an empty or set-back store')
    .argument('<file>', 'what "state export" wrote')
    .option('--yes', 'do it without asking')
    .option('--server-renamed', 'the export names the same Command by an older address')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON value')
    .addHelpText('after', IMPORT_HELP)
    .action(async (file: string, flags: ImportFlags) =>
      withStore(flags, terminal, async (context) => importFile(file, flags, context)),
    );
}

async function importFile(file: string, flags: ImportFlags, context: StoreContext): Promise<void> {
  const { config, opened, terminal } = context;
  const { header, remediations, intents } = await checkStateFile(file);
  const server = await serverFor(header, flags, context);
  const { phases } = await opened.store.counts();
  const known = Object.values(phases).reduce((sum, count) => sum + count, 0);
  const told = `${remediations} remediations and ${intents} sent restarts of ${header.server ?? 'no Command yet'}, written at ${header.exportedAt}`;
  terminal.writeError(`${displayText(told)}\nthe store has ${known} remediations now; what it knows better is kept\n`);
  await agree('Bring them in?', flags.yes, terminal);
  await opened.attach();
  const counts = await importState(readStateFile(file), { opened, config, header, server });
  terminal.writeError(
    `${counts.brought} brought in, ${counts.kept} kept as the store had them, ${counts.sent} sent ids added\n`,
  );
  if (!counts.isSameKey)
    terminal.writeError(
      'the fingerprint key is another one: restarts that were open are held for a person; with security.fingerprintKey set they would be searched on\n',
    );
  if (flags.json) terminal.writeOut(`${displayJson(counts)}\n`);
}

/** The address to record where the store has none. @throws CommandFailure where file and store are of two Commands */
async function serverFor(
  header: StateHeader,
  { serverRenamed }: ImportFlags,
  { config, opened }: StoreContext,
): Promise<string | null> {
  const layout = (await opened.ledger.read<{ readonly version: number }>('layout'))?.version ?? LAYOUT;
  if (Math.max(layout, header.layout) > LAYOUT)
    throw new CommandFailure(
      `the ${layout > LAYOUT ? `store has layout ${layout}` : `export has layout ${header.layout}`}, this program knows layout ${LAYOUT}`,
    );
  const recorded = (await opened.ledger.read<{ readonly server: string }>('server'))?.server;
  const configured = config.command.url === undefined ? null : serverName(config);
  const expected = recorded ?? configured;
  if (header.server !== null && expected !== null && header.server !== expected && !serverRenamed)
    throw new CommandFailure(
      `the export is of ${header.server}, this ${recorded === undefined ? 'configuration' : 'store'} is of ${expected}; if that is the same Command under a new name: --server-renamed`,
    );
  return configured ?? header.server;
}
