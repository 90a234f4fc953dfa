import { basicHeader, qualifiedUser } from '../../../../src/adapters/command/authorization.ts';
import { parseRetryAfter } from '../../../../src/adapters/command/retry-after.ts';
import { createStatusLineReader } from '../../../../src/adapters/command/status-line.ts';
import { toRestartAnswer } from '../../../../src/adapters/command/to-restart-answer.ts';
import { errorOfAnswer, isLasting, translateError } from '../../../../src/adapters/command/translate-error.ts';
import { RefusedError } from '../../../../src/core/errors.ts';

const NOW = Date.parse('2026-01-02T00:00:00Z');

test.each([
  [200, 'unknown'],
  [202, 'unknown'],
  [204, 'accepted'],
  [205, 'unknown'],
  [301, 'unknown'],
  [304, 'unknown'],
  [400, 'refused'],
  [401, 'denied'],
  [403, 'denied'],
  [404, 'refused'],
  [405, 'refused'],
  [407, 'refused'],
  [408, 'unknown'],
  [409, 'refused'],
  [411, 'not-sent'],
  [415, 'not-sent'],
  [422, 'refused'],
  [429, 'throttled'],
  [500, 'unknown'],
  [502, 'unknown'],
  [503, 'unknown'],
  [504, 'unknown'],
])('a restart that is answered with %d is %s', (status, type) => {
  expect(toRestartAnswer({ status, headers: {}, text: '' }, NOW).type).toBe(type);
});

test.each<readonly [string, string | undefined, number]>([
  ['seconds', '7', 7_000],
  ['a part of a second', '0.5', 500],
  ['a date', 'Fri, 02 Jan 2026 00:00:30 GMT', 30_000],
  ['a date gone by', 'Fri, 02 Jan 2026 00:00:00 GMT', 0],
  ['nothing', undefined, 5_000],
  ['nonsense', 'soon', 5_000],
  ['a year', '31536000', 900_000],
])('Retry-After with %s', (_title, value, ms) => {
  expect(parseRetryAfter(value, NOW)).toBe(ms);
});

test('a restart answered with a 503 that says how long is unknown, and everybody waits', () => {
  const reply = { status: 503, headers: { 'retry-after': '7' }, text: '' };

  expect(toRestartAnswer(reply, NOW)).toMatchObject({ type: 'unknown', retryAfterMs: 7000 });
  expect(toRestartAnswer({ ...reply, headers: {} }, NOW)).not.toHaveProperty('retryAfterMs');
});

test('a Retry-After date counts from the server’s own clock', () => {
  const headers = { 'retry-after': 'Fri, 02 Jan 2026 00:00:30 GMT', date: 'Fri, 02 Jan 2026 00:00:10 GMT' };

  expect(toRestartAnswer({ status: 429, headers, text: '' }, NOW - 9_999_999)).toEqual({
    type: 'throttled',
    retryAfterMs: 20_000,
  });
});

test.each<readonly [string, readonly string[], number | null]>([
  ['whole', ['HTTP/1.1 204 No Content\r\n'], 204],
  ['in pieces', ['HT', 'TP/1.1 2', '04 No Con', 'tent\r', '\n'], 204],
  ['without a reason', ['HTTP/1.1 204\r\n'], 204],
  ['with a bare line feed', ['HTTP/1.0 500 x\n'], 500],
  ['not ended', ['HTTP/1.1 204 No Content'], null],
  ['after interim answers', ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 204 x\r\n'], 204],
  ['an interim answer only', ['HTTP/1.1 100 Continue\r\n'], null],
  ['another protocol', ['SSH-2.0-x\r\n'], null],
  ['a status beyond', ['HTTP/1.1 999 x\r\n'], null],
])('a status line %s', (_title, chunks, status) => {
  const told: number[] = [];
  const reader = createStatusLineReader((code) => told.push(code));

  for (const chunk of chunks) reader.add(Buffer.from(chunk));
  reader.add(Buffer.from('HTTP/1.1 500 x\r\n'.repeat(status === null ? 0 : 1)));

  expect(reader.status).toBe(status);
  expect(told).toEqual(status === null ? [] : [status]);
});

test.each<readonly [number, Record<string, unknown> | null]>([
  [200, null],
  [204, null],
  [302, { code: 'TRANSIENT' }],
  [400, { code: 'REFUSED', status: 400, errorCode: '0x1' }],
  [401, { code: 'ACCESS', status: 401 }],
  [403, { code: 'ACCESS', status: 403, route: 'GET /CertificateAuthority' }],
  [404, { code: 'REFUSED', status: 404 }],
  [408, { code: 'TRANSIENT', retryAfterMs: null }],
  [429, { code: 'TRANSIENT', retryAfterMs: 5_000 }],
  [503, { code: 'TRANSIENT', retryAfterMs: null }],
])('a read that is answered with %d', (status, expected) => {
  const answer = { status, headers: {}, text: '{"ErrorCode":"0x1","Message":"m"}', broken: null };
  const error = errorOfAnswer(answer, 'GET /CertificateAuthority', NOW);

  if (expected) expect(error).toMatchObject(expected);
  else expect(error).toBeNull();
});

test.each([
  ['ECONNREFUSED', /connection refused by h:1: is Command up/, false],
  ['ENOTFOUND', /cannot be resolved/, false],
  ['ETIMEDOUT', /in time/, true],
  ['ECONNRESET', /cut the connection/, false],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /command\.tls\.caFile/, true],
  ['CERT_HAS_EXPIRED', /command\.tls\.caFile/, true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /host name/, true],
  ['ERR_ANSWER_TOO_LONG', /32 MB/, true],
  ['EODD', /no useful answer from h:1: boom/, false],
])('%s is told in words', (code, text, lasting) => {
  const cause = Object.assign(new Error('boom'), { code });
  const wrapped = Object.assign(new Error('boom', { cause }), { code: 'ERR_READING_RESPONSE_STREAM' });
  const error = translateError(wrapped, 'h:1');

  expect(error.message).toMatch(text);
  expect(error.code).toBe('TRANSIENT');
  expect(isLasting(error.cause)).toBe(lasting);
});

test('our own errors pass as they are', () => {
  const error = new RefusedError('no', { status: 400 });

  expect(translateError(error, 'h:1')).toBe(error);
});

test.each([
  ['jo', 'KEY', 'KEY\\jo'],
  ['KEY\\jo', 'OTHER', 'KEY\\jo'],
  ['jo@key.example', undefined, 'jo@key.example'],
  ['jo@key.example', 'KEY', 'KEY\\jo'],
  ['jo', '', 'jo'],
])('user %s of domain %s is %s', (username, domain, expected) => {
  expect(qualifiedUser(username, domain)).toBe(expected);
  const header = basicHeader({ username, domain, password: 'a:ü' });
  expect(Buffer.from(header.replace('Basic ', ''), 'base64').toString()).toBe(`${expected}:a:ü`);
});
