import type { Config } from '../config/schema.ts';
import { AppError } from '../core/errors.ts';
import { displayText } from '../core/display-text.ts';
import { openStore } from '../daemon/open-store.ts';
import type { OpenStore } from '../daemon/open-store.ts';
import { createReader } from '../daemon/reader.ts';
import type { Reader } from '../daemon/reader.ts';
import { toPolicy } from '../daemon/to-policy.ts';
import { loadConfigOrExit } from './load-config-or-exit.ts';
import { CommandFailure } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export interface StoreContext {
  readonly config: Config;
  readonly opened: OpenStore;
  readonly reader: Reader;
  readonly terminal: Terminal;
}

/** The options that all commands on the store have. */
export interface StoreFlags {
  readonly config?: string;
  readonly json?: true;
}

/** Runs a command on the store of the configured Redis. What goes wrong is told on stderr, with the exit code. */
export async function withStore(
  flags: StoreFlags,
  terminal: Terminal,
  work: (context: StoreContext) => Promise<void>,
): Promise<void> {
  const { config } = loadConfigOrExit({ file: flags.config }, terminal);
  let opened: OpenStore | null = null;
  try {
    opened = await openStore(config);
    const { kv } = opened;
    const reader = createReader({ ...opened, policy: toPolicy(config), now: () => kv.now() });
    await work({ config, opened, reader, terminal });
  } catch (error) {
    opened?.close();
    if (!(error instanceof CommandFailure) && !(error instanceof AppError)) throw error;
    terminal.writeError(`${displayText(error.message)}\n`);
    terminal.exit(error instanceof CommandFailure ? error.exitCode : 1);
  }
  opened.close();
}
