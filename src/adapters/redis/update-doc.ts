import type { Check, Kv, Write } from './kv.ts';

/** How often a change is tried anew on a newer document before we give up. */
const TRIES = 50;

export interface DocChange<T> {
  readonly doc: T;
  readonly checks?: readonly Check[];
  readonly writes?: readonly Write[];
}

export interface ChangedDoc<T> {
  readonly doc: T | null;
  readonly isChanged: boolean;
  /** Which of the checks of the change does not hold; null: none. */
  readonly failed: number | null;
  /** The document as it then stands, as it is written; null: there is none. */
  readonly text: string | null;
}

/**
 * Changes one JSON document (hash field `doc`) in one atomic step. `change` sees the present document and may run again;
 * null from it leaves everything as it is. Answers the document as it then stands. `guess`: what it is likely to be, tried
 * first without a read; where others have written since it is read.
 */
export async function updateDoc<T>(
  kv: Kv,
  key: string,
  change: (known: T | null) => DocChange<T> | null,
  guess: string | null = null,
): Promise<ChangedDoc<T>> {
  for (let tries = 0; tries < TRIES; tries++) {
    const isGuess = tries === 0 && guess !== null;
    const text = isGuess ? guess : await kv.hget(key, 'doc');
    const known = text === null ? null : (JSON.parse(text) as T);
    const next = change(known);
    if (next === null && isGuess) continue; // whether that is so, only a read tells
    if (next === null) return { doc: known, isChanged: false, failed: null, text };
    const checks: Check[] = [{ is: 'equal', key, field: 'doc', value: text }, ...(next.checks ?? [])];
    const after = JSON.stringify(next.doc);
    const committed = await kv.commit(checks, [['hset', key, 'doc', after], ...(next.writes ?? [])]);
    if (committed.ok) return { doc: next.doc, isChanged: true, failed: null, text: after };
    if (committed.failed > 0) return { doc: known, isChanged: false, failed: committed.failed - 1, text };
  }
  throw new Error(`gave up after ${TRIES} changes of ${key} by others`);
}
