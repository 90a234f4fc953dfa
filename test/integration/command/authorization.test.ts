import { once } from 'node:events';
import * as http from 'node:http';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import { aCommandClient } from '../../support/command-client-parts.ts';
import { startScriptedServer, type ScriptedServer } from '../../support/command-server.ts';
import { TEST_CERTIFICATE } from '../../support/command-tls.ts';

const STATUS = 'GET /Status/Endpoints';
const TOKEN = 'POST /token';
const ID = '0f3b7a52-1111-4222-8333-444455556666';
const RESTART = `POST /Workflow/Instances/${ID}/Restart`;
const restart = { instanceId: ID, version: null, withBody: false };

let server: ScriptedServer;
let clock = 0;

beforeEach(async () => {
  server = await startScriptedServer();
  clock = Date.now();
});

afterEach(async () => {
  await server.stop();
  expect(server.unplanned).toEqual([]);
  expect(server.left()).toEqual([]);
});

function anOAuthClient() {
  const auth = {
    clientId: 'remediator',
    clientSecret: 'hush',
    tokenUrl: `${server.url}/token`,
    scopes: ['one', 'two'],
    audience: 'command',
  };
  return aCommandClient(server.url, { auth, now: () => clock }).command;
}

const token = (name: string, seconds = 300) => ({
  body: { access_token: name, token_type: 'Bearer', expires_in: seconds },
});

const bearers = () => server.seen.filter(({ path }) => path !== '/token').map(({ headers }) => headers.authorization);

test('one token serves everybody until shortly before its end', async () => {
  const command = anOAuthClient();
  server.plan(TOKEN, token('t1'), token('t2'));
  server.plan(STATUS, { body: [] }, { body: [] }, { body: [] });

  await Promise.all([command.checkAccess(), command.checkAccess()]);
  clock += 241_000;
  await command.checkAccess();

  expect(bearers()).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2']);
  const form = new URLSearchParams(server.seen.find(({ path }) => path === '/token')?.body);
  expect(Object.fromEntries(form)).toEqual({
    grant_type: 'client_credentials',
    client_id: 'remediator',
    client_secret: 'hush',
    scope: 'one two',
    audience: 'command',
  });
  await command.close();
});

test('a read that is answered with 401 goes once more, with a new token', async () => {
  const command = anOAuthClient();
  server.plan(TOKEN, token('t1'), token('t2'));
  server.plan(STATUS, { body: [] }, { status: 401 }, { body: [] });

  await command.checkAccess();
  clock += 5_000;
  await command.checkAccess();

  expect(bearers()).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2']);
  await command.close();
});

test('a new token that is refused too is access trouble', async () => {
  const command = anOAuthClient();
  server.plan(TOKEN, token('t1'), token('t2'));
  server.plan(STATUS, { body: [] }, { status: 401 }, { status: 401 });
  await command.checkAccess();
  clock += 5_000;

  await expect(command.checkAccess()).rejects.toMatchObject({ code: 'ACCESS', status: 401 });
  await command.close();
});

test('a restart that is denied is not repeated; the next line has a new token', async () => {
  const command = anOAuthClient();
  server.plan(TOKEN, token('t1'), token('t2'));
  server.plan(RESTART, { status: 401 }, { status: 204 });

  const line = await command.openRestartLine();
  clock += 5_000;
  expect(await line.send(restart, () => true)).toMatchObject({ type: 'denied', status: 401, isWorthNewToken: true });
  const next = await command.openRestartLine();
  expect(await next.send(restart, () => true)).toMatchObject({ type: 'accepted' });

  expect(bearers()).toEqual(['Bearer t1', 'Bearer t2']);
  await command.close();
});

test('a restart that is denied with the new token as well is worth no third one', async () => {
  const command = anOAuthClient();
  server.plan(TOKEN, token('t1'), token('t2'));
  server.plan(RESTART, { status: 401 }, { status: 401 });

  const line = await command.openRestartLine();
  clock += 5_000;
  await line.send(restart, () => true);
  const next = await command.openRestartLine();
  clock += 5_000;
  const again = await next.send(restart, () => true);

  expect(again).toMatchObject({ type: 'denied', status: 401 });
  expect(again).not.toHaveProperty('isWorthNewToken');
  expect(bearers()).toEqual(['Bearer t1', 'Bearer t2']);
  await command.close();
});

