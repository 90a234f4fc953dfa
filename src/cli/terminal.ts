import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { CommandOutput } from './load-config-or-exit.ts';
import { processOutput } from './load-config-or-exit.ts';

/** The outside of a command that talks with people: where to write, whom to ask. */
export interface Terminal extends CommandOutput {
  /** True where stdout is a terminal: tables and colours. */
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Waits until what was written has been taken. False: nobody reads any more. */
  drained(): Promise<boolean>;
  /** Asks for a yes. Null: there is nobody to ask. */
  confirm(question: string): Promise<boolean | null>;
}

/** A command that cannot do what it was asked to: told on stderr, and the exit code. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A wrong call: exit code 2. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(`error: ${message}`, 2);
}

/** The width that is assumed where a terminal does not tell. */
const COLUMNS = 100;

/** The real process. */
export function processTerminal(): Terminal {
  let isOpen = true;
  process.stdout.on('error', () => (isOpen = false)); // `remediator list | head`: nobody reads the rest
  return {
    ...processOutput,
    writeOut: (text) => void (isOpen && process.stdout.write(text)),
    isTerminal: process.stdout.isTTY,
    columns: process.stdout.columns ?? COLUMNS,
    drained: async () => {
      if (isOpen && process.stdout.writableNeedDrain) await drainedOrClosed(process.stdout);
      return isOpen;
    },
    confirm: async (question) => {
      if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
      } finally {
        lines.close();
      }
    },
  };
}

async function drainedOrClosed(stream: NodeJS.WriteStream): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  try {
    await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]);
  } catch {
    // nobody reads any more: the stream's own error listener knows
  } finally {
    done.abort();
  }
}
