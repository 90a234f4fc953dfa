import { RefusedError } from '../../core/errors.ts';
import { qualifiedUser } from './authorization.ts';
import type { CallerParts } from './caller.ts';
import type { DialectState } from './dialect-state.ts';
import { INSTANCES } from './list-instances.ts';
import { readPage } from './list-page.ts';
import type { CommandAuth } from './options.ts';
import { toFields } from './wire-json.ts';

type Parts = CallerParts & { readonly state: DialectState; readonly options: { readonly auth: CommandAuth } };

/** Asks by a condition on InitiatingUserName; a server that ignores or refuses it says nothing. @throws as callRead */
export async function isInitiatedByUs(
  newInstanceId: string,
  oldInstanceId: string,
  signal: AbortSignal | undefined,
  parts: Parts,
): Promise<boolean> {
  return (await isOurs(newInstanceId, signal, parts)) && !(await isOurs(oldInstanceId, signal, parts));
}

async function isOurs(instanceId: string, signal: AbortSignal | undefined, parts: Parts): Promise<boolean> {
  const id = instanceId.toLowerCase();
  const query = `Id -eq "${id}" AND InitiatingUserName -eq "${accountOf(parts.options.auth)}"`;
  const list = { path: INSTANCES, query, page: 1, limit: 1, priority: 'classification', signal } as const;
  try {
    const { rows } = await readPage(list, parts, parts.state);
    return rows.some((row) => String(toFields(row)?.get('id')).toLowerCase() === id);
  } catch (error) {
    if (error instanceof RefusedError) return false;
    throw error;
  }
}

/** As the query language writes it: a backslash is doubled; %ME% stands for whoever a token belongs to (API reference 3). */
function accountOf({ username, domain, accessToken, clientId }: CommandAuth): string {
  if (accessToken || clientId || !username) return '%ME%';
  return qualifiedUser(username, domain).replaceAll('\\', '\\\\').replaceAll('"', '');
}
