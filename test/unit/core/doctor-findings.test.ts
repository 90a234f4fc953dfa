import { accessFindings, readFinding, restartPermission } from '../../../src/core/doctor-command.ts';
import type { RestartEvidence } from '../../../src/core/doctor-command.ts';
import { configFindings } from '../../../src/core/doctor-config.ts';
import type { ConfigFacts } from '../../../src/core/doctor-config.ts';
import { dialectFindings } from '../../../src/core/doctor-dialect.ts';
import type { DialectFacts, ListFacts } from '../../../src/core/doctor-dialect.ts';
import { inOrder, wouldWork } from '../../../src/core/doctor-finding.ts';
import { caFindings, clockFinding, oldRowFinding } from '../../../src/core/doctor-gates.ts';
import { redisFindings, storeFindings } from '../../../src/core/doctor-redis.ts';
import type { RedisFacts, StoreFacts } from '../../../src/core/doctor-redis.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { aSighting } from '../../support/builders.ts';

const WISE = {
  mode: 'active',
  'command.url': 'https://command.example.com',
  'security.fingerprintKey': 'a key of the operator',
  'alerts.channels': [{ type: 'webhook', url: 'https://alerts.example.com' }],
};

function aConfig(overrides: Record<string, unknown> = {}): ConfigFacts {
  return loadConfig({ env: {}, overrides: { ...WISE, ...overrides } }).config;
}

describe('the configuration', () => {
  test('a wise one has nothing to be said about', () => {
    const found = configFindings({ config: aConfig(), longestRestartMs: 0 });

    expect(found).toEqual([expect.objectContaining({ level: 'ok' })]);
  });

  test.each([
    ['observe mode', { mode: 'observe' }, 0, 'info', 'sends nothing'],
    ['a window shorter than a Restart call may take', { 'resolve.window': '1m' }, 0, 'warn', 'resolve.window (60 s)'],
    ['a window shorter than three Restart calls seen', {}, 400_000, 'warn', 'three times the longest'],
    ['a Restart limit that the longest seen nearly takes', {}, 250_000, 'warn', 'restart.timeout (5 min)'],
    ['a grace shorter than the longest Restart seen', {}, 45_000, 'warn', 'shutdown.grace (30 s)'],
    ['sweeps rarer than the canary window', { 'poll.interval': '5m' }, 0, 'warn', 'every gate shuts'],
    ['few sweeps in a search', { 'poll.interval': '6m' }, 0, 'warn', 'sees few sweeps'],
    ['scans more often than sweeps', { 'poll.fullScan': '10s' }, 0, 'warn', 'poll.fullScan'],
    ['a look-back shorter than the deadline', { 'poll.lookback': '2d' }, 0, 'warn', 'poll.lookback'],
    ['tests longer than their interval', { 'health.timeout': '40s' }, 0, 'warn', 'pile up'],
    ['a verification shorter than two sweeps', { 'verify.timeout': '40s' }, 0, 'warn', 'inconclusive'],
    ['a rate that the budget does not reach', { 'restart.perMinute': 600 }, 0, 'warn', 'allows 200 restarts a minute'],
    ['huge pages', { 'command.pageSize': 5000 }, 0, 'warn', 'command.pageSize (5000)'],
    ['approvers asked each time', { 'restart.approvals': 'always' }, 0, 'warn', 'approvers'],
    ['enrolling what may be issued', { 'restart.maybeIssued': 'restart' }, 0, 'warn', 'restart.maybeIssued'],
    ['lineage that is kept no longer', { 'retention.audit': '80d' }, 0, 'warn', 'retention.audit (80 d'],
    ['nobody to tell', { 'alerts.channels': [] }, 0, 'warn', 'alerts.channels'],
    ['open reads', { 'http.host': '0.0.0.0' }, 0, 'warn', 'http.readToken'],
    ['a generated key', { 'security.fingerprintKey': undefined }, 0, 'warn', 'security.fingerprintKey'],
    ['any server for Command', { 'command.tls.skipVerify': true }, 0, 'warn', 'command.tls.skipVerify'],
    ['any server for Redis', { 'redis.tls.skipVerify': true }, 0, 'warn', 'redis.tls.skipVerify'],
    ['credentials in the clear', { 'command.url': 'http://command.example.com' }, 0, 'warn', 'unencrypted'],
  ])('tells of %s', (_title, overrides, longestRestartMs, level, text) => {
    const found = configFindings({ config: aConfig(overrides), longestRestartMs });

    expect(found).toContainEqual(expect.objectContaining({ level, text: expect.stringContaining(text) as unknown }));
  });
});

