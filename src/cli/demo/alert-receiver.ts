import { createServer } from 'node:http';

/** Where the demonstration's alerts arrive, as a chat or ticket system would get them. */
export interface AlertReceiver {
  readonly url: string;
  readonly alerts: readonly ReceivedAlert[];
  /** Roots of which somebody was told that they recovered. */
  readonly recovered: readonly string[];
  /** Every message as it came. */
  readonly texts: readonly string[];
  stop(): Promise<void>;
}

export interface ReceivedAlert {
  readonly key: string;
  /** firing or resolved. */
  readonly status: string;
}

/** Starts a webhook on loopback and a free port. */
export async function startAlertReceiver(): Promise<AlertReceiver> {
  const alerts: ReceivedAlert[] = [];
  const recovered: string[] = [];
  const texts: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const message: unknown = JSON.parse(text);
      texts.push(text);
      if (textAt(message, 'event') === '')
        alerts.push({ key: textAt(message, 'key'), status: textAt(message, 'status') });
      else recovered.push(textAt(message, 'rootInstanceId'));
      response.end();
    });
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/alerts`,
    alerts,
    recovered,
    texts,
    stop: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Empty where there is none. */
function textAt(message: unknown, name: string): string {
  if (typeof message !== 'object' || message === null) return '';
  const value: unknown = Reflect.get(message, name);
  return typeof value === 'string' ? value : '';
}
