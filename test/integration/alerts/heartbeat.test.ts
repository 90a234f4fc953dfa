import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHeartbeat } from '../../../src/adapters/notify/heartbeat.ts';

/** A listener that answers with this status; 0: not at all. */
async function aListener(status: number) {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (status > 0) response.writeHead(status).end('x'.repeat(100));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { calls, stop, url: `http://127.0.0.1:${port}/ping/secret` };
}

/** The heartbeat, and what it told, one promise a result. */
function aHeartbeat(url: string | undefined, timeoutMs = 5000) {
  const results: string[] = [];
  let told = Promise.withResolvers<string>();
  const stopping = new AbortController();
  const onResult = (result: string): void => {
    results.push(result);
    told.resolve(result);
    told = Promise.withResolvers();
  };
  const beat = createHeartbeat({ url, onResult, signal: stopping.signal, timeoutMs });
  return { beat, results, stopping, next: async () => told.promise };
}

test.each([
  [200, 'ok'],
  [204, 'ok'],
  [302, 'failed'],
  [404, 'failed'],
  [500, 'failed'],
  [0, 'failed'],
])('a listener that answers %i: %s', async (status, expected) => {
  const listener = await aListener(status);
  const { beat, next } = aHeartbeat(listener.url, status === 0 ? 100 : 5000);

  beat();

  expect(await next()).toBe(expected);
  expect(listener.calls).toEqual(['GET /ping/secret']);
  await listener.stop();
});

test('a slow listener gets no second one meanwhile, and the next after it', async () => {
  const listener = await aListener(0);
  const { beat, next, results } = aHeartbeat(listener.url, 200);

  beat();
  beat();
  await next();
  beat();
  await next();

  expect(results).toEqual(['failed', 'failed']);
  expect(listener.calls).toHaveLength(2);
  await listener.stop();
});

test('nobody is called without an address, or once the daemon stops', async () => {
  const listener = await aListener(200);
  const { beat, stopping, results } = aHeartbeat(listener.url);
  stopping.abort();

  beat();
  aHeartbeat(undefined).beat();

  expect(results).toEqual([]);
  expect(listener.calls).toEqual([]);
  await listener.stop();
});
