import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RestartRecord } from '../world/truth.ts';
import type { User } from '../world/types.ts';

/** What a route wants to be sent. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as it came in. */
export interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly search: URLSearchParams;
  readonly body: string;
}

/** What a route gets to see of a request: it is authenticated, and its path is known. */
export interface Exchange {
  readonly search: URLSearchParams;
  readonly body: string;
  readonly user: User;
  /** The record of this Restart in the ground truth. */
  readonly restart: RestartRecord | null;
  readonly parameters: Readonly<Record<string, string>>;
  /** Of the endpoint, not of the product: 1 or 2. */
  readonly apiVersion: number;
  /** How far behind the present reads are. */
  readonly staleMs: number;
}

/** Largest request body that is read. */
const MAX_BODY_BYTES = 1_000_000;

/** Reads a request body as text; null if it is too large. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === '0')) return '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
