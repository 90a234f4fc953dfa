import { createNotifiers } from '../../../src/adapters/notify/create-notifiers.ts';
import { WebhookNotifier } from '../../../src/adapters/notify/webhook-notifier.ts';
import { TransientError } from '../../../src/core/errors.ts';
import type { AlertMessage } from '../../../src/ports.ts';
import { startAlertSink } from '../../support/alert-sink.ts';
import type { AlertSink } from '../../support/alert-sink.ts';

const MESSAGE: AlertMessage = {
  version: 1,
  key: 'history',
  status: 'firing',
  severity: 'warning',
  cause: 'history',
  summary: 'look',
  count: 2,
  instances: ['a', 'b'],
  firstAt: '2026-03-10T12:00:00.000Z',
  lastAt: '2026-03-10T12:00:30.000Z',
  links: { status: 'https://remediator.example.com/' },
};

let sink: AlertSink;

beforeEach(async () => {
  sink = await startAlertSink();
});

afterEach(async () => {
  await sink.stop();
});

function aNotifier(changes: Partial<ConstructorParameters<typeof WebhookNotifier>[0]> = {}): WebhookNotifier {
  return new WebhookNotifier({ name: 'ops', events: ['alerts'], url: sink.url, ...changes });
}

test('posts the message as it is, with the token and headers of the channel', async () => {
  await aNotifier({ token: 'token-1', headers: { 'X-Team': 'pki' } }).send(MESSAGE);

  expect(sink.posts).toHaveLength(1);
  expect(sink.posts[0]?.body).toEqual(MESSAGE);
  expect(sink.posts[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: 'Bearer token-1',
    'x-team': 'pki',
  });
});

test.each([302, 400, 404, 429, 500, 503])('%i is not accepted, and nothing is posted twice', async (status) => {
  sink.answer(status);

  await expect(aNotifier().send(MESSAGE)).rejects.toThrow(new TransientError(`channel ops answered ${status}`));

  expect(sink.posts).toHaveLength(1);
});

test('no answer in time is not accepted', async () => {
  sink.answer(0);

  await expect(aNotifier({ timeoutMs: 100 }).send(MESSAGE)).rejects.toThrow('channel ops was not reached: time-out');
});

test.each([
  ['nobody listens', 'http://127.0.0.1:1/hook/secret-path'],
  ['a host that is not there', 'http://nowhere.invalid/hook/secret-path'],
])('an error never names the address: %s', async (_title, url) => {
  const failure: unknown = await aNotifier({ url })
    .send(MESSAGE)
    .catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(TransientError);
  expect(String(failure instanceof Error ? failure.stack : failure)).not.toContain('secret');
});

test('stops when told to', async () => {
  sink.answer(0);
  const stopping = new AbortController();
  const sending = aNotifier().send(MESSAGE, stopping.signal);
  await sink.untilPosted(1);

  stopping.abort();

  await expect(sending).rejects.toBeInstanceOf(TransientError);
});

test('two channels never share a name, and types without effect are left out', () => {
  const notifiers = createNotifiers([
    { type: 'webhook', url: sink.url, events: ['alerts'] },
    { type: 'pagerduty', url: sink.url, events: ['alerts'] },
    { type: 'webhook', url: sink.url, events: ['recovered'] },
  ]);

  expect(notifiers.map(({ name, events }) => [name, ...events])).toEqual([
    ['webhook', 'alerts'],
    ['webhook-2', 'recovered'],
  ]);
});
