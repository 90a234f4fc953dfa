import { fixedAuthorization, type Authorization } from './authorization.ts';
import { createConnections, type Connections } from './connection.ts';
import { createOAuthAuthorization } from './oauth-authorization.ts';
import type { CommandOptions } from './options.ts';
import { toTarget } from './target.ts';

/** A slow identity provider must not use up a call's own time. */
const TOKEN_TIMEOUT_MS = 30_000;

export interface OwnedAuthorization extends Authorization {
  close(): void;
}

/** The first of token, OAuth and Basic that is configured. */
export function createAuthorization(options: CommandOptions): OwnedAuthorization {
  const { accessToken, clientId, clientSecret, tokenUrl, scopes, audience } = options.auth;
  if (accessToken || !clientId || !tokenUrl) return { ...fixedAuthorization(options.auth), close: () => {} };
  const connections: Connections = createConnections(options, toTarget(tokenUrl, ''));
  const authorization = createOAuthAuthorization({
    clientId,
    clientSecret: clientSecret ?? '',
    tokenUrl,
    scopes: scopes ?? [],
    audience,
    agents: connections.pool,
    timeoutMs: Math.min(options.timeoutMs, TOKEN_TIMEOUT_MS),
    now: options.now,
  });
  return { ...authorization, close: () => connections.close() };
}
