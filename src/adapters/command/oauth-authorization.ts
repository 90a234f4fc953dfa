import {
  allowInsecureRequests,
  clientCredentialsGrant,
  ClientSecretPost,
  Configuration,
  customFetch,
  type CustomFetch,
} from 'openid-client';
import { AccessError, TransientError } from '../../core/errors.ts';
import type { Authorization } from './authorization.ts';
import { exchange, type Agents } from './exchange.ts';
import { translateError } from './translate-error.ts';

/** A token without a stated life is renewed after this. */
const USUAL_LIFE_S = 300;
/** A token is renewed this long before its end, or after four fifths of its life, whichever is later. */
const EARLY_MS = 60_000;
/** A token this young that Command refuses is not stale: another one would be refused too. */
const MIN_AGE_MS = 1_000;
/** After a refusal nobody asks the token endpoint again for this long, so that no account is locked out. */
const REFUSED_FOR_MS = 5_000;

export interface OAuthOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
  readonly audience: string | undefined;
  readonly agents: Agents;
  readonly timeoutMs: number;
  readonly now: () => number;
}

interface Token {
  readonly header: string;
  readonly obtainedAt: number;
  readonly renewAt: number;
}

/**
 * OAuth client credentials: one token for everybody, fetched once at a time, renewed before its end.
 * @throws AccessError where the token endpoint refuses us, TransientError where it gives no useful answer
 */
export function createOAuthAuthorization(options: OAuthOptions): Authorization {
  let token: Token | null = null;
  let fetching: Promise<Token> | null = null;
  /** The token that was last given up since Command answered 401 to it, and whether the endpoint handed it out again. */
  let givenUp: { readonly header: string; readonly isBack: boolean } | null = null;
  let refusal: { readonly error: AccessError; readonly until: number } | null = null;

  async function renewed(): Promise<Token> {
    try {
      token = await fetchToken(options);
      if (givenUp !== null) givenUp = { ...givenUp, isBack: token.header === givenUp.header };
      return token;
    } catch (error) {
      if (error instanceof AccessError) refusal = { error, until: options.now() + REFUSED_FOR_MS };
      throw error;
    } finally {
      fetching = null;
    }
  }

  return {
    header: async () => {
      if (token && options.now() < token.renewAt) return token.header;
      if (refusal && options.now() < refusal.until) throw refusal.error;
      fetching ??= renewed();
      return (await fetching).header;
    },
    renew: (header) => {
      // An endpoint that keeps its tokens hands out the refused one: it is asked again, and nobody waits for what it says.
      const isSpent = givenUp?.header === header && givenUp.isBack;
      if (token?.header !== header) return !isSpent; // somebody renewed it meanwhile
      if (options.now() - token.obtainedAt < MIN_AGE_MS) return false;
      givenUp = { header, isBack: isSpent };
      token = null;
      return !isSpent;
    },
  };
}

async function fetchToken(options: OAuthOptions): Promise<Token> {
  const last = { status: 0 };
  const configuration = toConfiguration(options, last);
  const obtainedAt = options.now();
  try {
    const answer = await clientCredentialsGrant(configuration, {
      ...(options.scopes.length > 0 ? { scope: options.scopes.join(' ') } : {}),
      ...(options.audience ? { audience: options.audience } : {}),
    });
    const lifeMs = (answer.expires_in ?? USUAL_LIFE_S) * 1000;
    const renewAt = obtainedAt + Math.max(lifeMs - EARLY_MS, lifeMs * 0.8);
    return { header: `Bearer ${answer.access_token}`, obtainedAt, renewAt };
  } catch (error) {
    throw toTokenError(error, last.status, new URL(options.tokenUrl).host);
  }
}

/** No discovery: the token address is all that this grant needs. */
function toConfiguration(options: OAuthOptions, last: { status: number }): Configuration {
  const { clientId, clientSecret, tokenUrl, timeoutMs } = options;
  const server = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
  const configuration = new Configuration(server, clientId, {}, ClientSecretPost(clientSecret));
  configuration.timeout = timeoutMs / 1000;
  configuration[customFetch] = fetchWith(options, last);
  if (new URL(tokenUrl).protocol === 'http:') allowInsecureRequests(configuration);
  return configuration;
}

/** The library's requests over our own connections: the same CAs, proxy and limits as for Command. */
function fetchWith(options: OAuthOptions, last: { status: number }): CustomFetch {
  return async (address, request) => {
    const answer = await exchange({
      method: 'POST',
      address,
      headers: request.headers,
      body: request.body instanceof URLSearchParams ? request.body.toString() : '',
      timeoutMs: options.timeoutMs,
      agents: options.agents,
      signal: request.signal,
    });
    last.status = answer.status;
    const body = answer.status === 204 ? null : answer.text;
    return new Response(body, { status: answer.status, headers: contentType(answer.headers['content-type']) });
  };
}

function contentType(value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { 'content-type': value };
}

function toTokenError(error: unknown, status: number, host: string): Error {
  if (status === 400 || status === 401 || status === 403) {
    const word =
      error instanceof Error && 'error' in error && typeof error.error === 'string' ? ` (${error.error})` : '';
    return new AccessError(
      `the token endpoint ${host} refused us with ${status}${word}: check command.auth.clientId, clientSecret and scopes`,
      { status: status === 403 ? 403 : 401, route: 'POST token', cause: error },
    );
  }
  if (status === 0) return translateError(error, host);
  return new TransientError(
    `the token endpoint ${host} answered ${status} without a token: is command.auth.tokenUrl right?`,
    {
      cause: error,
    },
  );
}
