import { formatDuration } from './duration.ts';
import type { Masking } from './option.ts';
import { optionOf } from './options.ts';

const MASK = '***';
const LONGEST_SHOWN = 100;

/** A value as a fault may show it: one line, masked where the option is a secret. */
export function showValue(key: string, value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const masking = optionOf(key)?.masking;
  // A password may stand before an @ where none belongs.
  const shown = masking ? maskText(String(value), masking) : String(value).replace(/^.*@/s, `${MASK}@`);
  return JSON.stringify(shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown);
}

/** A value of the effective configuration as a person would write it, with every secret masked. */
export function printableValue(key: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((item, index) => printableValue(`${key}[${index}]`, item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [name, printableValue(`${key}.${name}`, child)]),
    );
  const option = optionOf(key);
  if (option?.masking) return typeof value === 'string' ? maskText(value, option.masking) : MASK;
  return option?.type === 'duration' && typeof value === 'number' ? formatDuration(value) : value;
}

function maskText(text: string, masking: Masking): string {
  if (masking === 'whole') return MASK;
  const url = URL.parse(text);
  if (url?.host) return maskUrl(url, text, masking);
  return masking === 'url-credentials' && !/[?@]/.test(text) ? text : MASK;
}

function maskUrl(url: URL, text: string, masking: Masking): string {
  const hasCredentials = url.username !== '' || url.password !== '';
  // Where an @ did not make credentials, an odd letter in the password has split it: nothing of it may be shown.
  if (text.includes('@') && !hasCredentials) return MASK;
  const start = `${url.protocol}//${hasCredentials ? `${MASK}@` : ''}${url.host}`;
  if (masking === 'url-path') return `${start}/${MASK}`;
  return `${start}${url.pathname === '/' ? '' : url.pathname}${url.search && `?${MASK}`}`;
}
