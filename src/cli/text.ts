import pc from 'picocolors';
import { displayText } from '../core/display-text.ts';
import type { Terminal } from './terminal.ts';

/** Text for people, line by line: labels and colours on a terminal, plain elsewhere. */
export interface TextWriter {
  /** An empty line before it, where it is not the first. */
  title(text: string): void;
  /** `label  value`; nothing where the value is null. */
  field(label: string, value: string | number | null): void;
  line(text: string): void;
}

const LABEL_WIDTH = 14;

export function createText(terminal: Terminal): TextWriter {
  const colors = pc.createColors(terminal.isTerminal);
  let isFirst = true;
  const write = (text: string): void => {
    terminal.writeOut(`${text}\n`);
    isFirst = false;
  };
  return {
    title: (text) => write(`${isFirst ? '' : '\n'}${colors.bold(displayText(text))}`),
    field: (label, value) => {
      if (value === null) return;
      write(`  ${colors.dim(label.padEnd(LABEL_WIDTH))}${displayText(String(value))}`);
    },
    line: (text) => write(`  ${displayText(text)}`),
  };
}

/** A time for people: UTC, without milliseconds. */
export function shortTime(at: string | null): string | null {
  return at === null ? null : `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
}
