import type { Time } from './instance.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What `--since` and `?since=` take, for help and errors. */
export const SINCE_FORMS = 'a duration such as 30m, 12h, 7d, or a time such as 2026-01-02T03:04:05Z';

/** A duration as people write it, in ms. Null: none. */
export function parseSpan(text: string): number | null {
  const [, amount = '', unit = ''] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined ? null : Number(amount) * unitMs;
}

/** A moment as people write it: so long before now, or a time (without a zone: UTC). Null: neither. */
export function parseSince(text: string, now: Time): Time | null {
  const span = parseSpan(text);
  if (span !== null) return now - span;
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text.trim())) return null;
  const isZoned = /(Z|[+-]\d{2}:\d{2})$|^\d{4}-\d{2}-\d{2}$/.test(text.trim());
  const at = Date.parse(isZoned ? text.trim() : `${text.trim()}Z`);
  return Number.isNaN(at) ? null : at;
}
