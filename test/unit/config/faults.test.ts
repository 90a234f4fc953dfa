import { ConfigError, describeFault } from '../../../src/config/config-error.ts';
import { faultsOf, someFolder } from './config-faults.ts';

const folder = someFolder();
afterAll(folder.remove);

/** What a case says about its fault; the rest is checked for all alike. */
interface Expected {
  readonly key: string;
  readonly problem?: string;
  readonly value?: string;
  readonly allowed?: unknown;
}

const ANY_TEXT: unknown = expect.any(String);

function textWith(part: string): unknown {
  return expect.stringContaining(part);
}

test.each([
  [
    'a word for a count',
    'restart: { maxAttempts: many }',
    { key: 'restart.maxAttempts', value: '"many"', problem: 'is not allowed' },
  ],
  ['a count of 0', 'restart: { maxAttempts: 0 }', { key: 'restart.maxAttempts', value: '"0"' }],
  [
    'a count above a million',
    'restart: { perMinute: 1000001 }',
    { key: 'restart.perMinute', allowed: 'a whole number from 1 to 1000000' },
  ],
  ['a fraction for a count', 'restart: { perMinute: 1.5 }', { key: 'restart.perMinute', value: '"1.5"' }],
  ['a duration without a unit', 'poll: { interval: 30 }', { key: 'poll.interval', value: '"30"' }],
  [
    'a duration that is too short',
    'poll: { settle: 10ms }',
    { key: 'poll.settle', allowed: textWith('at least 50ms') },
  ],
  ['no pause at all between sweeps', 'poll: { interval: 0s }', { key: 'poll.interval' }],
  ['a number out of range', 'backoff: { jitter: 1.1 }', { key: 'backoff.jitter', allowed: 'a number from 0 to 1' }],
  ['an unknown word', 'mode: actve', { key: 'mode', value: '"actve"', allowed: 'observe | active' }],
  ['a wrong protocol', 'redis: { url: "http://r" }', { key: 'redis.url', allowed: 'a redis or rediss URL' }],
  ['a URL with a user', 'command: { url: "https://u:pw@kf" }', { key: 'command.url', value: '"***@kf"' }],
  [
    'a status map without Failed',
    'command: { statusMap: { Complete: 2 } }',
    { key: 'command.statusMap', value: 'a map' },
  ],
  ['one integer for two', 'command: { statusMap: { Failed: 2, Complete: 2 } }', { key: 'command.statusMap' }],
  ['a text for a list', 'scope: { types: Enrollment }', { key: 'scope.types', value: '"Enrollment"' }],
  ['a list for a text', 'http: { host: [a] }', { key: 'http.host', value: 'a list' }],
  ['a map for a text', 'http: { host: { a: b } }', { key: 'http.host', value: 'a map' }],
  ['a value for a section', 'restart: 5', { key: 'restart', problem: 'is not a map of options' }],
  ['a list for a section', 'restart: [5]', { key: 'restart', problem: 'is not a map of options' }],
  ['a list for everything', '- restart', { key: 'configuration', problem: 'is not a map of options' }],
  ['a port above 65535', 'http: { port: 65536 }', { key: 'http.port' }],
  ['a prefix with a blank', 'redis: { prefix: "a b" }', { key: 'redis.prefix' }],
  ['a rule without a name', 'rules: [{ match: {} }]', { key: 'rules[0].name', problem: 'is missing' }],
  ['a rule that is no map', 'rules: [hold]', { key: 'rules[0]', value: '"hold"' }],
  [
    'an unknown action',
    'rules: [{ name: a, action: retry }]',
    { key: 'rules[0].action', allowed: 'restart | hold | ignore' },
  ],
  ['a minute that no hour has', 'maintenance: [{ cron: 61 * * * *, duration: 1h }]', { key: 'maintenance[0].cron' }],
  ['a day that never comes', 'maintenance: [{ cron: 0 0 30 2 *, duration: 1h }]', { key: 'maintenance[0].cron' }],
  ['a time drawn by lot', 'maintenance: [{ cron: H 0 * * *, duration: 1h }]', { key: 'maintenance[0].cron' }],
  ['four cron fields', 'maintenance: [{ cron: 0 22 * *, duration: 1h }]', { key: 'maintenance[0].cron' }],
  [
    'a zone that is none',
    'maintenance: [{ cron: 0 22 * * 6, duration: 1h, timeZone: Mars/Base }]',
    { key: 'maintenance[0].timeZone' },
  ],
  [
    'a window without length',
    'maintenance: [{ cron: 0 22 * * 6 }]',
    { key: 'maintenance[0].duration', problem: 'is missing' },
  ],
  [
    'an endpoint with url and tcp',
    'health: { endpoints: [{ name: a, url: "http://a", tcp: "a:1" }] }',
    { key: 'health.endpoints[0]' },
  ],
  ['an endpoint with neither', 'health: { endpoints: [{ name: a }] }', { key: 'health.endpoints[0]' }],
  ['a port that is none', 'health: { endpoints: [{ name: a, tcp: "a:0" }] }', { key: 'health.endpoints[0].tcp' }],
  ['an unknown channel', 'alerts: { channels: [{ type: fax }] }', { key: 'alerts.channels[0].type', value: '"fax"' }],
  [
    'a channel without url',
    'alerts: { channels: [{ type: webhook }] }',
    { key: 'alerts.channels[0].url', problem: 'is missing' },
  ],
  [
    'short retention',
    'retention: { ended: 20d }',
    { key: 'retention.ended', problem: 'is too short', value: '"20d"', allowed: textWith('21d') },
  ],
  [
    'long look-back',
    'poll: { lookback: 90d }',
    { key: 'retention.ended', problem: 'is too short', value: '"90d"', allowed: textWith('97d') },
  ],
] as readonly (readonly [string, string, Expected])[])('refuses %s', (_title, text, expected) => {
  const file = folder.write('fault.yaml', text);

  expect(faultsOf({ file })).toEqual([
    expect.objectContaining({ problem: 'is not allowed', allowed: ANY_TEXT, source: `${file}:1`, ...expected }),
  ]);
});

