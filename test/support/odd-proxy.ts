import * as http from 'node:http';

/** An answer on its way to the client. */
export interface PassingAnswer {
  status: number;
  /** Lower-cased names. */
  headers: Record<string, string>;
  text: string;
}

export interface PassingRequest {
  readonly method: string;
  /** Below the API. */
  readonly path: string;
  readonly search: URLSearchParams;
}

/** Changes an answer as an odd server would have given it. */
export type Oddity = (answer: PassingAnswer, request: PassingRequest) => void;

export interface OddProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** Stands before a simulated Command and makes of its answers what another server might have said. */
export async function startOddProxy(origin: string, oddities: readonly Oddity[]): Promise<OddProxy> {
  const agent = new http.Agent({ keepAlive: true });
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', origin);
    const path = url.pathname.replace(/^\/KeyfactorAPI/i, '');
    try {
      const answer = await pass(request, { origin, agent });
      for (const oddity of oddities) oddity(answer, { method: request.method ?? '', path, search: url.searchParams });
      write(answer, response);
    } catch {
      request.socket.destroy(); // the server behind it cut the connection, and so does this one
    }
  };
  const server = http.createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

async function pass(
  request: http.IncomingMessage,
  { origin, agent }: { readonly origin: string; readonly agent: http.Agent },
): Promise<PassingAnswer> {
  const body = await textOf(request);
  const { host: _host, ...headers } = request.headers;
  const passed = http.request(new URL(request.url ?? '/', origin), { method: request.method, headers, agent });
  request.once('close', () => passed.destroy());
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    passed.once('response', resolve);
    passed.once('error', reject);
    passed.end(body);
  });
  const text = await textOf(answer);
  const kept = Object.entries(answer.headers).flatMap(([name, value]) =>
    typeof value === 'string' && !HOP_BY_HOP.has(name) ? [[name, value] as const] : [],
  );
  return { status: answer.statusCode ?? 502, headers: Object.fromEntries(kept), text };
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

async function textOf(stream: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** In two chunks where it asks for them, else as a whole. */
function write({ status, headers, text }: PassingAnswer, response: http.ServerResponse): void {
  response.sendDate = false;
  response.writeHead(status, headers);
  if (headers['transfer-encoding'] === 'chunked' && text.length > 1) {
    response.write(text.slice(0, text.length / 2));
    response.end(text.slice(text.length / 2));
  } else response.end(text);
}
