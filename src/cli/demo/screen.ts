import pc from 'picocolors';
import { displayText } from '../../core/display-text.ts';
import type { StatusView } from '../../core/status-view.ts';

/** The state of things at one moment of the demonstration. */
export interface Moment {
  readonly elapsedMs: number;
  /** Null: no daemon is up yet. */
  readonly status: StatusView | null;
  readonly settled: number;
  readonly total: number;
  /** Restarts sent, by replica. */
  readonly sent: ReadonlyMap<string, number>;
}

/** Where people see how it goes. */
export interface Screen {
  /** One line that stays. */
  tell(text: string): void;
  /** Something happened. */
  note(elapsedMs: number, text: string): void;
  show(moment: Moment): void;
  /** The picture stays as it is; what follows comes below. */
  end(): void;
}

export interface ScreenOptions {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
}

export function createScreen(options: ScreenOptions): Screen {
  return options.isTerminal ? createPicture(options) : createLines(options);
}

/** Not a terminal: a line about once a second. */
const LINE_PAUSE_MS = 950;

function createLines({ write }: ScreenOptions): Screen {
  let shownAt = -LINE_PAUSE_MS;
  return {
    tell: (text) => write(`${displayText(text)}\n`),
    note: (elapsedMs, text) => write(`${clock(elapsedMs)}    ${displayText(text)}\n`),
    show: (moment) => {
      if (moment.elapsedMs - shownAt < LINE_PAUSE_MS) return;
      shownAt = moment.elapsedMs;
      const parts = [`${moment.settled} of ${moment.total} settled`, phasesOf(moment), dependenciesOf(moment)];
      write(`${clock(moment.elapsedMs)}  ${parts.filter((part) => part !== '').join(' | ')}\n`);
    },
    end: () => undefined,
  };
}

/** Notes that stay in the picture. */
const NOTES = 8;
const BAR_WIDTH = 40;

/** A terminal: one picture, drawn over and over. */
function createPicture({ write, columns }: ScreenOptions): Screen {
  const colors = pc.createColors(true);
  const notes: string[] = [];
  let height = 0;
  return {
    tell: (text) => write(`${displayText(text)}\n`),
    note: (elapsedMs, text) => {
      notes.push(`${clock(elapsedMs)}  ${displayText(text)}`);
      if (notes.length > NOTES) notes.shift();
    },
    show: (moment) => {
      const lines = [
        '',
        `${clock(moment.elapsedMs)}  ${barOf(moment)}  ${moment.settled} of ${moment.total} settled`,
        `phases    ${phasesOf(moment)}`,
        `CAs       ${dependenciesOf(moment)}`,
        `restarts  ${
          [...moment.sent]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([replica, count]) => `${replica} ${count}`)
            .join(', ') || 'none yet'
        }`,
        ...Array.from({ length: NOTES }, (_, index) => colors.dim((notes[index] ?? '').slice(0, columns - 1))),
      ];
      const up = height > 0 ? `\u001b[${height}A\u001b[J` : '';
      write(`${up}${lines.map((line) => `${cut(line, columns)}\n`).join('')}`);
      height = lines.length;
    },
    end: () => (height = 0),
  };
}

function barOf({ settled, total }: Moment): string {
  const full = total === 0 ? 0 : Math.floor((BAR_WIDTH * Math.min(settled, total)) / total);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`;
}

function phasesOf({ status }: Moment): string {
  if (status === null) return 'starting';
  const phases = Object.entries(status.phases).filter(([, count]) => count > 0);
  return phases.map(([phase, count]) => `${phase} ${count}`).join(', ') || 'nothing found yet';
}

function dependenciesOf({ status }: Moment): string {
  const shown = status?.dependencies ?? [];
  return shown.map(({ name, state }) => `${displayText(name.split('\\').at(-1) ?? name)} ${state}`).join(', ');
}

/** A line that wraps would break the picture. Coloured lines are cut before. */
function cut(line: string, columns: number): string {
  return line.startsWith('\u001b') ? line : line.slice(0, columns - 1);
}

function clock(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(5)} s`;
}
