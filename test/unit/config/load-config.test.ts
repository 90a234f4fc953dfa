import { loadConfig } from '../../../src/config/load-config.ts';
import { describeSource } from '../../../src/config/source.ts';
import { someFolder } from './config-faults.ts';

const folder = someFolder();
afterAll(folder.remove);

const BASIC = {
  KEYFACTOR_HOSTNAME: 'keyfactor.example.com',
  KEYFACTOR_USERNAME: 'KEYEXAMPLE\\bot',
  KEYFACTOR_PASSWORD: 'pw',
};

test('has all defaults without a file or a variable', () => {
  const { config, file } = loadConfig({ env: {} });

  expect(file).toBeNull();
  expect(config).toMatchObject({
    mode: 'observe',
    command: { apiPath: 'KeyfactorAPI', timeout: 60_000, dialect: 'auto', statusMap: 'auto', oldRow: 'auto' },
    redis: { url: 'redis://127.0.0.1:6379', prefix: 'remediator' },
    poll: { interval: 30_000, lookback: 14 * 86_400_000, backlog: { maxAge: 86_400_000, maxCount: 200 } },
    restart: { maxAttempts: 4, version: 'latest', approvals: 'once', maybeIssued: 'hold' },
    backoff: { unreachable: { first: 5_000, factor: 2 }, failed: { first: 300_000, factor: 4 }, jitter: 0.5 },
    rules: [],
    http: { port: 8080 },
    log: { level: 'info', pretty: 'auto' },
  });
});

test('is frozen to the last leaf', () => {
  const { config } = loadConfig({ env: { REMEDIATOR__RULES: '[{"name":"a","match":{"ca":"x"}}]' } });

  expect(Object.isFrozen(config.poll.backlog)).toBe(true);
  expect(Object.isFrozen(config.rules)).toBe(true);
  expect(Object.isFrozen(config.rules[0]?.match)).toBe(true);
});

test('defaults < file < usual names < own variables < command line, each with its source', () => {
  const file = folder.write(
    'layers.yaml',
    'log: { level: debug, pretty: true }\nredis:\n  url: redis://file\n  prefix: file\npoll: { interval: 1m }\n',
  );
  const env = {
    REDIS_URL: 'redis://usual',
    LOG_LEVEL: 'WARN',
    REMEDIATOR__LOG__LEVEL: 'error',
    remediator__redis__Prefix: 'own',
  };

  const { config, sources } = loadConfig({ file, env, overrides: { mode: 'active', 'poll.interval': '2m' } });

  expect(config).toMatchObject({ mode: 'active', log: { level: 'error', pretty: true }, poll: { interval: 120_000 } });
  expect(config.redis).toMatchObject({ url: 'redis://usual', prefix: 'own' });
  const shown = ['mode', 'log.level', 'log.pretty', 'redis.url', 'redis.prefix', 'http.port'].map((key) =>
    describeSource(sources.get(key) ?? { type: 'default' }),
  );
  expect(shown).toEqual([
    'command line',
    'REMEDIATOR__LOG__LEVEL',
    `${file}:1`,
    'REDIS_URL',
    'remediator__redis__Prefix',
    'default',
  ]);
});

test('takes the file that REMEDIATOR_CONFIG names, unless one is given', () => {
  const one = folder.write('one.yaml', 'mode: active');
  const other = folder.write('other.yaml', 'http: { port: 0 }');

  expect(loadConfig({ env: { REMEDIATOR_CONFIG: one } }).config.mode).toBe('active');
  expect(loadConfig({ file: other, env: { REMEDIATOR_CONFIG: one } }).config).toMatchObject({
    mode: 'observe',
    http: { port: 0 },
  });
});

test.each([
  ['an empty file', ''],
  ['comments only', '# nothing\n'],
  ['a section with nothing below it', 'restart:\npoll: ~\n'],
])('takes %s for all defaults', (_title, text) => {
  const file = folder.write('empty.yaml', text);

  expect(loadConfig({ file, env: {} }).config).toEqual(loadConfig({ env: {} }).config);
});

