import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerOptions } from './parts.ts';

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** What a route asks for before it answers (DESIGN.md 7). */
export interface Guards {
  /** Open without a read token; the admin token also reads. */
  readonly read: Guard;
  /** As `read`; a browser may also send the token as the password of Basic, which it asks its user for. */
  readonly page: Guard;
  /** 403 without an admin token in the configuration. */
  readonly admin: Guard;
}

/** A refusal with its HTTP status. */
export class HttpError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export function createGuards({ readToken, adminToken }: Pick<ServerOptions, 'readToken' | 'adminToken'>): Guards {
  const isRead = tokenCheck(readToken);
  const isAdmin = tokenCheck(adminToken);
  const mayRead = (token: string | null): boolean => readToken === undefined || isRead(token) || isAdmin(token);
  return {
    read: async (request, reply) => {
      const token = bearerOf(request);
      if (!mayRead(token)) throw unauthorized(reply, token, 'Bearer');
    },
    page: async (request, reply) => {
      const token = bearerOf(request) ?? passwordOf(request);
      if (!mayRead(token))
        throw unauthorized(reply, token, 'Basic realm="remediator: any user, the token as password"');
    },
    admin: async (request, reply) => {
      if (adminToken === undefined)
        throw new HttpError(403, 'admin calls are switched off: http.adminToken is not set');
      const token = bearerOf(request);
      if (isAdmin(token)) return;
      if (isRead(token)) throw new HttpError(403, 'this token only reads');
      throw unauthorized(reply, token, 'Bearer');
    },
  };
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function tokenCheck(expected: string | undefined): (token: string | null) => boolean {
  if (expected === undefined) return () => false;
  const wanted = digest(expected);
  return (token) => token !== null && timingSafeEqual(digest(token), wanted);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function bearerOf(request: FastifyRequest): string | null {
  return /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

function passwordOf(request: FastifyRequest): string | null {
  const encoded = /^Basic +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}

function unauthorized(reply: FastifyReply, token: string | null, challenge: string): HttpError {
  void reply.header('www-authenticate', challenge);
  return new HttpError(401, token === null ? 'a bearer token is needed' : 'this token is not known');
}
