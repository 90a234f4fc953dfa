import { RefusedError } from '../../core/errors.ts';
import type { CallerParts } from './caller.ts';
import type { DialectState } from './dialect-state.ts';
import { INSTANCES } from './list-instances.ts';
import { readPage } from './list-page.ts';
import type { ParameterNames } from './list-parameters.ts';
import { isServerFault } from './server-fault.ts';
import { toFields, toGuid } from './wire-json.ts';
import { parseStatus, type WireStatus } from './wire-status.ts';

export interface ProbeAnswer {
  /** True where the server refused the question (a 4xx that is not about access). */
  readonly isRefused: boolean;
  /** The status of each row. */
  readonly statuses: readonly WireStatus[];
  /** How many of the rows bear no LastModified. */
  readonly undated: number;
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
      const statuses = page.rows.flatMap(toStatus);
      return { isRefused: false, statuses, undated: page.rows.filter(isUndated).length, total: page.total };
    } catch (error) {
      if (error instanceof RefusedError) return REFUSED;
      if (query === null || !isServerFault(error)) throw error;
      await readPage({ ...wish, query: null, limit: 1 }, parts, parts.state);
      return REFUSED; // it chokes on this question only
    }
  };
}

const REFUSED: ProbeAnswer = { isRefused: true, statuses: [], undated: 0, total: null };

function isUndated(row: unknown): boolean {
  const fields = toFields(row);
  return fields !== null && toGuid(fields.get('id')) !== null && (fields.get('lastmodified') ?? null) === null;
}

/** What has no id is no instance and proves nothing. */
function toStatus(row: unknown): readonly WireStatus[] {
  const fields = toFields(row);
  return fields && toGuid(fields.get('id')) ? [parseStatus(fields.get('status'), {})] : [];
}
