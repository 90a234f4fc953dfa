import type { Socket } from 'node:net';
import type { RestartAnswer } from '../../../src/core/restart-answer.ts';
import type { RestartRequest } from '../../../src/ports/command.ts';
import { aCommandClient, type TestClient } from '../../support/command-client-parts.ts';
import { onRequestHead, startRawServer, type RawServer } from '../../support/command-server.ts';
import { TEST_CERTIFICATE } from '../../support/command-tls.ts';

const ID = '0f3b7a52-1111-4222-8333-444455556666';
const REQUEST: RestartRequest = { instanceId: ID, version: null, withBody: false };

let server: RawServer | undefined;
let client: TestClient | undefined;

afterEach(async () => {
  await client?.command.close();
  await server?.stop();
  server = undefined;
  client = undefined;
});

interface Sending {
  readonly request?: RestartRequest;
  readonly mayStillSend?: () => boolean;
  readonly isTls?: boolean;
  /** Between the open line and the POST. */
  readonly before?: () => Promise<void> | void;
}

async function sendTo(onConnection: (socket: Socket) => void, sending: Sending = {}): Promise<RestartAnswer> {
  server = await startRawServer(onConnection, { isTls: sending.isTls ?? false });
  client = aCommandClient(server.url, sending.isTls ? { tls: { caFile: TEST_CERTIFICATE } } : {});
  const line = await client.command.openRestartLine();
  await sending.before?.();
  return await line.send(sending.request ?? REQUEST, sending.mayStillSend ?? (() => true));
}

/** Answers each request with these bytes, then does what follows. */
function answering(text: string, after: (socket: Socket) => void = (socket) => socket.end()) {
  return (socket: Socket): void => onRequestHead(socket, () => socket.write(text, () => after(socket)));
}

const http = (status: string, body = '', headers = '') =>
  `HTTP/1.1 ${status}\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const noContent = 'HTTP/1.1 204 No Content\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\n\r\n';

describe('an answer that was read', () => {
  const refusal = '{"ErrorCode":"0xA0110015","Message":"wrong state"}';

  test.each<readonly [string, string, Partial<RestartAnswer>]>([
    ['204', noContent, { type: 'accepted', status: 204, serverTime: Date.parse('2026-11-24T10:00:00Z') }],
    ['429', http('429 Too Many', '', 'Retry-After: 7\r\n'), { type: 'throttled', retryAfterMs: 7_000 }],
    ['411', http('411 Length Required'), { type: 'not-sent', needsBody: true }],
    ['415', http('415 Unsupported Media Type'), { type: 'not-sent', needsBody: true }],
    ['401', http('401 Unauthorized', '<html>'), { type: 'denied', status: 401 }],
    ['403', http('403 Forbidden', '{}'), { type: 'denied', status: 403 }],
    [
      '400',
      http('400 Bad', refusal),
      { type: 'refused', status: 400, errorCode: '0xA0110015', message: 'wrong state' },
    ],
    ['404', http('404 Not Found', '<html>'), { type: 'refused', status: 404, errorCode: null }],
    ['408', http('408 Request Timeout'), { type: 'unknown' }],
    ['500', http('500 Error', refusal), { type: 'unknown' }],
    ['502', http('502 Bad Gateway', '<html>'), { type: 'unknown' }],
    ['200 with a page', http('200 OK', '<html>maintenance</html>'), { type: 'unknown' }],
    ['202', http('202 Accepted'), { type: 'unknown' }],
    ['302, which is not followed', http('302 Found', '', 'Location: /elsewhere\r\n'), { type: 'unknown' }],
    [
      'an interim answer before the 204',
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${noContent}`,
      { type: 'accepted' },
    ],
    ['a status line alone, then the end', 'HTTP/1.1 204 No Content\r\n', { type: 'accepted', serverTime: null }],
    [
      'a refusal whose body is cut',
      'HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\n{"Err',
      { type: 'refused', status: 400 },
    ],
    ['half a status line', 'HTTP/1.1 20', { type: 'unknown' }],
    ['no HTTP at all', 'SSH-2.0-OpenSSH\r\n', { type: 'unknown' }],
  ])('%s', async (_title, text, expected) => {
    const answer = await sendTo(answering(text));

    expect(answer).toMatchObject(expected);
    expect(server?.received().match(/POST /g)).toHaveLength(1);
  });

  test('a 204 counts although the connection is reset straight after its status line', async () => {
    const answer = await sendTo(answering('HTTP/1.1 204 No Content\r\n', (socket) => socket.resetAndDestroy()));

    expect(answer).toEqual({ type: 'accepted', status: 204, serverTime: null });
  });

  test('a 204 counts although its headers never end', async () => {
    const answer = await sendTo(answering('HTTP/1.1 204 No Content\r\nX-Slow: ', () => {}));

    expect(answer).toEqual({ type: 'accepted', status: 204, serverTime: null });
  });

  test('a 204 that comes late but in time counts', async () => {
    const answer = await sendTo((socket) => onRequestHead(socket, () => setTimeout(() => socket.end(noContent), 300)));

    expect(answer).toMatchObject({ type: 'accepted' });
  });

  test('a throttled restart makes everybody wait, and a metric tells the result without an id', async () => {
    await sendTo(answering(http('429 Too Many', '', 'Retry-After: 7\r\n')));

    expect(client?.holdOffs).toEqual([7_000]);
    expect(client?.turns).toEqual(['restart']);
    expect(client?.events).toMatchObject([{ route: 'POST /Workflow/Instances/{id}/Restart', result: 'throttled' }]);
  });
});