test.each([
  ['a host', { KEYFACTOR_HOSTNAME: 'kf.example.com' }, { url: 'https://kf.example.com' }],
  ['a host with a port', { KEYFACTOR_HOSTNAME: 'kf.example.com:8443' }, { url: 'https://kf.example.com:8443' }],
  ['a URL', { KEYFACTOR_HOSTNAME: 'http://127.0.0.1:9/' }, { url: 'http://127.0.0.1:9' }],
  [
    'a URL with the API path',
    { KEYFACTOR_HOSTNAME: 'http://127.0.0.1:9/keyfactorapi/' },
    { url: 'http://127.0.0.1:9' },
  ],
  ['an API path', { KEYFACTOR_API_PATH: '/Keyfactor/API/' }, { apiPath: 'Keyfactor/API' }],
  ['bare seconds', { KEYFACTOR_CLIENT_TIMEOUT: '30' }, { timeout: 30_000 }],
  ['a time-out with a unit', { KEYFACTOR_CLIENT_TIMEOUT: '2m' }, { timeout: 120_000 }],
  ['scopes with commas', { KEYFACTOR_AUTH_SCOPES: 'a,b c' }, { auth: { scopes: ['a', 'b', 'c'] } }],
  ['a CA file', { KEYFACTOR_AUTH_CA_CERT: '/ca.pem' }, { tls: { caFile: '/ca.pem' } }],
  ['skip verify', { KEYFACTOR_SKIP_VERIFY: '1' }, { tls: { skipVerify: true } }],
  ['an empty variable as none', { KEYFACTOR_CLIENT_TIMEOUT: '' }, { timeout: 60_000 }],
] as const)('reads %s from its usual name', (_title, env, expected) => {
  expect(loadConfig({ env }).config.command).toMatchObject(expected);
});

test.each([
  ['REMEDIATOR__RESTART__MAXATTEMPTS', '5', { restart: { maxAttempts: 5 } }],
  ['remediator__poll__backlog__maxAge', '2d', { poll: { backlog: { maxAge: 172_800_000 } } }],
  ['REMEDIATOR__SCOPE__DEFINITIONS', '["a","b"]', { scope: { definitions: ['a', 'b'] } }],
  [
    'REMEDIATOR__COMMAND__STATUSMAP',
    '{"Failed":4,"Suspended":2}',
    { command: { statusMap: { Failed: 4, Suspended: 2 } } },
  ],
  ['REMEDIATOR__COMMAND__STATUSMAP', 'auto', { command: { statusMap: 'auto' } }],
  ['REMEDIATOR__COMMAND__DIALECT', '25', { command: { dialect: 25 } }],
  ['REMEDIATOR__COMMAND__TLS__SKIPVERIFY', 'TRUE', { command: { tls: { skipVerify: true } } }],
  ['REMEDIATOR__RESTART__VERSION', '7', { restart: { version: 7 } }],
  ['REMEDIATOR__BACKOFF__JITTER', '0.25', { backoff: { jitter: 0.25 } }],
  ['REMEDIATOR__RETENTION', '{"ended":"30d"}', { retention: { ended: 2_592_000_000, audit: 34_560_000_000 } }],
  ['REMEDIATOR__LOG__PRETTY', 'false', { log: { pretty: false } }],
])('reads %s=%s', (variable, text, expected) => {
  expect(loadConfig({ env: { [variable]: text } }).config).toMatchObject(expected);
});

test('an option says it more exactly than its section', () => {
  const env = { REMEDIATOR__POLL__SETTLE: '1s', REMEDIATOR__POLL: '{"settle":"2s","interval":"5s"}' };

  expect(loadConfig({ env }).config.poll).toMatchObject({ settle: 1_000, interval: 5_000 });
});

test('reads rules and windows with what they leave out', () => {
  const file = folder.write(
    'rules.yaml',
    `rules:
  - name: all
    match: {}
    maxAttempts: 2
    backoff: { first: 1m, failed: { factor: 3 } }
    onlyDuring: [{ cron: '0  6 * * 1-5', duration: 12h, timeZone: Europe/Berlin }]
  - { name: none, action: ignore, version: 12, maybeIssued: restart, dependencies: [smtp] }
maintenance: [{ cron: 0 22 * * 6, duration: 4h }]
`,
  );

  const { rules, maintenance } = loadConfig({ file, env: {} }).config;

  expect(rules).toEqual([
    {
      name: 'all',
      match: {},
      action: 'restart',
      maxAttempts: 2,
      backoff: { first: 60_000, failed: { factor: 3 } },
      onlyDuring: [{ cron: '0 6 * * 1-5', duration: 43_200_000, timeZone: 'Europe/Berlin' }],
    },
    { name: 'none', match: {}, action: 'ignore', version: 12, maybeIssued: 'restart', dependencies: ['smtp'] },
  ]);
  expect(maintenance).toEqual([{ cron: '0 22 * * 6', duration: 14_400_000, timeZone: 'UTC' }]);
});

