import type { CallResult } from '../../core/doctor-command.ts';
import { AccessError, RefusedError, TransientError } from '../../core/errors.ts';

export interface Called<T> {
  readonly result: CallResult;
  /** Null: no answer. */
  readonly value: T | null;
}

/** Makes one call and tells how it ended; what goes wrong is an answer here. */
export async function call<T>(work: () => Promise<T>): Promise<Called<T>> {
  try {
    const value = await work();
    return { result: { type: 'ok' }, value };
  } catch (error) {
    if (error instanceof TypeError) throw error; // a bug of ours, not an answer
    return { result: toResult(error), value: null };
  }
}

function toResult(error: unknown): CallResult {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof AccessError) return { type: 'denied', status: error.status, message };
  if (error instanceof RefusedError) return { type: 'refused', status: error.status, message };
  const status = error instanceof TransientError ? error.status : null;
  return { type: 'no-answer', message, cause: causeOf(error), status };
}

/** Causes of causes that are looked at. */
const MAX_CAUSES = 6;

/** What the deepest cause said, with its code: the exact reason of DNS, TCP or TLS. */
function causeOf(error: unknown): string | null {
  let told: string | null = null;
  let current: unknown = error instanceof Error ? error.cause : null;
  for (let depth = 0; current instanceof Error && depth < MAX_CAUSES; depth += 1) {
    const code = 'code' in current && typeof current.code === 'string' ? ` (${current.code})` : '';
    told = `${current.message || current.name}${code}`;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return told;
}
