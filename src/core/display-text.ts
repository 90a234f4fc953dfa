/**
 * Characters that a terminal or a page may take for an order: controls (C0, DEL, C1), line separators, and the marks
 * that turn the direction of writing.
 */
// eslint-disable-next-line no-control-regex -- controls are what it is about
const ORDERS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text from Command as every text output shows it: control characters are visible, nothing is left out (P11). */
export function displayText(text: string): string {
  return text.replaceAll(ORDERS, escaped);
}

/** JSON in which control characters are escaped too that JSON itself lets pass; the value is the same. */
export function displayJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(ORDERS, (character) =>
    character === '\n' ? character : `\\u${codeOf(character)}`,
  );
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = codeOf(character);
  return code.startsWith('00') ? `\\x${code.slice(2)}` : `\\u${code}`;
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}