test('reads each sort of alert channel', () => {
  const channels = [
    {
      type: 'webhook',
      url: 'https://chat.example.com/x',
      headers: { 'X-Team': 'pki' },
      events: ['alerts', 'recovered'],
    },
    { type: 'alertmanager', url: 'http://alertmanager:9093' },
    { type: 'pagerduty', routingKey: 'key' },
    { type: 'email', url: 'smtp://mail:25', from: 'a@example.com', to: ['b@example.com'] },
  ];

  const { config } = loadConfig({ env: { REMEDIATOR__ALERTS__CHANNELS: JSON.stringify(channels) } });

  expect(config.alerts.channels).toMatchObject(channels);
  expect(config.alerts.channels[2]).toMatchObject({
    url: 'https://events.pagerduty.com/v2/enqueue',
    events: ['alerts'],
  });
});

test.each([
  ['nothing', {}, [2, 4]],
  ['the shared factor', { REMEDIATOR__BACKOFF__FACTOR: '3' }, [3, 3]],
  ['one ladder', { REMEDIATOR__BACKOFF__FAILED__FACTOR: '5' }, [2, 5]],
  ['both', { REMEDIATOR__BACKOFF__FACTOR: '3', REMEDIATOR__BACKOFF__FAILED__FACTOR: '5' }, [3, 5]],
] as const)('factors of the two ladders when %s is set', (_title, env, expected) => {
  const { backoff } = loadConfig({ env }).config;

  expect([backoff.unreachable.factor, backoff.failed.factor]).toEqual(expected);
});

test('keeps texts that look like numbers to the letter', () => {
  const file = folder.write('numbers.yaml', 'command: { auth: { username: 007, password: 1e5, domain: null } }');

  expect(loadConfig({ file, env: {} }).config.command.auth).toEqual({ username: '007', password: '1e5', scopes: [] });
});

test.each([
  ['KEYFACTOR_PASSWORD_FILE', 's3cret\n', { command: { auth: { password: 's3cret' } } }],
  ['KEYFACTOR_AUTH_CLIENT_SECRET_FILE', ' s3cret \r\n', { command: { auth: { clientSecret: ' s3cret ' } } }],
  ['KEYFACTOR_AUTH_ACCESS_TOKEN_FILE', 's3cret', { command: { auth: { accessToken: 's3cret' } } }],
  ['REDIS_URL_FILE', 'redis://:s3cret@r\n', { redis: { url: 'redis://:s3cret@r' } }],
  ['REMEDIATOR__HTTP__ADMINTOKEN_FILE', 's3cret\n', { http: { adminToken: 's3cret' } }],
  ['remediator__security__fingerprintkey_file', 's3cret\n', { security: { fingerprintKey: 's3cret' } }],
  [
    'REMEDIATOR__ALERTS__CHANNELS_FILE',
    '[{"type":"pagerduty","routingKey":"k"}]',
    { alerts: { channels: [{ routingKey: 'k' }] } },
  ],
])('reads a secret from the file that %s names', (variable, text, expected) => {
  const path = folder.write('secret', text);

  const { config, sources } = loadConfig({ env: { [variable]: path } });

  expect(config).toMatchObject(expected);
  expect([...sources.values()]).toContainEqual({ type: 'secret-file', variable, path });
});

test.each([
  ['Basic', BASIC],
  [
    'OAuth',
    {
      KEYFACTOR_HOSTNAME: 'k',
      KEYFACTOR_AUTH_CLIENT_ID: 'i',
      KEYFACTOR_AUTH_CLIENT_SECRET: 's',
      KEYFACTOR_AUTH_TOKEN_URL: 'https://t',
    },
  ],
  ['a token', { KEYFACTOR_HOSTNAME: 'k', KEYFACTOR_AUTH_ACCESS_TOKEN: 't' }],
])('%s is enough to talk to Command', (_title, env) => {
  expect(loadConfig({ env, requirements: ['command'] }).config.command.url).toMatch(/^https:/);
});
