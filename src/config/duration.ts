const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Shorter waits than this are a busy loop, never a wish. */
const SHORTEST_MS = 50;

/** A hundred years: beyond it dates and timers overflow. */
const LONGEST_MS = 36_500 * 86_400_000;

export const DURATION_FORMS = 'such as 250ms, 30s, 5m, 2h, 7d';

/** Reads `250ms`, `30s`, `5m`, `2h`, `7d` or `0` as milliseconds; undefined where it is none or out of range. */
export function parseDuration(text: unknown): number | undefined {
  if (text === 0 || text === '0') return 0;
  const [, amount = '', unit = ''] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(String(text).trim()) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) return undefined;

  const durationMs = Number(amount) * unitMs;
  const isInRange = durationMs === 0 || (durationMs >= SHORTEST_MS && durationMs <= LONGEST_MS);
  return isInRange ? durationMs : undefined;
}

/** Writes milliseconds in the largest unit that needs no fraction: `90000` is `90s`, `120000` is `2m`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  for (const unit of ['d', 'h', 'm', 's']) {
    const amount = durationMs / (UNIT_MS[unit] ?? 1);
    if (Number.isInteger(amount)) return `${amount}${unit}`;
  }
  return `${durationMs}ms`;
}
