import type { CommandAuth } from './options.ts';

/** The value of the Authorization header, and what to do when Command does not take it. */
export interface Authorization {
  header(): Promise<string>;
  /** Command answered 401 to this header. True: another try makes sense, since a new token can be had. */
  renew(header: string): boolean;
}

/** A header that never changes: Basic, or a token that was given to us. */
export function fixedAuthorization(auth: CommandAuth): Authorization {
  const header = auth.accessToken ? `Bearer ${auth.accessToken}` : basicHeader(auth);
  return { header: async () => header, renew: () => false };
}

export function basicHeader(auth: CommandAuth): string {
  const user = qualifiedUser(auth.username ?? '', auth.domain);
  return `Basic ${Buffer.from(`${user}:${auth.password ?? ''}`).toString('base64')}`;
}

/**
 * `DOMAIN\user`. A name that has its domain is left as it is; `user@domain` too, since IIS takes it, except beside an
 * explicit domain, which then stands for what follows the `@` (API reference 2).
 */
export function qualifiedUser(username: string, domain: string | undefined): string {
  if (!domain || username.includes('\\')) return username;
  return `${domain}\\${username.replace(/@.*$/, '')}`;
}
