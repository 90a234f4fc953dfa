import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseStateLine } from '../core/state-file.ts';
import type { StateHeader, StateLine } from '../core/state-file.ts';
import { CommandFailure } from './terminal.ts';

/** A file that was read to its end once, and is whole. */
export interface CheckedFile {
  readonly header: StateHeader;
  readonly remediations: number;
  readonly intents: number;
}

/** Reads the lines of a state file. @throws CommandFailure with the number of a line that is none */
export async function* readStateFile(file: string): AsyncGenerator<StateLine> {
  let number = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
      number += 1;
      if (text.trim() === '') continue;
      const line = parseStateLine(text);
      if (typeof line === 'string') throw new CommandFailure(`${file}, line ${number}: ${line}; nothing more is taken`);
      yield line;
    }
  } catch (error) {
    const reason = systemReason(error);
    if (reason === null) throw error;
    throw new CommandFailure(`${file} cannot be read: ${reason}`);
  }
}

/** Reads the whole file once, before anything is written. @throws CommandFailure where it is not whole */
export async function checkStateFile(file: string): Promise<CheckedFile> {
  let header: StateHeader | null = null;
  let isEnded = false;
  const found = { remediations: 0, intents: 0 };
  for await (const line of readStateFile(file)) {
    if (header === null && line.type !== 'header') throw new CommandFailure(`${file} does not begin as a state file`);
    if (line.type === 'header') header = line;
    if (line.type === 'remediation') found.remediations += 1;
    if (line.type === 'intent') found.intents += 1;
    if (line.type === 'end') isEnded = line.remediations === found.remediations && line.intents === found.intents;
  }
  if (header === null) throw new CommandFailure(`${file} is empty`);
  if (!isEnded) throw new CommandFailure(`${file} is not whole: its last line is missing, or lines are`);
  return { header, ...found };
}

/** What the system says about a file; null: the error is not about one. */
export function systemReason(error: unknown): string | null {
  const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
  return isOfSystem ? String(error.message) : null;
}
