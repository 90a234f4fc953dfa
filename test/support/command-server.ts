import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { TEST_CERTIFICATE, TEST_KEY } from './command-tls.ts';

/** What a planned call is answered with; a function writes the answer itself. */
export type PlannedReply =
  | {
      readonly status?: number;
      readonly headers?: Record<string, string>;
      readonly body?: unknown;
      readonly text?: string;
    }
  | ((request: SeenRequest, response: http.ServerResponse) => void);

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly search: URLSearchParams;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A local HTTP server that answers what was planned, in order, and refuses every other call. */
export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Calls that came without a plan. */
  readonly unplanned: readonly string[];
  /** Plans the answer to the next call of that method and path (below the API). */
  plan(route: string, ...replies: readonly PlannedReply[]): void;
  /** Plans that no call came for. */
  left(): readonly string[];
  stop(): Promise<void>;
}

export async function startScriptedServer(options: { isTls?: boolean } = {}): Promise<ScriptedServer> {
  const plans: { route: string; reply: PlannedReply }[] = [];
  const seen: SeenRequest[] = [];
  const unplanned: string[] = [];
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const call = await readRequest(request);
    seen.push(call);
    const route = `${call.method} ${call.path.replace(/^\/KeyfactorAPI/, '')}`;
    const index = plans.findIndex((plan) => plan.route === route);
    const [plan] = index === -1 ? [] : plans.splice(index, 1);
    if (!plan) unplanned.push(route);
    answer(plan?.reply ?? { status: 599, text: `unplanned: ${route}` }, call, response);
  };
  const listener: http.RequestListener = (request, response) => void serve(request, response);
  const server = options.isTls
    ? https.createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, listener)
    : http.createServer(listener);
  const port = await listen(server);
  return {
    url: `${options.isTls ? 'https' : 'http'}://127.0.0.1:${port}`,
    seen,
    unplanned,
    plan: (route, ...replies) => plans.push(...replies.map((reply) => ({ route, reply }))),
    left: () => plans.map(({ route }) => route),
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A local TCP (or TLS) server that hands over bare sockets, for what no HTTP server would do. */
export interface RawServer {
  readonly url: string;
  readonly port: number;
  /** All that was received, over all connections. */
  received(): string;
  stop(): Promise<void>;
}

export async function startRawServer(
  onConnection: (socket: net.Socket) => void,
  options: { isTls?: boolean } = {},
): Promise<RawServer> {
  const sockets = new Set<net.Socket>();
  let text = '';
  const accept = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    onConnection(socket);
  };
  const server = options.isTls
    ? tls.createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, accept)
    : net.createServer(accept);
  const port = await listen(server);
  return {
    url: `${options.isTls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    received: () => text,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Runs once the whole head of a request has come in; the body, where there is one, may still be on its way. */
export function onRequestHead(socket: net.Socket, act: (head: string) => void): void {
  let head = '';
  let isDone = false;
  socket.on('data', (chunk: Buffer) => {
    head += chunk.toString('latin1');
    if (isDone || !head.includes('\r\n\r\n')) return;
    isDone = true;
    act(head);
  });
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function readRequest(request: http.IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const url = request.url ?? '';
  const parsed = new URL(url, 'http://localhost');
  return {
    method: request.method ?? '',
    path: parsed.pathname,
    search: parsed.searchParams,
    url,
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

function answer(reply: PlannedReply, call: SeenRequest, response: http.ServerResponse): void {
  if (typeof reply === 'function') return reply(call, response);
  const text = reply.text ?? (reply.body === undefined ? '' : JSON.stringify(reply.body));
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
  response.end(text);
}
