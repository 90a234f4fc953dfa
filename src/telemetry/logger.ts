import { pino } from 'pino';
import type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: string;
  /** `auto`: lines for people on a terminal, JSON elsewhere. */
  readonly pretty: 'auto' | boolean;
  readonly replica: string;
  /** Takes each line instead of stderr. */
  readonly write?: (line: string) => void;
}

/** The daemon's log, on stderr: stdout belongs to data. */
export function createLogger({ level, pretty, replica, write }: LoggerOptions): Logger {
  const isPretty = pretty === 'auto' ? process.stderr.isTTY : pretty;
  const base = { replica };
  if (write) return pino({ level, base }, { write });
  if (!isPretty) return pino({ level, base }, pino.destination({ dest: 2, sync: true }));
  const transport = {
    target: 'pino-pretty',
    options: { destination: 2, ignore: 'pid,hostname,replica', translateTime: 'HH:MM:ss' },
  };
  return pino({ level, base, transport });
}
