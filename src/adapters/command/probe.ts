import { RefusedError } from '../../core/errors.ts';
import type { CallerParts } from './caller.ts';
import type { DialectState } from './dialect-state.ts';
import { INSTANCES } from './list-instances.ts';
import { readPage } from './list-page.ts';
import type { ParameterNames } from './list-parameters.ts';
import { toFields } from './wire-json.ts';
import { parseStatus, type WireStatus } from './wire-status.ts';

export interface ProbeAnswer {
  /** True where the server refused the question (a 4xx that is not about access). */
  readonly isRefused: boolean;
  /** The status of each row. */
  readonly statuses: readonly WireStatus[];
  readonly total: number | null;
}

/** A short list that is read for what it tells about the server, not for its rows. */
export type Probe = (query: string | null, limit: number, names?: ParameterNames) => Promise<ProbeAnswer>;

export function createProbe(
  parts: CallerParts & { readonly state: DialectState },
  signal: AbortSignal | undefined,
): Probe {
  return async (query, limit, names) => {
    const wish = { path: INSTANCES, page: 1, query, limit, priority: 'sweep' as const, signal };
    try {
      const page = await readPage({ ...wish, ...(names ? { names } : {}) }, parts, parts.state);
      parts.state.noteRows(page.rows);
      parts.state.noteTotal(page.total, page.rows.length);
      const statuses = page.rows.map((row) => parseStatus(toFields(row)?.get('status'), {}));
      return { isRefused: false, statuses, total: page.total };
    } catch (error) {
      if (error instanceof RefusedError) return { isRefused: true, statuses: [], total: null };
      throw error;
    }
  };
}
