/** A status line and what may stand before it: interim answers (100, 103) with their headers. */
const MAX_BYTES = 16 * 1024;

/** Reads the status of an answer as soon as its status line is whole, before any header of it. */
export interface StatusLineReader {
  /** Null: not read yet, or no HTTP. */
  readonly status: number | null;
  add(chunk: Buffer | string): void;
}

/** `onStatus` runs once, as soon as the status is known. */
export function createStatusLineReader(onStatus: (status: number) => void): StatusLineReader {
  let text = '';
  let isDone = false;
  const reader = {
    status: null as number | null,
    add(chunk: Buffer | string): void {
      if (isDone) return;
      text += typeof chunk === 'string' ? chunk : chunk.toString('latin1');
      text = withoutInterim(text);
      reader.status = finalStatus(text);
      isDone = reader.status !== null || text.length > MAX_BYTES;
      if (reader.status !== null) onStatus(reader.status);
    },
  };
  return reader;
}

function withoutInterim(text: string): string {
  let rest = text;
  for (;;) {
    const interim = /^HTTP\/1\.[01] 1\d\d[^\n]*\n(?:[^\n]*[^\r\n][^\n]*\n)*\r?\n/.exec(rest);
    if (!interim) return rest;
    rest = rest.slice(interim[0].length);
  }
}

function finalStatus(text: string): number | null {
  const digits = /^HTTP\/1\.[01] ([2-5]\d\d)(?: [^\n]*)?\r?\n/.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}
