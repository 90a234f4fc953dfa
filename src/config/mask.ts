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
  const shown = masking ? maskText(String(value), masking) : String(value);
  return JSON.stringify(shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown);
}

/** A value of the effective configuration as a person would write it, with every secret masked. */
export function printableValue(key: string, value: unknown): unknown {
  const option = optionOf(key);
  if (Array.isArray(value)) return value.map((item, index) => printableValue(`${key}[${index}]`, item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [name, printableValue(`${key}.${name}`, child)]),
    );
  if (option?.masking) return maskText(String(value), option.masking);
  return option?.type === 'duration' && typeof value === 'number' ? formatDuration(value) : value;
}

function maskText(text: string, masking: Masking): string {
  const url = masking === 'whole' ? null : URL.parse(text);
  if (!url?.host) return masking === 'url-credentials' && !/[@?]/.test(text) ? text : MASK;
  const credentials = url.username || url.password ? `${MASK}@` : '';
  const start = `${url.protocol}//${credentials}${url.host}`;
  if (masking === 'url-path') return `${start}/${MASK}`;
  return `${start}${url.pathname === '/' ? '' : url.pathname}${url.search ? `?${MASK}` : ''}`;
}
