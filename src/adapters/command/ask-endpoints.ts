import { AccessError, RefusedError, TransientError } from '../../core/errors.ts';
import { callRead, type CallerParts } from './caller.ts';
import type { DialectState } from './dialect-state.ts';
import { INSTANCES } from './list-instances.ts';
import { readPage } from './list-page.ts';

const ENDPOINTS = '/Status/Endpoints';

/**
 * Asks for the endpoints that we may use; the answer's headers name the version (API reference 1). False: this server has
 * no such route, or keeps it from us, which says nothing about the others.
 * @throws as callRead
 */
export async function askEndpoints(parts: CallerParts, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await callRead({ method: 'GET', path: ENDPOINTS, template: ENDPOINTS, priority: 'sweep', signal }, parts);
    return true;
  } catch (error) {
    if (!isWithoutRoute(error)) throw error;
    return false;
  }
}

/** The endpoints that the answer names; null: it names none. @throws as callRead */
export async function listEndpoints(
  parts: CallerParts,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | null> {
  const call = { method: 'GET', path: ENDPOINTS, template: ENDPOINTS, priority: 'classification', signal } as const;
  const { json } = await callRead(call, parts);
  const names = Array.isArray(json) ? json.filter((one): one is string => typeof one === 'string') : [];
  return names.length === 0 ? null : names;
}

/** Proves the credentials; without that route by a list of one row. @throws as callRead */
export async function checkAccess(
  parts: CallerParts & { readonly state: DialectState },
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await askEndpoints(parts, signal)) return;
  await readPage({ path: INSTANCES, page: 1, limit: 1, priority: 'sweep', signal }, parts, parts.state);
}

function isWithoutRoute(error: unknown): boolean {
  if (error instanceof AccessError) return error.status === 403;
  return error instanceof RefusedError || (error instanceof TransientError && error.status !== null);
}
