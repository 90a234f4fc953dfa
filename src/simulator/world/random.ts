import { createHash } from 'node:crypto';

/** A GUID that depends on the seed and the label only, so the order of events does not change it. */
export function guidFrom(seed: number, label: string): string {
  const hex = hexFrom(seed, label);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Forty hexadecimal digits that depend on the seed and the label only. */
export function hexFrom(seed: number, label: string): string {
  return createHash('sha1').update(`${seed}:${label}`).digest('hex');
}

/** A repeatable source of numbers in [0, 1) (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
