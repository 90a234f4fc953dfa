import { createNotifiers } from '../../../src/adapters/notify/create-notifiers.ts';
import { JsonNotifier } from '../../../src/adapters/notify/json-notifier.ts';
import { TransientError } from '../../../src/core/errors.ts';
import type { AlertMessage } from '../../../src/ports/alerts.ts';
import { startAlertSink } from '../../support/alert-sink.ts';
import type { AlertSink } from '../../support/alert-sink.ts';
import { startMailSink } from '../../support/mail-sink.ts';

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

function aNotifier(changes: Partial<ConstructorParameters<typeof JsonNotifier>[0]> = {}): JsonNotifier {
  return new JsonNotifier({ name: 'ops', events: ['alerts'], url: sink.url, ...changes });
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

const ORIGIN = { source: 'command.keyexample.com', repeatInterval: 3_600_000 };

test('two channels never share a name', () => {
  const notifiers = createNotifiers(
    [
      { type: 'webhook', url: sink.url, events: ['alerts'] },
      { type: 'pagerduty', url: sink.url, events: ['alerts'], routingKey: 'key' },
      { type: 'webhook', url: sink.url, events: ['recovered'] },
    ],
    ORIGIN,
  );

  expect(notifiers.map(({ name, events }) => [name, ...events])).toEqual([
    ['webhook', 'alerts'],
    ['pagerduty', 'alerts'],
    ['webhook-2', 'recovered'],
  ]);
});

describe('Alertmanager', () => {
  const send = async (message: AlertMessage, repeatInterval = ORIGIN.repeatInterval): Promise<unknown> => {
    const url = sink.url.replace(/\/hook.*/, '/');
    const origin = { ...ORIGIN, repeatInterval };
    await createNotifiers([{ type: 'alertmanager', url, token: 't', events: ['alerts'] }], origin)[0]?.send(message);
    return sink.posts.at(-1)?.list[0];
  };

  test('is told one alert, with labels that stay as they are and an end two repeats away', async () => {
    const alert = await send(MESSAGE);

    expect(sink.posts[0]?.path).toBe('/api/v2/alerts');
    expect(sink.posts[0]?.headers).toMatchObject({ authorization: 'Bearer t' });
    expect(alert).toEqual({
      labels: {
        alertname: 'remediator-history',
        cause: 'history',
        key: 'history',
        severity: 'warning',
        source: 'command.keyexample.com',
      },
      annotations: { summary: 'look', count: '2', instances: 'a b', status: 'https://remediator.example.com/' },
      startsAt: '2026-03-10T12:00:00.000Z',
      endsAt: '2026-03-10T14:00:30.000Z',
      generatorURL: 'https://remediator.example.com/',
    });
  });

  test('a resolved alert ends now; one that is told once stays for long', async () => {
    expect(await send({ ...MESSAGE, status: 'resolved' })).toMatchObject({ endsAt: MESSAGE.lastAt });
    expect(await send(MESSAGE, 0)).toMatchObject({ endsAt: '2027-03-10T12:00:30.000Z' });
  });
});

describe('PagerDuty', () => {
  const send = async (message: AlertMessage): Promise<unknown> => {
    await createNotifiers([{ type: 'pagerduty', url: sink.url, routingKey: 'r', events: ['alerts'] }], ORIGIN)[0]?.send(
      message,
    );
    return sink.posts.at(-1)?.body;
  };

  test('an alert triggers one incident a key and installation, and its end resolves it', async () => {
    const fired = await send(MESSAGE);
    const resolved = await send({ ...MESSAGE, status: 'resolved' });

    expect(fired).toEqual({
      routing_key: 'r',
      event_action: 'trigger',
      dedup_key: 'command.keyexample.com history',
      payload: {
        summary: 'look',
        source: 'command.keyexample.com',
        severity: 'warning',
        timestamp: MESSAGE.lastAt,
        class: 'history',
        custom_details: { key: 'history', count: 2, instances: ['a', 'b'], firstAt: MESSAGE.firstAt },
      },
      links: [{ text: 'status', href: 'https://remediator.example.com/' }],
    });
    expect(resolved).toMatchObject({ event_action: 'resolve', dedup_key: 'command.keyexample.com history' });
  });

  test('keeps to the lengths that are taken', async () => {
    const sent = await send({ ...MESSAGE, key: 'k'.repeat(400), summary: 's'.repeat(2000) });

    const { dedup_key: key, payload } = sent as { dedup_key: string; payload: { summary: string } };
    expect([key.length, payload.summary.length]).toEqual([255, 1024]);
  });
});

describe('email', () => {
  const aMailer = (url: string, to: readonly string[]) =>
    createNotifiers([{ type: 'email', url, from: 'remediator@keyexample.com', to, events: ['alerts'] }], ORIGIN)[0];

  test('each message is one mail to all, with what a person needs', async () => {
    const mail = await startMailSink();
    try {
      await aMailer(mail.url, ['pki@keyexample.com', 'night@keyexample.com'])?.send(MESSAGE);

      expect(mail.recipients).toEqual(['pki@keyexample.com', 'night@keyexample.com']);
      expect(mail.mails).toHaveLength(1);
      expect(mail.mails[0]).toMatch(/^Subject: \[remediator\] warning: history$/m);
      expect(mail.mails[0]).toMatch(/^look\n\nCount: 2\nInstances: a\n {2}b\nSince: 2026-03-10T12:00:00.000Z$/m);
    } finally {
      await mail.stop();
    }
  });

  test('what the new id is, for those who hold the old one', async () => {
    const mail = await startMailSink();
    try {
      await aMailer(mail.url, ['pki@keyexample.com'])?.send({
        version: 1,
        event: 'remediation.recovered',
        rootInstanceId: 'old',
        oldInstanceIds: ['old', 'older'],
        newInstanceId: 'new',
        title: 'a title\r\nBcc: everybody@keyexample.com',
        recoveredAt: MESSAGE.lastAt,
      });

      expect(mail.recipients).toEqual(['pki@keyexample.com']);
      expect(mail.mails[0]).not.toMatch(/^Bcc/m);
      expect(mail.mails[0]).toMatch(/^New instance: new$/m);
    } finally {
      await mail.stop();
    }
  });

  test('a mail that one recipient did not get, or no server took, is not accepted', async () => {
    const mail = await startMailSink();
    try {
      const partly = aMailer(mail.url, ['pki@keyexample.com', 'nobody@keyexample.com'])?.send(MESSAGE);
      await expect(partly).rejects.toThrow(TransientError);
    } finally {
      await mail.stop();
    }
    const failure: unknown = await aMailer('smtp://user:secret@127.0.0.1:1', ['pki@keyexample.com'])
      ?.send(MESSAGE)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientError);
    expect(String(failure instanceof Error ? failure.stack : failure)).not.toContain('secret');
  });
});