test.each([
  ['restart: { maxAtempts: 5 }', 'restart.maxAtempts', 'restart.maxAttempts'],
  ['restart: { maxattempts: 5 }', 'restart.maxattempts', 'restart.maxAttempts'],
  ['maxAttempts: 5', 'maxAttempts', 'restart.maxAttempts'],
  ['restarts: { maxAttempts: 5 }', 'restarts', 'restart'],
  ['rules: [{ name: a, match: { issuer: b, temlate: c } }]', 'rules[0].match.temlate', 'rules[].match.template'],
  ['rules: [{ name: a, mach: {} }]', 'rules[0].mach', 'rules[].match'],
])('suggests what %p meant', (text, key, suggestion) => {
  const file = folder.write('unknown.yaml', text);

  const fault = faultsOf({ file }).find((one) => one.key === key);

  expect(fault?.problem).toBe(`is an unknown option (did you mean ${suggestion}?)`);
});

test('suggests nothing where nothing is near', () => {
  const file = folder.write('unknown.yaml', 'kubernetes: {}');

  expect(faultsOf({ file })).toEqual([{ key: 'kubernetes', problem: 'is an unknown option', source: `${file}:1` }]);
});

test.each([
  [
    'an unknown variable',
    { REMEDIATOR__RESTART__MAXATEMPTS: '5' },
    {
      key: 'REMEDIATOR__RESTART__MAXATEMPTS',
      problem: 'is an unknown variable (did you mean REMEDIATOR__RESTART__MAXATTEMPTS?)',
      source: 'the environment',
    },
  ],
  ['a file for what is no secret', { REMEDIATOR__HTTP__PORT_FILE: '/x' }, { key: 'REMEDIATOR__HTTP__PORT_FILE' }],
  ['a value that is not allowed', { LOG_LEVEL: 'loud' }, { key: 'log.level', value: '"loud"', source: 'LOG_LEVEL' }],
  [
    'bad JSON',
    { REMEDIATOR__RULES: '[{"name":' },
    { key: 'rules', problem: 'is not valid JSON', source: 'REMEDIATOR__RULES' },
  ],
  [
    'a list that is not JSON',
    { REMEDIATOR__SCOPE__TYPES: 'a' },
    { key: 'scope.types', allowed: 'a list of names or ids, as JSON' },
  ],
  ['a section that is no map', { REMEDIATOR__POLL: '5' }, { key: 'poll', problem: 'is not a map of options' }],
  ['a section that is not JSON', { REMEDIATOR__POLL: '{interval: 5s}' }, { key: 'poll', problem: 'is not valid JSON' }],
  [
    'an unknown key in JSON',
    { REMEDIATOR__POLL: '{"intervall":"5s"}' },
    { key: 'poll.intervall', problem: 'is an unknown option (did you mean poll.interval?)' },
  ],
  [
    'a secret file that is not there',
    { KEYFACTOR_PASSWORD_FILE: '/no/such/file' },
    {
      key: 'command.auth.password',
      problem: 'has a secret file that cannot be read (ENOENT)',
      source: 'KEYFACTOR_PASSWORD_FILE (/no/such/file)',
    },
  ],
  [
    'a secret file that is empty',
    { REMEDIATOR__HTTP__READTOKEN_FILE: '/dev/null' },
    { key: 'http.readToken', problem: 'has an empty secret file' },
  ],
  [
    'a secret and its file',
    { REDIS_URL: 'redis://a', REDIS_URL_FILE: '/no/such/file' },
    { key: 'redis.url', problem: 'is set twice', source: 'REDIS_URL and REDIS_URL_FILE' },
  ],
  [
    'two spellings of one variable',
    { REMEDIATOR__MODE: 'observe', remediator__mode: 'active' },
    { key: 'mode', problem: 'is set twice' },
  ],
])('refuses %s in the environment', (_title, env, expected) => {
  expect(faultsOf({ env })[0]).toMatchObject(expected);
});

