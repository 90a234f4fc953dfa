import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import type { Agents } from './exchange.ts';
import type { CommandOptions, CommandTls } from './options.ts';
import type { Target } from './target.ts';

/** Reads that run at once over all of a process; the request budget is the real limit. */
const MAX_SOCKETS = 64;

/** How sockets are made: for many reads, or one for one restart. */
export interface Connections {
  /** Kept-alive sockets for reads. */
  readonly pool: Agents;
  /** Opens one new connection and answers when it is ready to carry a request. @throws what the socket reports */
  open(target: Target, timeoutMs: number, signal?: AbortSignal): Promise<net.Socket>;
  close(): void;
}

export function createConnections(
  options: Pick<CommandOptions, 'tls' | 'proxy'>,
  target: Pick<Target, 'isTls'>,
): Connections {
  const secure = toTlsOptions(options.tls);
  const pool = createAgents(options.proxy, target.isTls, secure);
  return {
    pool,
    open: async (to, timeoutMs, signal) => {
      const socket = await withLimit(timeoutMs, signal, (limit) => connect(to, secure, options.proxy, limit));
      socket.setNoDelay(true);
      return socket;
    },
    close: () => {
      pool.http?.destroy();
      pool.https?.destroy();
    },
  };
}

function createAgents(proxy: string | undefined, isTls: boolean, secure: https.AgentOptions): Agents {
  const shared = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const proxied = proxy === undefined ? null : { ...shared, proxy, proxyRequestOptions: proxyTls(secure) };
  if (!isTls) return { http: proxied ? new HttpProxyAgent(proxied) : new http.Agent(shared) };
  return {
    https: proxied ? new HttpsProxyAgent({ ...proxied, ...secure }) : new https.Agent({ ...shared, ...secure }),
  };
}

function proxyTls(secure: https.AgentOptions): { ca?: string[]; rejectUnauthorized: boolean } {
  return {
    ...(Array.isArray(secure.ca) ? { ca: secure.ca.map(String) } : {}),
    rejectUnauthorized: secure.rejectUnauthorized ?? true,
  };
}

/** Opens a socket; `limit` destroys it when time is up. */
async function connect(
  target: Target,
  secure: https.AgentOptions,
  proxy: string | undefined,
  limit: AbortSignal,
): Promise<net.Socket> {
  const { hostname: host, port } = target;
  const place = { host, port, ...(net.isIP(host) ? {} : { servername: host }) };
  const raw = proxy ? await openThroughProxy(proxy, place, secure, target.isTls) : openDirectly(place, secure, target);
  limit.addEventListener('abort', () => raw.destroy(toError(limit.reason)), { once: true });
  if (limit.aborted) raw.destroy(toError(limit.reason));
  const ready = raw instanceof tls.TLSSocket ? 'secureConnect' : 'connect';
  const isReady = raw instanceof tls.TLSSocket ? false : !raw.connecting && !raw.destroyed;
  if (!isReady) await once(raw, ready);
  return raw;
}

function openDirectly(place: { host: string; port: number }, secure: https.AgentOptions, target: Target): net.Socket {
  return target.isTls ? tls.connect({ ...secure, ...place }) : net.connect(place);
}

/** CONNECT, then TLS inside where the target wants it. */
function openThroughProxy(
  proxy: string,
  place: { host: string; port: number },
  secure: https.AgentOptions,
  isTls: boolean,
): Promise<net.Socket> {
  const options = { proxy, keepAlive: false, proxyRequestOptions: proxyTls(secure) };
  const agent = isTls ? new HttpsProxyAgent(options) : new HttpProxyAgent(options);
  return new Promise((resolve, reject) => {
    agent.createConnection({ ...(isTls ? secure : {}), ...place }, (error, stream) => {
      if (stream instanceof net.Socket) resolve(stream);
      else reject(error ?? new Error('the proxy gave no connection'));
    });
  });
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

async function withLimit<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  open: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(timeOut(timeoutMs)), timeoutMs);
  const onAbort = () => limit.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    return await Promise.race([open(limit.signal), rejectOn(limit.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(toError(signal.reason)), { once: true });
  });
}

function timeOut(ms: number): Error {
  return Object.assign(new Error(`no connection within ${ms} ms`), { code: 'ETIMEDOUT' });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** `caFile` adds to the usual CAs; it does not replace them. */
export function toTlsOptions(options: CommandTls | undefined): https.AgentOptions {
  const ca = readPem(options?.caFile);
  const cert = readPem(options?.certificate);
  const key = readPem(options?.key);
  return {
    ...(ca === undefined ? {} : { ca: [...usualAuthorities(), ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: options?.skipVerify !== true,
  };
}

function usualAuthorities(): readonly string[] {
  return tls.getCACertificates('default');
}

function readPem(value: string | undefined): string | undefined {
  if (!value) return undefined;
  return value.includes('-----BEGIN') ? value : readFileSync(value, 'utf8');
}
