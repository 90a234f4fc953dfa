import { CommandFailure, usageFailure } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** Asks, unless `--yes` was given. @throws CommandFailure where the answer is no, or there is nobody to ask */
export async function agree(question: string, isGiven: true | undefined, terminal: Terminal): Promise<void> {
  if (isGiven) return;
  const answer = await terminal.confirm(question);
  if (answer === null) throw usageFailure('there is nobody to ask; --yes does it without asking');
  if (!answer) throw new CommandFailure('nothing was changed');
}
