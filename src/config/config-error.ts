import { AppError } from '../core/errors.ts';

/** One thing that is wrong with the configuration; safe to show, secrets are masked. */
export interface ConfigFault {
  /** Dotted key of the option, or the name of the file or variable that is at fault as a whole. */
  readonly key: string;
  /** What is wrong, in words that follow the key: `is not allowed`, `is missing`. */
  readonly problem: string;
  /** What was written, where it may be shown. */
  readonly value?: string;
  /** What would be right. */
  readonly allowed?: string;
  /** The file and line, variable or secret file it came from. */
  readonly source: string;
}

/** The configuration cannot be used; carries everything that is wrong with it at once. */
export class ConfigError extends AppError {
  readonly code = 'CONFIG';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(describeFault).join('\n'));
    this.faults = faults;
  }
}

/** One fault on one line. */
export function describeFault({ key, problem, value, allowed, source }: ConfigFault): string {
  const shown = value === undefined ? '' : ` (${value})`;
  const wanted = allowed === undefined ? '' : `; allowed: ${allowed}`;
  return `${key} ${problem}${shown}${wanted}; from: ${source}`;
}
