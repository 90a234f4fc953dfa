import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import * as tls from 'node:tls';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import type { Agents } from './exchange.ts';
import { openSocket, proxyTls } from './open-socket.ts';
import type { CommandOptions, CommandTls } from './options.ts';
import type { Target } from './target.ts';

/** Reads that run at once over all of a process; the request budget is the real limit. */
const MAX_SOCKETS = 64;

/** How sockets are made: kept alive for many reads, or new for one restart. */
export interface Connections {
  readonly pool: Agents;
  /** @throws what the socket reports */
  open(timeoutMs: number, signal?: AbortSignal): Promise<Socket>;
  close(): void;
}

export function createConnections(options: Pick<CommandOptions, 'tls' | 'proxy'>, target: Target): Connections {
  const secure = toTlsOptions(options.tls);
  const proxy = options.proxy || undefined;
  const pool = createAgents(proxy, target.isTls, secure);
  return {
    pool,
    open: (timeoutMs, signal) => openSocket({ target, secure, proxy, timeoutMs }, signal),
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

/** `caFile` adds to the usual CAs; it does not replace them. */
export function toTlsOptions(options: CommandTls | undefined): https.AgentOptions {
  const ca = readPem(options?.caFile);
  const cert = readPem(options?.certificate);
  const key = readPem(options?.key);
  return {
    ...(ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: options?.skipVerify !== true,
  };
}

/** PEM text as it is, or the file of that name. */
function readPem(value: string | undefined): string | undefined {
  if (!value) return undefined;
  return value.includes('-----BEGIN') ? value : readFileSync(value, 'utf8');
}
