/** What a 429 without a readable Retry-After costs: long enough to be a pause, short enough to be no outage. */
const DEFAULT_MS = 5_000;
/** A longer wish is cut: one question every quarter of an hour harms nobody, and a typing error must not stop us for a year. */
const MAX_MS = 15 * 60_000;

/** Reads a Retry-After header, seconds or an HTTP date; `now` is the server's time where known. */
export function parseRetryAfter(value: string | undefined, now: number): number {
  const text = value?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? DEFAULT_MS : Math.min(Math.max(Math.ceil(ms), 0), MAX_MS);
}
