import Table from 'cli-table3';
import { displayText } from '../core/display-text.ts';
import type { Terminal } from './terminal.ts';

/** One column: its title, and the share of a terminal's width that it takes. `width` is fixed, `grow` shares the rest. */
export interface Column {
  readonly title: string;
  readonly width?: number;
  readonly grow?: number;
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};

const LEAST_WIDTH = 8;

/**
 * Writes rows page by page: aligned columns on a terminal, elsewhere one line a row with tabs between, so that other
 * tools can read it. Nothing but one page is kept.
 */
export function createTable(
  columns: readonly Column[],
  terminal: Terminal,
): (rows: readonly (readonly string[])[]) => void {
  if (!terminal.isTerminal) {
    return (rows) => {
      for (const row of rows) terminal.writeOut(`${row.map(displayText).join('\t')}\n`);
    };
  }
  const colWidths = widthsFor(columns, terminal.columns);
  let head = columns.map(({ title }) => title);
  return (rows) => {
    const style = { 'padding-left': 0, 'padding-right': 0, head: ['bold'], border: [], compact: true };
    const table = new Table({ chars: BORDERLESS, style, colWidths, head });
    head = [];
    for (const row of rows) table.push(row.map(displayText));
    terminal.writeOut(`${table.toString()}\n`);
  };
}

function widthsFor(columns: readonly Column[], whole: number): number[] {
  const fixed = columns.reduce((sum, { width = 0 }) => sum + width, 0);
  const shares = columns.reduce((sum, { grow = 0 }) => sum + grow, 0);
  const rest = Math.max(0, whole - fixed - columns.length);
  return columns.map(({ width, grow = 0 }) => width ?? Math.max(LEAST_WIDTH, Math.floor((rest * grow) / shares)));
}
