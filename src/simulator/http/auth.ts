import { createHash, randomUUID } from 'node:crypto';
import type { ClientSpec } from '../scenario/schema.ts';
import type { User } from '../world/types.ts';
import { ApiError } from './api-error.ts';
import type { Answer } from './exchange.ts';

interface Token {
  readonly user: string;
  readonly expiresAt: number;
}

/** Users, OAuth clients and the tokens given out. */
export interface Access {
  /** @throws ApiError 401 */
  authenticate(authorization: string | undefined): User;
  /** Answers a request to the token endpoint. */
  grantToken(body: string, authorization: string | undefined): Answer;
  revokeTokens(): number;
}

/** Most tokens remembered; the oldest are forgotten, and so refused, beyond it. */
const MAX_TOKENS = 10_000;

export function createAccess(users: readonly User[], clients: readonly ClientSpec[], now: () => number): Access {
  const tokens = new Map<string, Token>();
  const basic = new Map<string, User>();

  function byBasic(credentials: string): User | undefined {
    const known = basic.get(credentials);
    if (known) return known;
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const user = findUser(users, toDomainUser(text.slice(0, colon)));
    if (!user || user.password === null || text.slice(colon + 1) !== user.password) return undefined;
    basic.set(credentials, user);
    return user;
  }

  function byToken(token: string): User | undefined {
    const found = tokens.get(digest(token));
    return found && found.expiresAt > now() ? findUser(users, found.user) : undefined;
  }

  return {
    authenticate(authorization) {
      const [scheme = '', credentials = ''] = (authorization ?? '').split(' ');
      const user =
        scheme.toLowerCase() === 'bearer'
          ? byToken(credentials)
          : scheme.toLowerCase() === 'basic' && byBasic(credentials);
      if (user) return user;
      throw new ApiError(401, '0xA0140001', 'Authorization has been denied for this request.');
    },
    grantToken(body, authorization) {
      const form = new URLSearchParams(body);
      const [id, secret] = clientCredentials(form, authorization);
      if (form.get('grant_type') !== 'client_credentials')
        return { status: 400, body: { error: 'unsupported_grant_type' } };
      const client = clients.find((one) => one.id === id && one.secret === secret);
      if (!client) return { status: 401, body: { error: 'invalid_client' } };
      const token = randomUUID();
      const seconds = client.tokenSeconds ?? 300;
      for (const oldest of tokens.keys()) if (tokens.size >= MAX_TOKENS) tokens.delete(oldest);
      tokens.set(digest(token), { user: client.user, expiresAt: now() + seconds * 1000 });
      return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: seconds } };
    },
    revokeTokens() {
      const count = tokens.size;
      tokens.clear();
      return count;
    },
  };
}

/** A granted path covers what lies below it. */
export function may(user: User, permission: string): boolean {
  return user.permissions.some((granted) => permission.startsWith(granted.toLowerCase()));
}

function findUser(users: readonly User[], name: string): User | undefined {
  return users.find((user) => user.name.toLowerCase() === name.toLowerCase());
}

/** `user@domain` is another way to write `DOMAIN\user` (API reference, 2). */
function toDomainUser(name: string): string {
  const at = name.indexOf('@');
  return at === -1 ? name : `${name.slice(at + 1).split('.')[0] ?? ''}\\${name.slice(0, at)}`;
}

function clientCredentials(form: URLSearchParams, authorization: string | undefined): [string, string] {
  const header = /^basic (.+)$/i.exec(authorization ?? '')?.[1];
  if (!header) return [form.get('client_id') ?? '', form.get('client_secret') ?? ''];
  const [id = '', secret = ''] = Buffer.from(header, 'base64').toString('utf8').split(':').map(decodeURIComponent);
  return [id, secret];
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
