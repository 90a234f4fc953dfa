import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerOptions } from './parts.ts';

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** What a route asks for before it answers (DESIGN.md 7). */
export interface Guards {
  /** Open without a read token; the admin token also reads. */
  readonly read: Guard;
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
  return {
    read: async (request, reply) => {
      if (readToken === undefined) return;
      const token = bearerOf(request);
      if (isRead(token) || isAdmin(token)) return;
      throw unauthorized(reply, token);
    },
    admin: async (request, reply) => {
      if (adminToken === undefined)
        throw new HttpError(403, 'admin calls are switched off: http.adminToken is not set');
      const token = bearerOf(request);
      if (isAdmin(token)) return;
      if (isRead(token)) throw new HttpError(403, 'this token only reads');
      throw unauthorized(reply, token);
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

function unauthorized(reply: FastifyReply, token: string | null): HttpError {
  void reply.header('www-authenticate', 'Bearer');
  return new HttpError(401, token === null ? 'a bearer token is needed' : 'this token is not known');
}
