import { findingsOf, shortDuration } from './doctor-finding.ts';
import type { Finding } from './doctor-finding.ts';

/** The options that can be unwise, as the configuration holds them; durations in ms. */
export interface ConfigFacts {
  readonly mode: 'observe' | 'active';
  readonly command: {
    readonly url?: string | undefined;
    readonly requestsPerSecond: number;
    readonly pageSize: number;
    readonly tls: { readonly skipVerify: boolean };
  };
  readonly redis: { readonly tls: { readonly skipVerify: boolean } };
  readonly poll: { readonly interval: number; readonly fullScan: number; readonly lookback: number };
  readonly restart: {
    readonly timeout: number;
    readonly deadline: number;
    readonly perMinute: number;
    readonly approvals: string;
    readonly maybeIssued: string;
  };
  readonly resolve: { readonly window: number };
  readonly verify: { readonly timeout: number };
  readonly health: { readonly interval: number; readonly timeout: number; readonly canaryWindow: number };
  readonly alerts: { readonly channels: readonly unknown[] };
  readonly http: { readonly host: string; readonly readToken?: string | undefined };
  readonly retention: { readonly ended: number; readonly audit: number };
  readonly shutdown: { readonly grace: number };
  readonly security: { readonly fingerprintKey?: string | undefined };
}

export interface ConfigQuestion {
  readonly config: ConfigFacts;
  /** Longest Restart call seen on this server, in ms; 0: none. */
  readonly longestRestartMs: number;
}

const { ok, warn, info } = findingsOf('configuration');

type Check = (config: ConfigFacts, longestRestartMs: number) => Finding | null;

/** Calls to Command that one recovery takes: read, restart, read of the new run (DESIGN.md 8). */
const CALLS_PER_RESTART = 3;

/** Lists above this are slow, says the manual (API reference 3). */
const LARGE_PAGE = 1000;

/** What is unwise in a configuration that is allowed. */
export function configFindings({ config, longestRestartMs }: ConfigQuestion): readonly Finding[] {
  const found = CHECKS.flatMap((check) => check(config, longestRestartMs) ?? []);
  return found.some(({ level }) => level === 'warn') ? found : [ok('nothing unwise in it'), ...found];
}

