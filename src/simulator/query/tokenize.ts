import { badArgument } from '../http/api-error.ts';

export type Token =
  | { readonly type: 'open' | 'close' | 'and' | 'or' | 'null' }
  | { readonly type: 'word' | 'operator' | 'value'; readonly text: string };

/** Longest query that is read. */
const MAX_LENGTH = 20_000;
const WORD = /[A-Za-z0-9_.%:+-]+/y;

/** Splits a query into words, operators, quoted values and parentheses. */
export function tokenize(query: string): Token[] {
  if (query.length > MAX_LENGTH) throw badArgument(`The query is longer than ${MAX_LENGTH} characters.`);
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const character = query.charAt(at);
    if (/\s/.test(character)) at += 1;
    else if (character === '(' || character === ')') {
      tokens.push({ type: character === '(' ? 'open' : 'close' });
      at += 1;
    } else if (character === '"') {
      const quoted = readQuoted(query, at);
      tokens.push({ type: 'value', text: quoted.text });
      at = quoted.end;
    } else {
      const text = readWord(query, at);
      tokens.push(toToken(text));
      at += text.length;
    }
  }
  return tokens;
}

/** A backslash escapes itself and a quotation mark: the manual writes DOMAIN\\user (API reference, 3). */
function readQuoted(query: string, start: number): { text: string; end: number } {
  let text = '';
  for (let at = start + 1; at < query.length; at += 1) {
    const character = query.charAt(at);
    if (character === '"') return { text, end: at + 1 };
    const next = query.charAt(at + 1);
    if (character === '\\' && (next === '\\' || next === '"')) at += 1;
    text += query.charAt(at);
  }
  throw badArgument('The query has a quotation mark that is not closed.');
}

function readWord(query: string, at: number): string {
  WORD.lastIndex = at;
  const word = WORD.exec(query)?.[0];
  if (!word) throw badArgument(`The query has an unexpected character '${query.charAt(at)}' at position ${at + 1}.`);
  return word;
}

function toToken(text: string): Token {
  const lower = text.toLowerCase();
  if (lower === 'and' || lower === 'or' || lower === 'null') return { type: lower };
  if (/^-[a-z]+$/.test(lower)) return { type: 'operator', text: lower };
  return { type: 'word', text };
}