describe('no answer', () => {
  test('a reset after the request was read is unknown', async () => {
    const answer = await sendTo((socket) => onRequestHead(socket, () => socket.resetAndDestroy()));

    expect(answer).toMatchObject({ type: 'unknown' });
  });

  test('an end without an answer is unknown', async () => {
    const answer = await sendTo((socket) => onRequestHead(socket, () => socket.end()));

    expect(answer).toMatchObject({ type: 'unknown' });
  });

  test('a server that hangs is unknown when time is up', async () => {
    const answer = await sendTo(() => {});

    expect(answer).toMatchObject({ type: 'unknown' });
    expect(server?.received()).toContain('POST ');
  });
});

describe('nothing sent', () => {
  const letEventsPass = () => new Promise<void>((resolve) => setTimeout(resolve, 50));

  test('too late to send: not one byte leaves', async () => {
    const answer = await sendTo(() => {}, { mayStillSend: () => false });

    await letEventsPass();
    expect(answer).toEqual({ type: 'not-sent', why: 'too late to send', needsBody: false });
    expect(server?.received()).toBe('');
  });

  test('a question that throws sends nothing', async () => {
    const mayStillSend = () => {
      throw new Error('clock gone');
    };

    const answer = await sendTo(() => {}, { mayStillSend });

    expect(answer).toMatchObject({ type: 'not-sent' });
    expect(server?.received()).toBe('');
  });

  test.each([
    ['closed', (socket: Socket) => void socket.end()],
    ['reset', (socket: Socket) => void setTimeout(() => socket.resetAndDestroy(), 10)],
    ['spoken to', (socket: Socket) => void socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n')],
  ])('a connection that was %s before the request carries nothing', async (_title, onConnection) => {
    const answer = await sendTo(onConnection, { before: letEventsPass });

    expect(answer).toMatchObject({ type: 'not-sent', needsBody: false });
    expect(server?.received()).toBe('');
  });

  test.each<readonly [string, (socket: Socket) => unknown, RestartAnswer['type']]>([
    ['reset is refused by the system: nothing left', (socket) => socket.resetAndDestroy(), 'not-sent'],
    ['closed takes the bytes: nobody knows', (socket) => socket.destroy(), 'unknown'],
  ])('a write to a connection that was just %s', async (_title, act, expected) => {
    let peer: Socket | undefined;

    const answer = await sendTo((socket) => (peer = socket), {
      before: letEventsPass,
      mayStillSend: () => {
        if (peer) act(peer);
        return true;
      },
    });

    expect(answer.type).toBe(expected);
  });

  test('the question is asked once, in the same step as the first byte', async () => {
    let asked = 0;
    let receivedWhenAsked: string | undefined;

    await sendTo(answering(noContent), {
      request: { instanceId: ID, version: 7, withBody: false },
      mayStillSend: () => {
        asked += 1;
        receivedWhenAsked = server?.received();
        return true;
      },
    });

    expect(asked).toBe(1);
    expect(receivedWhenAsked).toBe('');
  });

  test('a line is used once, and a closed one sends nothing', async () => {
    server = await startRawServer(answering(noContent));
    client = aCommandClient(server.url);
    const line = await client.command.openRestartLine();
    const closed = await client.command.openRestartLine();
    closed.close();

    expect(await line.send(REQUEST, () => true)).toMatchObject({ type: 'accepted' });
    expect(await line.send(REQUEST, () => true)).toMatchObject({ type: 'not-sent' });
    expect(await closed.send(REQUEST, () => true)).toMatchObject({ type: 'not-sent' });
    expect(server.received().match(/POST /g)).toHaveLength(1);
  });
});

describe('the request on the wire', () => {
  test.each([
    ['without a version: no body', REQUEST, `POST /KeyfactorAPI/Workflow/Instances/${ID}/Restart HTTP/1.1`, ''],
    ['with a body on demand', { ...REQUEST, withBody: true }, `/${ID}/Restart HTTP/1.1`, '{}'],
    [
      'with a version: in query and body',
      { ...REQUEST, version: 3 },
      `/${ID}/Restart?version=3 HTTP/1.1`,
      '{"version":3}',
    ],
  ])('%s', async (_title, request, firstLine, body) => {
    const answer = await sendTo((socket) => onRequestHead(socket, () => setTimeout(() => socket.end(noContent), 20)), {
      request,
    });

    const [head = '', sentBody = ''] = (server?.received() ?? '').split('\r\n\r\n');
    expect(answer.type).toBe('accepted');
    expect(head.split('\r\n')[0]).toContain(firstLine);
    expect(sentBody).toBe(body);
    expect(head).toMatch(new RegExp(`^content-length: ${body.length}$`, 'im'));
    expect(head).toMatch(/^x-keyfactor-requested-with: APIClient$/im);
    expect(head).toMatch(/^x-keyfactor-api-version: 1$/im);
    expect(head).toContain(`Basic ${Buffer.from('KEYEXAMPLE\\remediator:simulated').toString('base64')}`);
    expect(head).not.toMatch(/transfer-encoding/i);
  });

  test('every restart has a connection of its own', async () => {
    let connections = 0;
    server = await startRawServer((socket) => {
      connections += 1;
      answering(noContent, () => {})(socket);
    });
    client = aCommandClient(server.url);

    for (let n = 0; n < 3; n += 1) await (await client.command.openRestartLine()).send(REQUEST, () => true);

    expect(connections).toBe(3);
  });
});

describe('over TLS', () => {
  test('a server whose CA is trusted gets the restart', async () => {
    const answer = await sendTo(answering(noContent), { isTls: true });

    expect(answer).toMatchObject({ type: 'accepted' });
  });

  test.each([
    ['closed', (socket: Socket) => void socket.end()],
    ['reset', (socket: Socket) => void setTimeout(() => socket.destroy(), 10)],
  ])('a connection that was %s before the request carries nothing', async (_title, onConnection) => {
    const before = () => new Promise<void>((resolve) => setTimeout(resolve, 50));

    expect(await sendTo(onConnection, { isTls: true, before })).toMatchObject({ type: 'not-sent' });
  });

  test('too late to send: not one byte leaves', async () => {
    const answer = await sendTo(() => {}, { isTls: true, mayStillSend: () => false });

    expect(answer).toMatchObject({ type: 'not-sent' });
    expect(server?.received()).toBe('');
  });

  test('an unknown CA is told before anything is sent', async () => {
    server = await startRawServer(() => {}, { isTls: true });
    client = aCommandClient(server.url);

    await expect(client.command.openRestartLine()).rejects.toThrow('command.tls.caFile');
  });
});

test('a server that is not there is told when the line is opened', async () => {
  server = await startRawServer(() => {});
  const { url } = server;
  await server.stop();
  client = aCommandClient(url);

  await expect(client.command.openRestartLine()).rejects.toThrow('connection refused');
});

test('a signal ends the opening of a line', async () => {
  server = await startRawServer(() => {}, {});
  client = aCommandClient(server.url);

  await expect(client.command.openRestartLine(AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping');
});
