import * as z from 'zod';

import { alerts } from './alert-schema.ts';
import { command, tls } from './command-schema.ts';
import {
  choice,
  count,
  duration,
  flag,
  httpUrl,
  kind,
  listOf,
  number,
  positiveDuration,
  readText,
  secretText,
  text,
  url,
} from './kinds.ts';
import { option, optional, required, section, type Kind } from './option.ts';
import { maybeIssued, rules, version, windows } from './rule-schema.ts';

const redisUrl = url(['redis:', 'rediss:'], 'a redis or rediss URL', 'url-credentials');
const hostAndPort = kind('host:port', 'a host and a port, such as ca1.example.com:135', readHostAndPort);
const prefix = kind('text', 'up to 100 letters, digits or any of _ - . : { }', readPrefix);
const logLevel = choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent');
const factor = number(1, 1000);

const endpointSchema = z
  .strictObject({
    name: required(text, 'what rules call it in their dependencies'),
    url: optional(httpUrl, 'well if a GET answers below 500; either this or tcp'),
    tcp: optional(hostAndPort, 'well if a connection opens; either this or url'),
  })
  .refine(({ url: address, tcp }) => (address === undefined) !== (tcp === undefined));

const endpoints: Kind<z.ZodArray<typeof endpointSchema>> = {
  schema: z.array(endpointSchema),
  type: 'list',
  allowed: 'a list of endpoints { name, url } or { name, tcp }',
};

const names = listOf(text, 'a list of names or ids');

