import type { Check, Kv, Write } from './kv.ts';

/** How often a change is tried anew on a newer document before we give up. */
const TRIES = 50;

export interface DocChange<T> {
  readonly doc: T;
  readonly checks?: readonly Check[];
  readonly writes?: readonly Write[];
}

/**
 * Changes one JSON document (hash fields `doc` and `version`) in one atomic step. `change` sees the present document
 * and may run again; null from it leaves everything as it is. Answers the document as it then stands.
 */
export async function updateDoc<T>(
  kv: Kv,
  key: string,
  change: (known: T | null) => DocChange<T> | null,
): Promise<{ readonly doc: T | null; readonly isChanged: boolean }> {
  for (let tries = 0; tries < TRIES; tries++) {
    const [text = null, version = null] = await kv.hmget(key, ['doc', 'version']);
    const known = text === null ? null : (JSON.parse(text) as T);
    const next = change(known);
    if (next === null) return { doc: known, isChanged: false };
    const checks: Check[] = [{ is: 'equal', key, field: 'version', value: version }, ...(next.checks ?? [])];
    const writes: Write[] = [
      ['hset', key, 'doc', JSON.stringify(next.doc), 'version', String(Number(version ?? 0) + 1)],
      ...(next.writes ?? []),
    ];
    const committed = await kv.commit(checks, writes);
    if (committed.ok) return { doc: next.doc, isChanged: true };
    if (committed.failed > 0) return { doc: known, isChanged: false };
  }
  throw new Error(`gave up after ${TRIES} changes of ${key} by others`);
}
