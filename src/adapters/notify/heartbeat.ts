import got from 'got';

export interface HeartbeatOptions {
  /** Undefined: nobody listens. */
  readonly url: string | undefined;
  readonly onResult: (result: 'ok' | 'failed') => void;
  readonly signal: AbortSignal;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/**
 * What tells a dead man's switch that sweeps go well: one GET a call. Nobody waits for it, it never throws, and a slow
 * listener gets no second one meanwhile. Only a 2xx is heard.
 */
export function createHeartbeat({ url, onResult, signal, timeoutMs = TIMEOUT_MS }: HeartbeatOptions): () => void {
  if (url === undefined) return () => undefined;
  let isUnderWay = false;
  const beat = async (): Promise<void> => {
    const heard = await isHeard(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    isUnderWay = false;
    if (!signal.aborted) onResult(heard ? 'ok' : 'failed');
  };
  return () => {
    if (isUnderWay || signal.aborted) return;
    isUnderWay = true;
    void beat();
  };
}

/** The body is not read: the first line of the answer is enough. */
async function isHeard(url: string, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stream = got.stream(url, { signal, retry: { limit: 0 }, followRedirect: false, throwHttpErrors: false });
  stream.once('response', ({ statusCode }: { readonly statusCode: number }) =>
    resolve(statusCode >= 200 && statusCode < 300),
  );
  stream.on('error', () => resolve(false)); // not told in words: the address may be a secret
  stream.once('close', () => resolve(false));
  return promise.finally(() => stream.destroy());
}
