import type { ServerResponse } from 'node:http';
import type { Knobs } from '../scenario/knobs.ts';
import { ApiError } from './api-error.ts';
import type { Answer } from './exchange.ts';
import { toCamelCase } from './render.ts';

/** Sends an answer with the headers that all answers of Command carry. */
export function send(response: ServerResponse, answer: Answer, knobs: Knobs): void {
  if (response.destroyed || response.headersSent) return;
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.body === undefined) {
    response.end();
    return;
  }
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(inCase(answer.body, knobs));
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

/** An error in the form that the knob `errors` asks for. */
export function toErrorAnswer(error: unknown, knobs: Knobs): Answer {
  const known = error instanceof ApiError ? error : new ApiError(500, '0xA0010001', 'An unexpected error occurred.');
  const headers = known.status === 401 ? { 'www-authenticate': 'Basic realm="keyfactor"' } : {};
  if (knobs.errors === 'html') return htmlAnswer(known.status, known.message, headers);
  if (knobs.errors === 'empty') return { status: known.status, headers };
  return { status: known.status, headers, body: { ErrorCode: known.code, Message: known.message } };
}

/** A page such as a proxy or the web server in front of Command sends. */
export function htmlAnswer(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = `<!DOCTYPE html><html><head><title>${status}</title></head><body><h2>${status}</h2><p>${message.replaceAll('<', '&lt;')}</p></body></html>\n`;
  return { status, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' }, body };
}

function inCase(body: unknown, knobs: Knobs): unknown {
  return knobs.propertyCase === 'camel' ? toCamelCase(body) : body;
}