/** Every option there is, in the order of `config/default.yaml`. What it is called, means and may be stands only here. */
export const configSchema = z.strictObject({
  mode: option(
    choice('observe', 'active'),
    'observe',
    'observe decides and records but sends nothing; active restarts',
  ),
  scope: section({
    definitions: option(names, [], 'definitions to work on, by name or id; empty: all'),
    types: option(names, [], 'workflow types to work on; empty: all'),
  }),
  command,
  redis: section({
    url: option(redisUrl, 'redis://127.0.0.1:6379', 'the Redis or Valkey that replicas share'),
    prefix: option(prefix, 'remediator', 'start of every key; one prefix belongs to one Command'),
    embedded: option(flag, false, 'true starts a private Redis on this machine instead'),
    sentinel: section({
      master: option(text, 'mymaster', 'name of the master that the sentinels watch'),
      nodes: option(listOf(hostAndPort, 'a list of host:port'), [], 'sentinels to ask; empty: no Sentinel'),
      password: optional(secretText, 'password of the sentinels'),
    }),
    tls: tls(),
    confirmReplicas: option(count(0), 0, 'replicas of Redis that must have each intent before a restart is sent'),
  }),
  poll: section({
    interval: option(positiveDuration, '30s', 'time between two sweeps, over all replicas'),
    lookback: option(positiveDuration, '14d', 'how far back full scans look'),
    fullScan: option(positiveDuration, '10m', 'time between two full scans'),
    settle: option(duration, '0s', 'how long a row must be unchanged before it is admitted'),
    backlog: section({
      maxAge: option(duration, '24h', 'older failures from before the first start wait for adopt'),
      maxCount: option(count(0), 200, 'at most so many of them, the newest, are worked without adopt'),
    }),
  }),
  restart: section({
    timeout: option(positiveDuration, '5m', 'limit of one Restart call, which may run the workflow inside'),
    maxAttempts: option(count(1), 4, 'restarts of one lineage, those by people included'),
    deadline: option(duration, '7d', 'counted from the first restart, without waits for a dependency or an approver'),
    version: option(version, 'latest', 'version of the definition that the new run gets'),
    approvals: option(
      choice('once', 'never', 'always'),
      'once',
      'how often one root may ask again for an approval already given',
    ),
    maybeIssued: option(maybeIssued, 'hold', 'a failed enrolment that may have reached the CA'),
    concurrency: option(count(1), 8, 'restarts under way at once, over all replicas'),
    perMinute: option(count(1), 60, 'restarts a minute, over all replicas, evenly spaced'),
    perCaPerMinute: option(count(1), 30, 'restarts a minute into one CA'),
  }),
  backoff: section({
    unreachable: section({
      first: option(duration, '5s', 'first wait while nothing could be sent'),
      factor: option(factor, 2, 'growth from one wait to the next; backoff.factor where only that is set'),
      max: option(duration, '5m', 'longest wait'),
    }),
    failed: section({
      first: option(duration, '5m', 'wait after the first failed attempt'),
      factor: option(factor, 4, 'growth from one wait to the next; backoff.factor where only that is set'),
      max: option(duration, '4h', 'longest wait'),
    }),
    factor: option(factor, 2, 'sets the factor of both ladders'),
    jitter: option(number(0, 1), 0.5, 'a delay is drawn from (1 - jitter) of it up to all of it'),
  }),
  resolve: section({
    settle: option(duration, '5s', 'how long a sole candidate must stay alone'),
    window: option(duration, '15m', 'how long the new run is looked for, and a second candidate counts'),
    ignoreKeys: option(
      listOf(text, 'a list of key names'),
      ['OperationStart'],
      'InitialData keys that change from run to run',
    ),
  }),
  health: section({
    interval: option(positiveDuration, '30s', 'time between two tests of one dependency, while somebody waits for it'),
    timeout: option(positiveDuration, '20s', 'limit of one test'),
    healthyAfter: option(count(1), 2, 'good tests in a row until a dependency is back'),
    unhealthyAfter: option(count(1), 2, 'bad tests in a row until it is down'),
    canaryWindow: option(duration, '5m', 'how long a canary may take to a verdict'),
    rampFactor: option(factor, 2, 'how fast more are let through after each completion; 1: one at a time'),
    endpoints: option(endpoints, [], 'HTTP or TCP services that rules may depend on'),
  }),
  verify: section({
    timeout: option(duration, '30m', 'after this a run without an end is inconclusive, and followed on'),
  }),
  rules: option(rules, [], 'first match wins; the shipped rules come after yours'),
  maintenance: option(windows, [], 'times when nothing is restarted'),
  alerts,
  http: section({
    host: option(text, '127.0.0.1', 'address to listen on; the image sets 0.0.0.0'),
    port: option(count(0, 65_535), 8080, 'port to listen on; 0: any free one, logged'),
    readToken: optional(secretText, 'bearer token for reads; without one reads are open'),
    adminToken: optional(secretText, 'bearer token for admin calls; without one they answer 403'),
  }),
  shutdown: section({
    grace: option(duration, '30s', 'how long open Restart calls may end after SIGTERM'),
  }),
  security: section({
    fingerprintKey: optional(
      secretText,
      'key of the fingerprints; without one it is generated and shared through Redis',
    ),
  }),
  retention: section({
    ended: option(duration, '90d', 'how long ended remediations stay on the list; at least poll.lookback + 7d'),
    audit: option(duration, '400d', 'how long their lineage and sent ids stay on record; at least poll.lookback + 7d'),
  }),
  log: section({
    level: option(logLevel, 'info', 'least level that is written'),
    pretty: option(
      kind('auto | true | false', 'auto, true or false', readPretty),
      'auto',
      'for people instead of JSON; auto: at a terminal',
    ),
  }),
});

/** The effective configuration, frozen. Option names are those of the YAML; every duration is in milliseconds. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;

export type DeepReadonly<Value> = Value extends object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;

function readHostAndPort(raw: unknown): string | undefined {
  const written = readText(raw) ?? '';
  const [, port = ''] = /^(?:[\w.-]+|\[[\da-fA-F:]+\]):(\d{1,5})$/.exec(written) ?? [];
  return Number(port) >= 1 && Number(port) <= 65_535 ? written : undefined;
}

function readPrefix(raw: unknown): string | undefined {
  const written = readText(raw) ?? '';
  return /^[\w:{}.-]{1,100}$/.test(written) ? written : undefined;
}

function readPretty(raw: unknown): 'auto' | boolean | undefined {
  if (raw === 'auto') return 'auto';
  const parsed = flag.schema.safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}
