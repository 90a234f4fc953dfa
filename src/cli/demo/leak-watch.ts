/** Looks for planted texts wherever the daemon writes (P11). Keeps no text but where it was found. */
export interface LeakWatch {
  look(where: string, text: string): void;
  readonly report: LeakReport;
}

export interface LeakReport {
  readonly planted: readonly string[];
  /** How many texts were looked at, by place. */
  readonly looked: Readonly<Record<string, number>>;
  readonly found: readonly { readonly where: string; readonly planted: string }[];
}

/** More finds than this tell nothing new. */
const FOUND_LIMIT = 20;

export function createLeakWatch(planted: readonly string[]): LeakWatch {
  const looked: Record<string, number> = {};
  const found: { where: string; planted: string }[] = [];
  return {
    report: { planted, looked, found },
    look: (where, text) => {
      const [place = where] = where.split(' ');
      looked[place] = (looked[place] ?? 0) + 1;
      for (const one of planted) {
        if (found.length < FOUND_LIMIT && text.includes(one)) found.push({ where, planted: one });
      }
    },
  };
}
