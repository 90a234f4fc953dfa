import * as http from 'node:http';

export interface SeenPost {
  readonly path: string;
  readonly body: Record<string, unknown>;
  /** The body, where it is a list. */
  readonly list: readonly unknown[];
  readonly headers: http.IncomingHttpHeaders;
  readonly status: number;
}

/** A receiver of alerts that can refuse them. */
export interface AlertSink {
  readonly url: string;
  /** Every post, refused ones included. */
  readonly posts: readonly SeenPost[];
  accepted(): readonly Record<string, unknown>[];
  /** The next posts are answered so, then 200 again; 0: never answered. */
  answer(...statuses: readonly number[]): void;
  /** Every post to come is answered so. */
  answerAll(status: number): void;
  /** Resolves once that many posts were accepted. */
  untilAccepted(count: number): Promise<readonly Record<string, unknown>[]>;
  untilPosted(count: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startAlertSink(): Promise<AlertSink> {
  const posts: SeenPost[] = [];
  let planned: number[] = [];
  let usual = 200;
  const watchers = new Set<() => void>();
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const status = planned.shift() ?? usual;
      const body: unknown = JSON.parse(text);
      const list: readonly unknown[] = Array.isArray(body) ? body : [];
      posts.push({ path: request.url ?? '', body: toBody(body), list, headers: request.headers, status });
      if (status > 0) response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('seen');
      for (const watch of watchers) watch();
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const accepted = (): readonly Record<string, unknown>[] =>
    posts.filter(({ status }) => status >= 200 && status < 300).map(({ body }) => body);
  const until = async (isThere: () => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = (): void => (isThere() ? resolve() : undefined);
    watchers.add(watch);
    watch();
    await promise;
    watchers.delete(watch);
  };
  return {
    url: `http://127.0.0.1:${port}/hook/secret-path`,
    posts,
    accepted,
    answer: (...statuses) => (planned = [...statuses]),
    answerAll: (status) => (usual = status),
    untilAccepted: async (count) => {
      await until(() => accepted().length >= count);
      return accepted();
    },
    untilPosted: async (count) => until(() => posts.length >= count),
    stop: async () => {
      server.closeAllConnections();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await promise;
    },
  };
}

function toBody(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
