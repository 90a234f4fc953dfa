import * as z from 'zod';

import { choice, count, flag, httpUrl, kind, positiveDuration, readText, secretText, text, url } from './kinds.ts';
import { option, optional, section } from './option.ts';

/** The statuses that the manual names (API reference 4.2). */
const STATUS_NAMES = ['Running', 'Suspended', 'Failed', 'Complete', 'Rejected', 'CanceledForRestart'] as const;

const STATUS_MAP_ALLOWED = 'auto, or a map of status names to integers that has Failed, such as {Failed: 4}';

const statusNumbers = z.partialRecord(z.enum(STATUS_NAMES), count(0).schema);

/** A host name is enough: https is meant. No slash at the end. */
const commandUrl = kind('URL', 'a host name, or an http or https URL without user and query', readCommandUrl);

const apiPath = kind(
  'text',
  'a path such as KeyfactorAPI',
  (raw) => readText(raw)?.replace(/^\/+|\/+$/g, '') || undefined,
);

const proxyUrl = url(['http:', 'https:'], 'an http or https URL', 'url-credentials');

const scopes = kind('list', 'a list of scopes, or one text with blanks or commas between', readScopes);

/** TLS settings of a client; `key` may hold the key itself, so it counts as a secret. */
export const tls = () =>
  section({
    caFile: optional(text, 'PEM file of the CAs to trust besides the usual ones'),
    certificate: optional(text, 'client certificate: a PEM file, or the PEM text'),
    key: optional(secretText, 'its private key: a PEM file, or the PEM text'),
    skipVerify: option(flag, false, 'true trusts any certificate; for tests only'),
  });

/** The section `command`. */
export const command = section({
  url: optional(commandUrl, 'Keyfactor Command: host or URL, without the API path'),
  apiPath: option(apiPath, 'KeyfactorAPI', 'path of the API on that host'),
  timeout: option(positiveDuration, '60s', 'limit of one call; Restart has its own'),
  pageSize: option(count(1), 200, 'rows a list call asks for'),
  requestsPerSecond: option(count(1), 10, 'calls to Command by all replicas together'),
  dialect: option(choice('auto', 10, 11, 25), 'auto', 'API generation, by major version; auto finds it out'),
  statusMap: option(
    kind('auto | map', STATUS_MAP_ALLOWED, readStatusMap),
    'auto',
    'integers behind the status names; auto finds them out',
  ),
  oldRow: option(
    choice('auto', 'leaves', 'stays', 'unknown'),
    'auto',
    'whether a restarted row leaves Failed; auto learns it',
  ),
  auth: section({
    username: optional(text, 'Basic: user, with or without DOMAIN\\'),
    password: optional(secretText, 'Basic: password'),
    domain: optional(text, 'Basic: domain, put before the user'),
    clientId: optional(text, 'OAuth client credentials: client id'),
    clientSecret: optional(secretText, 'OAuth: client secret'),
    tokenUrl: optional(httpUrl, 'OAuth: token address'),
    scopes: option(scopes, [], 'OAuth: scopes to ask for'),
    audience: optional(text, 'OAuth: audience to ask for'),
    accessToken: optional(secretText, 'a ready bearer token instead of Basic or OAuth'),
  }),
  tls: tls(),
  proxy: optional(proxyUrl, 'HTTP proxy on the way to Command'),
});

function readCommandUrl(raw: unknown): string | undefined {
  const written = readText(raw);
  if (written === undefined) return undefined;
  const parsed = URL.parse(written.includes('://') ? written : `https://${written}`);
  const isUsable = parsed && ['http:', 'https:'].includes(parsed.protocol) && !/[?#@]/.test(written);
  return isUsable ? parsed.href.replace(/\/+$/, '') : undefined;
}

function readStatusMap(raw: unknown): 'auto' | z.output<typeof statusNumbers> | undefined {
  if (raw === 'auto') return 'auto';
  const { data } = statusNumbers.safeParse(raw);
  if (data?.Failed === undefined) return undefined;
  const integers = Object.values(data);
  return new Set(integers).size === integers.length ? data : undefined;
}

function readScopes(raw: unknown): string[] | undefined {
  const words: unknown = typeof raw === 'string' ? raw.split(/[\s,]+/).filter(Boolean) : raw;
  return z.array(text.schema).safeParse(words).data;
}