const REDIS: RedisFacts = {
  place: '127.0.0.1:6379',
  product: 'Redis',
  version: '7.2.4',
  isStandIn: false,
  isCluster: false,
  role: 'master',
  evictionPolicy: 'noeviction',
  maxMemory: 0,
  usedMemory: 1,
  appendOnly: true,
  appendFsync: 'always',
  connectedReplicas: 0,
  confirmReplicas: 0,
  isActive: true,
};

describe('Redis', () => {
  test.each([
    ['a sound one', {}, 'ok', 'every write is on disk'],
    ['an old one', { version: '6.0.9' }, 'fail', 'too old'],
    ['the oldest that will do', { version: '6.2.0' }, 'ok', 'answers'],
    ['the stand-in in active mode', { isStandIn: true }, 'fail', 'stand-in'],
    ['the stand-in in observe mode', { isStandIn: true, isActive: false }, 'warn', 'stand-in'],
    ['an evicting one', { evictionPolicy: 'allkeys-lru' }, 'fail', 'it evicts keys'],
    ['one that hides its policy', { evictionPolicy: null }, 'warn', 'cannot be seen'],
    ['one without a log of writes', { appendOnly: false }, 'warn', 'a crash loses everything'],
    ['one that syncs each second', { appendFsync: 'everysec' }, 'warn', 'the last second'],
    ['one that never syncs', { appendFsync: 'no' }, 'warn', 'had not written yet'],
    ['one with too few replicas', { connectedReplicas: 1, confirmReplicas: 2 }, 'fail', 'and there are 1'],
    ['one whose replicas confirm', { connectedReplicas: 2, confirmReplicas: 2 }, 'ok', 'its replicas confirm'],
    ['one with a replica that may lag', { connectedReplicas: 2, confirmReplicas: 1 }, 'warn', 'a failover'],
    ['one that hides its replicas', { connectedReplicas: null, confirmReplicas: 1 }, 'warn', 'cannot be seen'],
    ['a replica', { role: 'slave' }, 'fail', 'nothing can be written'],
    ['a cluster', { isCluster: true }, 'fail', 'cluster mode'],
    ['a full one', { maxMemory: 100, usedMemory: 90 }, 'warn', 'nearly full'],
  ] as const)('%s', (_title, change, level, text) => {
    const found = redisFindings({ ...REDIS, ...change });

    expect(found).toContainEqual(expect.objectContaining({ level, text: expect.stringContaining(text) as unknown }));
    expect(wouldWork(found)).toBe(level !== 'fail');
  });
});

const STORE: StoreFacts = {
  prefix: 'remediator',
  epoch: 'an epoch',
  layout: 1,
  knownLayout: 1,
  server: 'https://command/keyfactorapi',
  configured: 'https://command/keyfactorapi',
  replicas: 2,
  lookedAt: 1_000_000,
  now: 1_010_000,
  pollIntervalMs: 30_000,
  isFeedTrusted: true,
  paused: null,
  brake: null,
};

describe('the store', () => {
  test.each([
    ['a living one', {}, 'ok', '2 replicas are running'],
    ['an empty one', { epoch: null }, 'info', 'the store is empty'],
    ['one of a newer program', { layout: 2 }, 'fail', 'layout 2'],
    ['one of another Command', { server: 'https://other/keyfactorapi' }, 'fail', 'belongs to https://other'],
    ['one without a Command', { server: null }, 'info', 'no Command is recorded'],
    ['one whose daemon is down', { replicas: 0 }, 'info', 'no replica'],
    ['one that nobody sweeps for', { lookedAt: 0 }, 'warn', 'none has swept lately'],
    ['one whose feed was caught', { isFeedTrusted: false }, 'warn', 'passed over'],
    ['a paused one', { paused: 'audit (anna@host)' }, 'info', 'it is paused'],
    ['a braked one', { brake: 'two restarts of one id' }, 'warn', 'the brake is on'],
  ] as const)('%s', (_title, change, level, text) => {
    const found = storeFindings({ ...STORE, ...change });

    expect(found).toContainEqual(expect.objectContaining({ level, text: expect.stringContaining(text) as unknown }));
  });
});