test('a token that the endpoint hands out again after a 401 is renewed once, however many restarts are denied with it', async () => {
  const command = anOAuthClient();
  server.plan(TOKEN, token('t1'), token('t1'), token('t1'), token('t2'));
  server.plan(RESTART, ...Array.from({ length: 5 }, () => ({ status: 401 })), { status: 204 });
  const sent = async (count: number): Promise<readonly unknown[]> => {
    const lines = [];
    for (let one = 0; one < count; one++) lines.push(await command.openRestartLine());
    clock += 5_000;
    const answers = [];
    for (const line of lines) answers.push(await line.send(restart, () => true));
    return answers.map((answer) => (answer.type === 'denied' ? (answer.isWorthNewToken ?? false) : answer.type));
  };

  const before = await sent(2);
  const again = await sent(2);
  const third = await sent(1);
  const renewed = await sent(1);

  expect([before, again, third, renewed]).toEqual([[true, true], [false, false], [false], ['accepted']]);
  expect(bearers()).toEqual([...Array.from({ length: 5 }, () => 'Bearer t1'), 'Bearer t2']);
  await command.close();
});

test.each([
  ['a token that was given', { accessToken: 'given' }],
  ['Basic', { username: 'x', password: 'y' }],
])('a restart that is denied with %s is worth no second one', async (_title, auth) => {
  const { command } = aCommandClient(server.url, { auth });
  server.plan(RESTART, { status: 401 });

  const answer = await (await command.openRestartLine()).send(restart, () => true);

  expect(answer).not.toHaveProperty('isWorthNewToken');
  await command.close();
});

test('a client that the token endpoint refuses is access trouble, and it is not asked again at once', async () => {
  const command = anOAuthClient();
  server.plan(TOKEN, { status: 401, body: { error: 'invalid_client' } });

  await expect(command.checkAccess()).rejects.toThrow(/invalid_client.*command\.auth\.clientId/);
  await expect(command.checkAccess()).rejects.toMatchObject({ code: 'ACCESS', status: 401 });
  await command.close();
});

test.each([
  ['is away', { status: 503 }],
  ['sends a page', { text: '<html>' }],
  ['sends no token', { body: {} }],
])('a token endpoint that %s is a passing trouble', async (_title, reply) => {
  const command = anOAuthClient();
  server.plan(TOKEN, reply, reply, reply);

  await expect(command.checkAccess()).rejects.toMatchObject({ code: 'TRANSIENT' });
  await command.close();
});

test('a token that was given is sent as it is', async () => {
  const { command } = aCommandClient(server.url, { auth: { accessToken: 'given', username: 'x' } });
  server.plan(STATUS, { body: [] });

  await command.checkAccess();

  expect(bearers()).toEqual(['Bearer given']);
  await command.close();
});

test.each([
  ['plain', false],
  ['TLS', true],
])('reads and restarts go through the proxy (%s)', async (_title, isTls) => {
  const target = await startScriptedServer({ isTls });
  const proxy = await startProxy();
  const { command } = aCommandClient(target.url, { proxy: proxy.url, tls: { caFile: TEST_CERTIFICATE } });
  target.plan(STATUS, { body: [] });
  target.plan(RESTART, { status: 204 });
  try {
    await command.checkAccess();
    const line = await command.openRestartLine();
    expect(await line.send(restart, () => true)).toMatchObject({ type: 'accepted' });

    const place = new URL(target.url).host;
    expect(proxy.tunnels).toEqual([place, place]);
  } finally {
    await command.close();
    await Promise.all([target.stop(), proxy.stop()]);
  }
});

/** A proxy that knows CONNECT only. */
async function startProxy() {
  const tunnels: string[] = [];
  const sockets = new Set<Duplex>();
  const proxy = http.createServer();
  proxy.on('connect', (request, client) => {
    tunnels.push(request.url ?? '');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const onward = net.connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    for (const socket of [onward, client]) socket.on('error', () => {});
    for (const socket of [onward, client]) sockets.add(socket);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    tunnels,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.closeAllConnections();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}