test.each([
  [
    'a missing file',
    { file: '/no/such/config.yaml' },
    { key: '/no/such/config.yaml', problem: 'cannot be read (ENOENT)', source: '--config' },
  ],
  [
    'a missing file of the environment',
    { env: { REMEDIATOR_CONFIG: '/no/such.yaml' } },
    { key: '/no/such.yaml', source: 'REMEDIATOR_CONFIG' },
  ],
  ['a folder', { file: '/' }, { key: '/', problem: 'cannot be read (EISDIR)' }],
])('refuses %s, and calls nothing missing that it may hold', (_title, options, expected) => {
  expect(faultsOf({ ...options, requirements: ['command'] })).toEqual([expect.objectContaining(expected)]);
});

test.each([
  ['a tab', 'restart:\n\tmaxAttempts: 5', 2],
  ['an open bracket', 'mode: observe\nscope: { types: [a }', 2],
  ['a key twice', 'mode: observe\nmode: active', 2],
  ['a tag', 'mode: !env hunter2', 1],
  ['two documents', 'mode: observe\n---\nmode: active', 2],
  ['a bad escape', 'command: { auth: { username: "KEYEXAMPLE\\hunter2" } }', 1],
])('refuses YAML with %s, naming the line and not the text', (_title, text, line) => {
  const file = folder.write('bad.yaml', text);

  const faults = faultsOf({ file, requirements: ['command'] });

  expect(faults[0]).toMatchObject({ key: file, problem: textWith('is not valid YAML') });
  expect(faults[0]?.source).toMatch(new RegExp(`:[1-${line}]$`));
  expect(JSON.stringify(faults)).not.toContain('hunter2');
});

test('refuses an alias that leads nowhere', () => {
  const file = folder.write('bad.yaml', 'mode: *hunter2');

  expect(faultsOf({ file }).map(describeFault)).toEqual([
    `${file} is not valid YAML (an alias leads nowhere or to too much); from: ${file}`,
  ]);
});