describe('Command', () => {
  test.each([
    ['a good answer', { type: 'ok' }, 'ok', 'knows our identity'],
    ['a wrong password', { type: 'denied', status: 401, message: 'm' }, 'fail', 'credentials are not accepted (401)'],
    ['a missing right', { type: 'denied', status: 403, message: 'm' }, 'fail', '(403)'],
    ['a wrong path', { type: 'refused', status: 404, message: 'm' }, 'fail', 'not found there'],
    [
      'no way to it',
      { type: 'no-answer', message: 'm', cause: 'c (ENOTFOUND)', status: null },
      'fail',
      'gives no useful answer: m',
    ],
  ] as const)('%s', (_title, result, level, text) => {
    const found = accessFindings('https://command', result);

    expect(found).toContainEqual(expect.objectContaining({ level, text: expect.stringContaining(text) as unknown }));
  });

  test.each([
    [null, 'check command.url'],
    [429, 'command.requestsPerSecond lower'],
    [503, 'under maintenance'],
  ])('what to do where an answer is of no use: status %s', (status, fix) => {
    const [found] = accessFindings('https://command', { type: 'no-answer', message: 'm', cause: null, status });

    expect(found?.fix).toContain(fix);
  });

  test.each([
    ['single read', 403, 'fail'],
    ['list of instances', 403, 'fail'],
    ['list of CAs', 403, 'warn'],
    ['definitions', 403, 'info'],
  ] as const)('a denied %s is told with the permission that is missing', (read, status, level) => {
    const found = readFinding(read, { type: 'denied', status, message: 'm' }, '');

    expect(found).toMatchObject({ level, topic: 'permissions', fix: expect.stringContaining('/read/') as unknown });
  });
});

const DIALECT: DialectFacts = {
  productVersion: '25.1.1',
  parameters: '11',
  statusForm: 'int',
  statusMap: { Failed: 4, Complete: 3 },
  isFailedKnown: true,
  contraryFailed: null,
  contraryParameters: null,
  sortFields: { lastModified: 'LastModified', startDate: 'StartDate' },
  dateLiterals: 'full',
  zoneOffsetMs: null,
  hasTotalCount: true,
  evidence: ['status Failed: by name', 'dates: a row came with a date with zone'],
};
const LIST: ListFacts = { rows: [], isOrdered: true, total: 40, pageSize: 50, received: 40, isLast: true };

describe('the dialect', () => {
  const failed = aSighting({ rawStatus: '4', statusMessage: 'The RPC server is unavailable.' });
  const complete = aSighting({ rawStatus: '3', statusMessage: null });

  test.each([
    ['a known one', {}, {}, 'ok', 'Failed is 4 on the wire'],
    ['names on the wire', { statusForm: 'name', statusMap: {} }, {}, 'ok', 'statuses are names'],
    ['no version', { productVersion: null }, {}, 'info', 'does not name its version'],
    ['no instance yet', { statusForm: 'unknown' }, {}, 'info', 'no instance was seen yet'],
    [
      'Failed unknown',
      { isFailedKnown: false, statusMap: {} },
      { rows: [complete, failed] },
      'fail',
      'stands for Failed',
    ],
    [
      'Failed contradicted',
      { isFailedKnown: false, contraryFailed: { name: 'Failed', integer: 4 } },
      {},
      'fail',
      'disagree on Failed (Command lists 4 by the name Failed)',
    ],
    [
      'Failed given to another name’s integer',
      { isFailedKnown: false, contraryFailed: { name: 'Suspended', integer: 3 } },
      {},
      'fail',
      'Command lists 3 by the name Suspended',
    ],
    [
      'no Failed row yet',
      { isFailedKnown: false, statusMap: { Complete: 3 } },
      { rows: [complete] },
      'info',
      'learned from the first one',
    ],
    ['Failed by the config alone', { evidence: [] }, { rows: [failed] }, 'ok', 'nothing contradicts it'],
    [
      'Failed by the config alone, on rows that look well',
      { evidence: [], statusMap: { Failed: 3 } },
      { rows: [complete] },
      'warn',
      'no row with it bears a message',
    ],
    ['ignored parameters', { contraryParameters: '10' }, {}, 'fail', 'ignores these list parameters'],
    ['another integer unknown', { statusMap: { Failed: 4 } }, { rows: [complete] }, 'warn', 'no name is known for 3'],
    ['another order', {}, { isOrdered: false }, 'warn', 'the order asked for is not kept'],
    ['another sort field', { sortFields: { lastModified: 'Id', startDate: 'Id' } }, {}, 'warn', 'sorted by Id'],
    ['no total', { hasTotalCount: false }, {}, 'info', 'do not count'],
    [
      'a total not proved yet',
      { hasTotalCount: null },
      { total: null },
      'info',
      'told by the first one of several pages',
    ],
    ['a page cap', {}, { received: 20, isLast: false }, 'warn', 'caps pages'],
    ['days only', { dateLiterals: 'day' }, {}, 'ok', 'a day only'],
    ['no dates', { dateLiterals: 'none' }, {}, 'warn', 'conditions on dates are refused'],
    ['no zone', { evidence: ['dates: a row came with a date without zone'] }, {}, 'info', 'dates carry no zone'],
  ] as const)('%s', (_title, change, list, level, text) => {
    const found = dialectFindings({ ...DIALECT, ...change }, { ...LIST, ...list });

    expect(found).toContainEqual(expect.objectContaining({ level, text: expect.stringContaining(text) as unknown }));
  });

  test('where Failed is unknown, rows of each integer are shown with the line to set', () => {
    const facts = { ...DIALECT, isFailedKnown: false, statusMap: {} };

    const found = dialectFindings(facts, { ...LIST, rows: [complete, failed] });

    const [first] = found.filter(({ text }) => text.startsWith('status '));
    expect(first?.text).toContain('command.statusMap: {Failed: 4}');
    expect(first?.evidence).toContain(failed.id);
    expect(first?.evidence).toContain('The RPC server is unavailable.');
    expect(found.find(({ level }) => level === 'fail')?.fix).toContain('command.statusMap: {Failed: 4}');
  });
});

