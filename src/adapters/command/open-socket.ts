import type * as https from 'node:https';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import type { Target } from './target.ts';

/** A Restart may be silent for minutes: firewalls forget connections on which nothing moves. */
const KEEP_ALIVE_MS = 30_000;

export interface Opening {
  readonly target: Pick<Target, 'hostname' | 'port' | 'isTls'>;
  readonly secure: https.AgentOptions;
  readonly proxy: string | undefined;
  /** For the whole way: DNS, TCP, proxy, TLS. */
  readonly timeoutMs: number;
}

/** Opens one new connection and answers when it is ready to carry a request. @throws what the socket reports */
export function openSocket(opening: Opening, signal?: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const way: Way = { socket: null, isOver: false };
    const giveUp = (reason: unknown): void => {
      way.isOver = true;
      way.socket?.destroy();
      settle();
      reject(reason);
    };
    const onAbort = () => giveUp(signal?.reason);
    const timer = setTimeout(() => giveUp(timeOut(opening.timeoutMs)), opening.timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) return onAbort();
    void connect(opening, way).then((socket) => {
      settle();
      return resolve(socket);
    }, giveUp);
    return undefined;
  });
}

/** A connection on its way; once it is over, what still comes of it is closed. */
interface Way {
  socket: net.Socket | null;
  isOver: boolean;
}

/** What an https proxy is checked against: the same CAs. */
export function proxyTls(secure: https.AgentOptions): { ca?: string[]; rejectUnauthorized: boolean } {
  return {
    ...(Array.isArray(secure.ca) ? { ca: secure.ca.map(String) } : {}),
    rejectUnauthorized: secure.rejectUnauthorized ?? true,
  };
}

async function connect(opening: Opening, way: Way): Promise<net.Socket> {
  const socket = opening.proxy ? await openThroughProxy(opening, opening.proxy) : openDirectly(opening);
  way.socket = socket;
  if (way.isOver) socket.destroy(); // the proxy answered too late
  if (socket instanceof tls.TLSSocket) await once(socket, 'secureConnect');
  else if (socket.connecting) await once(socket, 'connect');
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
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

function timeOut(ms: number): Error {
  return Object.assign(new Error(`no connection within ${ms} ms`), { code: 'ETIMEDOUT' });
}