test.each([
  ['without a name', '  - name: one\n  # the next\n  - action: hold\n    match: {}\n', 'rules[1].name', 4],
  ['with a word that is not allowed', '  - name: one\n    match: {}\n    action: stop\n', 'rules[0].action', 4],
  ['with an unknown key', '  - name: one\n    match:\n      ca: x\n      tpl: y\n', 'rules[0].match.tpl', 5],
])('names the line of a rule %s', (_title, rules, key, line) => {
  const file = folder.write('rules.yaml', `rules:\n${rules}`);

  expect(faultsOf({ file })).toEqual([expect.objectContaining({ key, source: `${file}:${line}` })]);
});

test('lists the faults of all sources at once', () => {
  const secret = folder.write('empty-secret', '\n');
  const file = folder.write('five.yaml', 'mode: actve\nhttp:\n  prot: 1\n');
  const env = { LOG_LEVEL: 'loud', REMEDIATOR__POLL__INTERVAL: '1', KEYFACTOR_PASSWORD_FILE: secret };

  const faults = faultsOf({ file, env, overrides: { 'http.port': 'x' } });

  expect(faults.map(({ key, source }) => [key, source])).toEqual([
    ['http.prot', `${file}:3`],
    ['command.auth.password', `KEYFACTOR_PASSWORD_FILE (${secret})`],
    ['mode', `${file}:1`],
    ['poll.interval', 'REMEDIATOR__POLL__INTERVAL'],
    ['http.port', 'command line'],
    ['log.level', 'LOG_LEVEL'],
  ]);
});

const HOST = { KEYFACTOR_HOSTNAME: 'k' };
const BASIC = { ...HOST, KEYFACTOR_USERNAME: 'u', KEYFACTOR_PASSWORD: 'hunter2' };

test.each([
  ['everything', {}, ['command.url is missing', 'command.auth is missing']],
  ['credentials', HOST, ['command.auth is missing']],
  ['the password', { ...HOST, KEYFACTOR_USERNAME: 'u' }, ['command.auth.password is missing']],
  [
    'half of OAuth',
    { ...HOST, KEYFACTOR_AUTH_CLIENT_ID: 'i' },
    ['command.auth.clientSecret is missing', 'command.auth.tokenUrl is missing'],
  ],
  [
    'a choice between Basic and OAuth',
    { ...BASIC, KEYFACTOR_AUTH_CLIENT_ID: 'i' },
    ['command.auth has more than one kind of credentials'],
  ],
  [
    'a choice between Basic and token',
    { ...BASIC, KEYFACTOR_AUTH_ACCESS_TOKEN: 't' },
    ['command.auth has more than one kind of credentials'],
  ],
])('says that %s is wanting, only to those who need it', (_title, env, expected) => {
  const faults = faultsOf({ env, requirements: ['command'] });

  expect(faults.map(({ key, problem }) => `${key} ${problem}`)).toEqual(expected);
  expect(() => faultsOf({ env })).toThrow('was accepted');
});

test('a password that could not be read is not also called missing', () => {
  const env = { ...HOST, KEYFACTOR_USERNAME: 'u', KEYFACTOR_PASSWORD_FILE: '/no/such/file' };

  expect(faultsOf({ env, requirements: ['command'] })).toHaveLength(1);
});

test('a missing option names the variables that can set it', () => {
  const [fault] = faultsOf({ requirements: ['command'] });

  expect(fault?.source).toContain('KEYFACTOR_HOSTNAME, REMEDIATOR__COMMAND__URL');
});

test('the error reads as one line a fault and has a stable code', () => {
  const error = new ConfigError(faultsOf({ env: { LOG_LEVEL: 'loud', REMEDIATOR__MODE: 'on' } }));

  expect(error.code).toBe('CONFIG');
  expect(error.message.split('\n')).toEqual([
    'mode is not allowed ("on"); allowed: observe | active; from: REMEDIATOR__MODE',
    'log.level is not allowed ("loud"); allowed: trace | debug | info | warn | error | fatal | silent; from: LOG_LEVEL',
  ]);
  expect(describeFault({ key: 'a', problem: 'is missing', source: 'b' })).toBe('a is missing; from: b');
});