const CHECKS: readonly Check[] = [
  ({ mode }) =>
    mode === 'observe'
      ? info('mode is observe: it decides and records, and sends nothing', {
          fix: 'set mode: active when "remediator list" shows what you expect',
        })
      : null,
  ({ resolve, restart }) =>
    when(
      resolve.window < restart.timeout,
      `resolve.window (${shortDuration(resolve.window)}) is shorter than restart.timeout (${shortDuration(restart.timeout)}): a search may end while its Restart call still runs`,
      'set resolve.window to at least restart.timeout',
    ),
  ({ resolve }, longest) =>
    when(
      resolve.window < 3 * longest,
      `resolve.window (${shortDuration(resolve.window)}) is shorter than three times the longest Restart call seen (${shortDuration(longest)}); three times that is waited for instead before an id may be sent again`,
      `set resolve.window to ${shortDuration(3 * longest)} or more`,
    ),
  ({ restart }, longest) =>
    when(
      longest > 0.8 * restart.timeout,
      `restart.timeout (${shortDuration(restart.timeout)}) leaves little room: the longest Restart call took ${shortDuration(longest)}, and one that is cut off has to be searched for`,
      `set restart.timeout to ${shortDuration(2 * longest)} or more`,
    ),
  ({ shutdown }, longest) =>
    when(
      shutdown.grace < longest,
      `shutdown.grace (${shortDuration(shutdown.grace)}) is shorter than the longest Restart call seen (${shortDuration(longest)}): a deploy may leave the answer of one unknown`,
      `set shutdown.grace to ${shortDuration(longest)} or more, and the time that the orchestrator gives with it`,
    ),
  ({ poll, health }) =>
    when(
      poll.interval >= health.canaryWindow,
      `poll.interval (${shortDuration(poll.interval)}) is not shorter than health.canaryWindow (${shortDuration(health.canaryWindow)}): every gate shuts between two sweeps`,
      'set poll.interval well below health.canaryWindow',
    ),
  ({ poll, resolve }) =>
    when(
      poll.interval * 3 > resolve.window,
      `poll.interval (${shortDuration(poll.interval)}) is long for resolve.window (${shortDuration(resolve.window)}): a search sees few sweeps`,
      'set poll.interval to a third of resolve.window at most',
    ),
  ({ poll }) =>
    when(
      poll.fullScan < poll.interval,
      `poll.fullScan (${shortDuration(poll.fullScan)}) is shorter than poll.interval (${shortDuration(poll.interval)}): full scans cost more than sweeps`,
      'set poll.fullScan to several times poll.interval',
    ),
  ({ poll, restart }) =>
    when(
      poll.lookback < restart.deadline,
      `poll.lookback (${shortDuration(poll.lookback)}) is shorter than restart.deadline (${shortDuration(restart.deadline)}): rows leave the full scan, and are held, while they may still be restarted`,
      'set poll.lookback to at least restart.deadline',
    ),
  ({ health }) =>
    when(
      health.timeout > health.interval,
      `health.timeout (${shortDuration(health.timeout)}) is longer than health.interval (${shortDuration(health.interval)}): tests of a dead CA pile up`,
      'set health.timeout to at most health.interval',
    ),
  ({ verify, poll }) =>
    when(
      verify.timeout < 2 * poll.interval,
      `verify.timeout (${shortDuration(verify.timeout)}) is hardly longer than poll.interval (${shortDuration(poll.interval)}): runs are called inconclusive before they are seen`,
      'set verify.timeout to the longest that a workflow may take',
    ),
  ({ restart, command }) =>
    when(
      restart.perMinute > (command.requestsPerSecond * 60) / CALLS_PER_RESTART,
      `restart.perMinute (${restart.perMinute}) cannot be reached: command.requestsPerSecond (${command.requestsPerSecond}) allows ${Math.floor((command.requestsPerSecond * 60) / CALLS_PER_RESTART)} restarts a minute, at three calls each`,
      `set command.requestsPerSecond to ${Math.ceil((restart.perMinute * CALLS_PER_RESTART) / 60)} or restart.perMinute lower`,
    ),
  ({ command }) =>
    when(
      command.pageSize > LARGE_PAGE,
      `command.pageSize (${command.pageSize}) is large: lists get slow`,
      `set command.pageSize to ${LARGE_PAGE} or less`,
    ),
  ({ restart }) =>
    when(
      restart.approvals === 'always',
      'restart.approvals is always: approvers are asked again at every restart',
      'restart.approvals: once',
    ),
  ({ restart }) =>
    when(
      restart.maybeIssued === 'restart',
      'restart.maybeIssued is restart: an enrolment whose certificate may exist is enrolled again',
      'restart.maybeIssued: hold, and restart only by a rule for what does no harm',
    ),
  ({ retention }) =>
    when(
      retention.audit < retention.ended,
      `retention.audit (${shortDuration(retention.audit)}) is shorter than retention.ended (${shortDuration(retention.ended)}): lineage is forgotten together with its remediation`,
      'set retention.audit to at least retention.ended',
    ),
  ({ alerts }) =>
    when(
      alerts.channels.length === 0,
      'alerts.channels is empty: nobody is told what waits for a person',
      'name a channel in alerts.channels, such as {type: webhook, url: …}',
    ),
  ({ http }) =>
    when(
      !isLoopback(http.host) && http.readToken === undefined,
      `http.host is ${http.host} without http.readToken: titles and reasons can be read by everybody who reaches the port`,
      'set http.readToken, or http.host: 127.0.0.1',
    ),
  ({ security }) =>
    when(
      security.fingerprintKey === undefined,
      'security.fingerprintKey is not set: the key is generated and shared through Redis, so who reads Redis can test guesses, and the loss of Redis is the loss of every fingerprint',
      'put a long random text into REMEDIATOR__SECURITY__FINGERPRINTKEY_FILE, the same for all replicas, before the first start',
    ),
  ({ command }) =>
    when(
      command.tls.skipVerify,
      'command.tls.skipVerify: any server can take the credentials of Command',
      'set command.tls.caFile instead',
    ),
  ({ redis }) =>
    when(redis.tls.skipVerify, 'redis.tls.skipVerify: any server can pass as Redis', 'set redis.tls.caFile instead'),
  ({ command: { url = '' } }) =>
    when(
      url.startsWith('http:') && !isLoopback(URL.parse(url)?.hostname ?? ''),
      `command.url is ${url}: credentials travel unencrypted`,
      'use https',
    ),
];

function when(holds: boolean, text: string, fix: string): Finding | null {
  return holds ? warn(text, { fix }) : null;
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host);
}
