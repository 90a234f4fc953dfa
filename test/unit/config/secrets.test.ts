import { loadConfig } from '../../../src/config/load-config.ts';
import { showValue } from '../../../src/config/mask.ts';
import { OPTIONS } from '../../../src/config/options.ts';
import { describeConfig, printConfig } from '../../../src/config/print-config.ts';
import { faultsOf, someFolder } from './config-faults.ts';

const folder = someFolder();
afterAll(folder.remove);

/** Stands wherever a secret can stand. */
const SECRET = 'hunter2';

const CHANNELS = [
  {
    type: 'webhook',
    url: `https://chat.example.com/hooks/${SECRET}?k=${SECRET}`,
    token: SECRET,
    headers: { 'X-A.b[': SECRET },
  },
  { type: 'alertmanager', url: `https://u:${SECRET}@am.example.com`, token: SECRET },
  { type: 'pagerduty', routingKey: SECRET },
  { type: 'email', url: `smtp://u:${SECRET}@mail:25`, from: 'a@example.com', to: ['b@example.com'] },
];

const EVERY_SECRET = {
  KEYFACTOR_PASSWORD: SECRET,
  KEYFACTOR_AUTH_CLIENT_SECRET: SECRET,
  KEYFACTOR_AUTH_ACCESS_TOKEN: SECRET,
  KEYFACTOR_AUTH_TOKEN_URL: `https://u:${SECRET}@t/x?k=${SECRET}`,
  REDIS_URL: `rediss://:${SECRET}@redis:6380/1`,
  REMEDIATOR__REDIS__SENTINEL__PASSWORD: SECRET,
  REMEDIATOR__REDIS__TLS__KEY: SECRET,
  REMEDIATOR__COMMAND__TLS__KEY: SECRET,
  REMEDIATOR__COMMAND__PROXY: `http://u:${SECRET}@proxy:3128`,
  REMEDIATOR__HTTP__READTOKEN: SECRET,
  REMEDIATOR__HTTP__ADMINTOKEN: SECRET,
  REMEDIATOR__SECURITY__FINGERPRINTKEY: SECRET,
  REMEDIATOR__ALERTS__HEARTBEATURL: `https://hc.example.com/${SECRET}`,
  REMEDIATOR__ALERTS__CHANNELS: JSON.stringify(CHANNELS),
  REMEDIATOR__HEALTH__ENDPOINTS: JSON.stringify([{ name: 'a', url: `http://u:${SECRET}@a/` }]),
};

test('the fixture sets every secret that there is', () => {
  const { sources } = loadConfig({ env: EVERY_SECRET });
  const secrets = OPTIONS.filter(({ isSecret, key }) => isSecret && !key.includes('[]'));

  expect(secrets.filter(({ key }) => sources.get(key)?.type !== 'environment')).toEqual([]);
});

test('no secret is printed, in either form', () => {
  const loaded = loadConfig({ env: EVERY_SECRET });

  expect(JSON.stringify(loaded.config)).toContain(SECRET);
  expect(printConfig(loaded, 'yaml')).not.toContain(SECRET);
  expect(printConfig(loaded, 'json')).not.toContain(SECRET);
  expect(JSON.stringify(describeConfig(loaded))).not.toContain(SECRET);
});

test('what is no secret of a URL is shown', () => {
  const yaml = printConfig(loadConfig({ env: EVERY_SECRET }), 'yaml');

  expect(yaml).toContain('rediss://***@redis:6380/1 # REDIS_URL');
  expect(yaml).toContain('https://hc.example.com/*** # REMEDIATOR__ALERTS__HEARTBEATURL');
});

const BAD_VALUES: readonly unknown[] = [
  [SECRET],
  { [SECRET]: SECRET },
  `ftp://u:${SECRET}@h/x`,
  `http://u:1/${SECRET}@h`,
  `//${SECRET}@h`,
  `u:${SECRET}@h`,
];

test.each(OPTIONS.filter(({ isSecret }) => isSecret).map(({ key }) => key))(
  'a fault of %s never shows its value',
  (key) => {
    const texts = [...BAD_VALUES, `${SECRET}?${SECRET}@`].map((value) => showValue(key.replaceAll('[]', '[0]'), value));

    expect(texts.join(' ')).not.toContain(SECRET);
  },
);

test.each(['http.host', 'log.level', 'command.url', 'rules[0].name'])(
  'a password before an @ is hidden in %s, too',
  (key) => {
    expect(
      BAD_VALUES.slice(2)
        .map((value) => showValue(key, value))
        .join(' '),
    ).not.toContain(`${SECRET}@`);
  },
);

test.each([
  ['a misspelt key', `command: { auth: { pasword: ${SECRET} } }`],
  ['a misspelt section', `comand: { auth: { password: ${SECRET} } }`],
  ['a secret in the place of a map', `alerts: ${SECRET}`],
  ['a misspelt key in a list', `alerts: { channels: [{ type: webhook, url: "https://h", tokn: ${SECRET} }] }`],
  ['a URL in the place of channels', `alerts: { channels: "https://h/${SECRET}" }`],
  ['a map for a token', `http: { readToken: { value: ${SECRET} } }`],
])('faults of %s do not show the secret', (_title, text) => {
  const file = folder.write('secret.yaml', text);

  expect(JSON.stringify(faultsOf({ file }))).not.toContain(SECRET);
});

test('faults of secret variables and files do not show the secret', () => {
  const env = {
    REMEDIATOR__ALERTS__CHANNELS: `[{"token": "${SECRET}"`,
    REMEDIATOR__HTTP__ADMINTOKN: SECRET,
    REDIS_URL_FILE: folder.write('redis-url', `http://:${SECRET}@redis`),
  };

  expect(JSON.stringify(faultsOf({ env }))).not.toContain(SECRET);
});
