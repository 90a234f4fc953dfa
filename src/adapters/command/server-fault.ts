import { TransientError } from '../../core/errors.ts';

/** A server may answer a value that it cannot read with a fault of its own (500) where others refuse it (400). */
export function isServerFault(error: unknown): boolean {
  return error instanceof TransientError && (error.status === 500 || error.status === 501);
}
