import { connect } from 'node:net';
import got, { HTTPError } from 'got';
import type { Probe } from '../../ports/probe.ts';

export interface Endpoint {
  readonly name: string;
  readonly url?: string | undefined;
  /** `host:port`. */
  readonly tcp?: string | undefined;
}

/** The health checks of the endpoints that rules may depend on, by name. */
export function createProbes(endpoints: readonly Endpoint[]): ReadonlyMap<string, Probe> {
  return new Map(
    endpoints.map(({ name, url, tcp }) => [name, url === undefined ? tcpProbe(tcp ?? '') : httpProbe(url)]),
  );
}

/** Well if a GET answers below 500. */
function httpProbe(url: string): Probe {
  return {
    check: async (timeoutMs, signal) => {
      try {
        const answer = await got(url, {
          retry: { limit: 0 },
          followRedirect: false,
          timeout: { request: timeoutMs },
          ...(signal ? { signal } : {}),
        });
        return { isGood: true, message: `answered ${answer.statusCode}` };
      } catch (error) {
        const status = error instanceof HTTPError ? error.response.statusCode : null;
        if (status !== null) return { isGood: status < 500, message: `answered ${status}` };
        return { isGood: false, message: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** Well if a connection opens. */
function tcpProbe(address: string): Probe {
  const at = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, at), Number(address.slice(at + 1))];
  return {
    check: async (timeoutMs) =>
      new Promise((resolve) => {
        const socket = connect({ host, port });
        const end = (isGood: boolean, message: string): void => {
          socket.destroy();
          resolve({ isGood, message });
        };
        socket.setTimeout(timeoutMs, () => end(false, `no connection within ${timeoutMs} ms`));
        socket.once('connect', () => end(true, 'connected'));
        socket.once('error', (error) => end(false, error.message));
      }),
  };
}
