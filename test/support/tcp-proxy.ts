import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What the line does.
 * - `open`: passes everything on;
 * - `cut`: all connections are reset, new ones refused;
 * - `silent`: nothing passes in either direction, nobody is told (no reset): what was sent meanwhile is never delivered;
 * - `deaf`: requests arrive, answers are swallowed;
 * - `held`: requests arrive, answers wait until the line is open again.
 */
export type LineState = 'open' | 'cut' | 'silent' | 'deaf' | 'held';

/** A line between a client and a server that can be cut, silenced and slowed down. */
export interface TcpProxy {
  readonly port: number;
  /** After `silent` and `deaf` the connections of that time are reset: nothing of it is delivered late. */
  set(state: LineState): void;
  /** Opens the line for new connections only: the present ones stay silent, and nobody tells their ends. */
  forget(): void;
  /** Becomes `held` with the first request that contains this text: the server does it, the client does not learn of it. */
  holdFrom(text: string): void;
  /** Answers take this much longer. */
  delayAnswers(ms: number): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  held: Buffer[];
  isSpoilt: boolean;
  isForgotten: boolean;
}

/** Starts one on loopback and a free port. */
export async function startTcpProxy(target: { readonly port: number; readonly host?: string }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const line: { state: LineState; delayMs: number; trigger: string | null } = {
    state: 'open',
    delayMs: 0,
    trigger: null,
  };

  const toServer = (pair: Pair, data: Buffer): void => {
    if (line.trigger !== null && data.includes(line.trigger)) {
      line.trigger = null;
      line.state = 'held';
    }
    if (line.state === 'silent') pair.isSpoilt = true;
    else if (!pair.isSpoilt) pair.server.write(data);
  };
  const toClient = (pair: Pair, data: Buffer): void => {
    if (line.state === 'silent' || line.state === 'deaf') pair.isSpoilt = true;
    if (pair.isSpoilt) return;
    if (line.state === 'held' || pair.held.length > 0) pair.held.push(data);
    else pair.client.write(data);
  };
  const close = (pair: Pair): void => {
    pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  };

  const listener = createServer((client) => {
    if (line.state === 'cut') return void client.resetAndDestroy();
    const server = connect(target.port, target.host ?? '127.0.0.1');
    const pair: Pair = { client, server, held: [], isSpoilt: false, isForgotten: false };
    pairs.add(pair);
    client.on('data', (data: Buffer) => toServer(pair, data));
    pair.server.on('data', (data: Buffer) => {
      if (line.delayMs === 0) toClient(pair, data);
      else setTimeout(() => toClient(pair, data), line.delayMs);
    });
    for (const socket of [client, pair.server]) {
      socket.setNoDelay(true);
      socket.on('error', () => close(pair));
      // While nothing passes, the other side does not learn of an end either.
      socket.on('close', () => (line.state === 'silent' || line.state === 'deaf' ? undefined : close(pair)));
    }
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  listener.listen(0, '127.0.0.1', resolve);
  await listening;

  return {
    port: (listener.address() as AddressInfo).port,
    set: (state) => {
      line.state = state;
      for (const pair of pairs) {
        if (state === 'cut' || (state === 'open' && pair.isSpoilt && !pair.isForgotten)) close(pair);
        else if (state === 'open') for (const data of pair.held.splice(0)) pair.client.write(data);
      }
    },
    forget: () => {
      line.state = 'open';
      for (const pair of pairs) Object.assign(pair, { isSpoilt: true, isForgotten: true });
    },
    holdFrom: (text) => void (line.trigger = text),
    delayAnswers: (ms) => void (line.delayMs = ms),
    stop: async () => {
      for (const pair of pairs) close(pair);
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      listener.close(() => done());
      await closed;
    },
  };
}
