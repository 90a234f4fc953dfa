/** What happened, for the people who read a failing seed. */
export interface History {
  note(text: string, ...ids: readonly string[]): void;
  /** The latest lines that speak of one of these ids, or of nobody in particular. */
  about(ids: ReadonlySet<string>, limit: number): readonly string[];
  /** Every line. */
  all(): readonly string[];
}

interface Line {
  readonly at: number;
  readonly text: string;
  readonly ids: readonly string[];
}

export function createHistory(now: () => number, start: number): History {
  const lines: Line[] = [];
  const lastSaid = new Map<string, string>();
  const told = (some: readonly Line[]): readonly string[] =>
    some.map(({ at, text }) => `${clock(at - start)} ${shortened(text)}`);
  return {
    all: () => told(lines),
    note: (text, ...ids) => {
      // A wait that goes on is told once.
      if (text.includes('remediation.decided')) {
        const said = text.slice(text.indexOf(' '));
        if (lastSaid.get(ids[0] ?? '') === said) return;
        lastSaid.set(ids[0] ?? '', said);
      } else if (ids[0] !== undefined) lastSaid.delete(ids[0]);
      lines.push({ at: now(), text, ids });
    },
    about: (ids, limit) =>
      told(lines.filter((line) => line.ids.length === 0 || line.ids.some((id) => ids.has(id))).slice(-limit)),
  };
}

export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;
}

/** GUIDs of this world differ in their ends only. */
export function shortened(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{6,9}0*([0-9a-f]{1,6})\b/g, '#$1');
}
