import type * as https from 'node:https';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import type { Target } from './target.ts';

export interface Opening {
  readonly target: Pick<Target, 'hostname' | 'port' | 'isTls'>;
  readonly secure: https.AgentOptions;
  readonly proxy: string | undefined;
  /** For the whole way: DNS, TCP, proxy, TLS. */
  readonly timeoutMs: number;
}

/** Opens one new connection and answers when it is ready to carry a request. @throws what the socket reports */
export async function openSocket(opening: Opening, signal?: AbortSignal): Promise<net.Socket> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(timeOut(opening.timeoutMs)), opening.timeoutMs);
  const onAbort = () => limit.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([connect(opening, limit.signal), rejectOn(limit.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** What an https proxy is checked against: the same CAs. */
export function proxyTls(secure: https.AgentOptions): { ca?: string[]; rejectUnauthorized: boolean } {
  return {
    ...(Array.isArray(secure.ca) ? { ca: secure.ca.map(String) } : {}),
    rejectUnauthorized: secure.rejectUnauthorized ?? true,
  };
}

async function connect(opening: Opening, limit: AbortSignal): Promise<net.Socket> {
  const socket = opening.proxy ? await openThroughProxy(opening, opening.proxy) : openDirectly(opening);
  limit.addEventListener('abort', () => socket.destroy(), { once: true });
  if (limit.aborted) socket.destroy(); // the proxy answered too late
  if (socket instanceof tls.TLSSocket) await once(socket, 'secureConnect');
  else if (socket.connecting) await once(socket, 'connect');
  socket.setTimeout(0);
  socket.setNoDelay(true);
  return socket;
}

function openDirectly({ target, secure }: Opening): net.Socket {
  return target.isTls ? tls.connect({ ...secure, ...placeOf(target) }) : net.connect(placeOf(target));
}

/** CONNECT, then TLS inside where the target wants it. */
function openThroughProxy({ target, secure, timeoutMs }: Opening, proxy: string): Promise<net.Socket> {
  const options = { proxy, keepAlive: false, proxyRequestOptions: proxyTls(secure) };
  const agent = target.isTls ? new HttpsProxyAgent(options) : new HttpProxyAgent(options);
  const place = { ...(target.isTls ? secure : {}), ...placeOf(target), timeout: timeoutMs };
  return new Promise((resolve, reject) => {
    agent.createConnection(place, (error, stream) => {
      if (stream instanceof net.Socket) resolve(stream);
      else reject(error ?? new Error('the proxy gave no connection'));
    });
  });
}

/** SNI takes names only, no addresses. */
function placeOf({ hostname, port }: Opening['target']): { host: string; port: number; servername?: string } {
  return { host: hostname, port, ...(net.isIP(hostname) ? {} : { servername: hostname }) };
}

function once(socket: net.Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('the connection was closed before it was ready'));
    socket.once('error', reject);
    socket.once('close', onClose);
    socket.once(event, () => {
      socket.off('error', reject);
      socket.off('close', onClose);
      resolve();
    });
  });
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function timeOut(ms: number): Error {
  return Object.assign(new Error(`no connection within ${ms} ms`), { code: 'ETIMEDOUT' });
}