describe('gates and clocks', () => {
  const tested = (isGood: boolean) => ({ type: 'tested', isGood, message: 'm' }) as const;

  test.each([
    ['a CA that answers', { test: tested(true), wasGood: false }, 'ok', 'reaches it'],
    ['a CA that was good', { test: tested(false), wasGood: true }, 'warn', 'tested well before'],
    ['a CA that never was', { test: tested(false), wasGood: false }, 'warn', 'untestable until its first good test'],
    ['a denied test', { test: { type: 'denied', message: 'm' }, wasGood: false }, 'warn', 'the test is denied'],
  ] as const)('%s', (_title, facts, level, text) => {
    const [found] = caFindings([{ name: 'ca1\\CA', ...facts }], 0);

    expect(found).toMatchObject({ level, text: expect.stringContaining(text) as unknown });
  });

  test('CAs that were not tested are counted', () => {
    expect(caFindings([], 3)).toContainEqual(
      expect.objectContaining({ level: 'info', text: expect.stringContaining('3 more') as unknown }),
    );
  });

  test.each([
    ['auto', null, 'info', 'not known yet'],
    ['auto', { fate: 'unknown', evidence: 'contrary: …', withoutVerdict: 3 }, 'info', 'not known yet'],
    ['auto', { fate: 'leaves', evidence: 'seen', withoutVerdict: 0 }, 'ok', 'leaves Failed'],
    ['auto', { fate: 'stays', evidence: 'seen', withoutVerdict: 0 }, 'warn', 'stays Failed'],
    ['leaves', null, 'info', 'command.oldRow says: leaves'],
    ['leaves', { fate: 'stays', evidence: 'seen', withoutVerdict: 0 }, 'warn', 'what was seen says stays'],
  ] as const)('old rows: config %s, known %j', (configured, known, level, text) => {
    expect(oldRowFinding(configured, known)).toMatchObject({ level, text: expect.stringContaining(text) as unknown });
  });

  test.each([
    [null, 'info'],
    [900, 'ok'],
    [-60_000, 'info'],
    [400_000, 'warn'],
  ] as const)('a clock %s ms off', (offsetMs, level) => {
    expect(clockFinding('the clock of Redis', offsetMs).level).toBe(level);
  });

  test('findings stand in the order of their topics', () => {
    const found = inOrder([clockFinding('it', 0), ...redisFindings(REDIS), ...accessFindings('c', { type: 'ok' })]);

    expect([...new Set(found.map(({ topic }) => topic))]).toEqual(['Redis', 'Command', 'clocks']);
  });
});

test.each<readonly [string, RestartEvidence, string, string]>([
  ['one was made before', { endpoints: null, longestRestartMs: 90 }, 'ok', 'was allowed'],
  [
    'its endpoint is named',
    { endpoints: ['POST /Workflow/Instances/{id}/Restart'], longestRestartMs: 0 },
    'ok',
    'is among',
  ],
  [
    'others are named and it is not',
    { endpoints: ['GET /Workflow/Instances/{id}'], longestRestartMs: 0 },
    'warn',
    'may be denied',
  ],
  [
    'the endpoints are written in another way',
    { endpoints: ['/workflow/instances'], longestRestartMs: 0 },
    'info',
    'not known',
  ],
  ['nothing is said', { endpoints: null, longestRestartMs: 0 }, 'info', 'not known'],
])('the right to restart where %s', (_title, evidence, level, text) => {
  expect(restartPermission(evidence)).toMatchObject({ level, text: expect.stringContaining(text) as unknown });
});
