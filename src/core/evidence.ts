import {
  canonicalData,
  certificateKeysOf,
  fingerprintOf,
  isEmpty,
  keyHashesOf,
  requestKeyOf,
  valueOf,
} from './fingerprint.ts';
import type { KeyedHash } from './fingerprint.ts';
import type { InstanceDetail, Time } from './instance.ts';
import type { Input } from './remediation.ts';

/** Keys, letters only, that appear in the state data only once the CA has taken the request (API reference 4.1, 9). */
const CA_TOOK_IT = [
  /^(ca|certificateauthority)(cert|certificate)s?(ids?)?$/,
  /^(microsoft|ms)?(ca|certificateauthority|keyfactor)(cert|certificate)?request(id)?$/,
  /^(cert|certificate)requestid$/,
  /^(renewed|issued)(cert|certificate)(id)?$/,
];

/** An enrolment that has these beside its input has got them from the CA. */
const CERTIFICATE = /^(cert|certificate)(id)?$/;

/** The request is out, whatever else the text says of a connection: its answer was being waited for, or it was cut off. */
const ON_ITS_WAY = [
  /\bwait(ing|ed)? for (the |an? )?(answer|response|reply|result)\b/i,
  /\bread(ing)? tim(ed|e)[ -]?out\b|\bread e?timedout\b|sockettimedout/i,
  /\b(receive|receiving|read|reading) (the |an? )?(http )?(answer|response|reply)\b/i,
  /\b(no|not|never|without) (an? |any )?(answer|response|reply)\b|\b(answer|response|reply) (was |were |is )?(not|never) received\b/i,
  /\b(write|read|send|recv|receive) failed\b/i,
  /0x800706be|0x80070040/i,
  /\bconnection (was |is |has been |were )?reset\b|reset by peer|\beconnreset\b|forcibly closed|broken pipe|\bepipe\b/i,
];

/** Nothing of the request can have reached the CA, though the text may speak of a time-out. */
const NEVER_ARRIVED = [
  /0x800706ba|0x80072efd|0x80072ee7|0x800706bf/i,
  /\brefused\b|econnrefused/i,
  /no such host|name or service not known|not be resolved|remote name|enotfound|no address associated/i,
  /connect(ion)?( attempt)?( has)? ?(timed[ -]?out|time-?out)|connect e?timedout|connection attempt failed/i,
  /(timed[ -]?out|time-?out)[^.]{0,20} (while |when )?(trying to )?(connect(ing)?|open(ing)?)\b/i,
  /(unable|failed|could not|cannot|can't) (to )?connect|no route to host|(host|network) is unreachable/i,
  /(could not|cannot) establish (a )?(trust|secure|ssl|connection)|(ssl|tls) connection could not be established/i,
];

/** The request may have reached the CA although its answer did not come back (DESIGN.md P7). */
const MAY_HAVE_ARRIVED = [
  /0x80072ee2|0x80072efe/i,
  /\btimed[ -]?out\b|\btime-?out\b|etimedout|deadline ?exceeded|(task|operation|request) was (cancell?ed|aborted)/i,
  /did not (respond|answer|reply)\b/i,
  /bad gateway|gateway time/i,
  // The codes alone, but not the number of a request, a port, a host or a duration.
  /(?<!\b(request|requestid|id|port|line|number|no\.?|serial)[\s:#=]{0,3}(id|number)?[\s:#=]{0,3})(?<![\w.:#-])50[24](?![\w-]|\.\d|\s*(ms|sec|seconds|bytes)\b)/i,
  /\b(status|statuscode|code)["']?\s*[:=]\s*["']?50[24]\b/i,
  /connection( (to|with) [^;,]{1,80}?)? ?(was |is |has been |were )?(reset|closed|aborted|cut|lost|dropped|terminated)/i,
  /(closed|reset|aborted|cut|dropped|lost) (the |its )?connection|forcibly closed|reset by peer|econnreset|econnaborted|\bepipe\b|terminated abnormally/i,
  /unexpected(ly)? (end|eof|closed)|premature(ly)?|socket hang ?up|broken pipe/i,
  /(error|exception)( occurred)? (while|on) (sending|a send|a receive|receiving)/i,
  /remote procedure call failed(?! and did not)/i,
];

/** Names the keys of the state data that prove that the CA already took the request; empty: none (DESIGN.md P7). */
export function issuedEvidence(detail: InstanceDetail): readonly string[] {
  const type = detail.workflowType.toLowerCase();
  if (type.includes('revocation')) return []; // a second revocation issues nothing
  const proves = (key: string): boolean =>
    CA_TOOK_IT.some((pattern) => pattern.test(key)) || (type === 'enrollment' && CERTIFICATE.test(key));
  const before = new Map(Object.entries(detail.initialData ?? {}).map(([key, value]) => [letters(key), value]));
  return Object.entries(detail.currentStateData ?? {})
    .filter(([key, value]) => proves(letters(key)) && !isEmpty(value) && isNews(before.get(letters(key)), value))
    .map(([key]) => key)
    .sort();
}

/** True where the message of a failed enrol step leaves it open whether the CA took the request. */
export function isMaybeIssued(message: string): boolean {
  if (ON_ITS_WAY.some((pattern) => pattern.test(message))) return true;
  if (NEVER_ARRIVED.some((pattern) => pattern.test(message))) return false;
  return MAY_HAVE_ARRIVED.some((pattern) => pattern.test(message));
}

/** Reduces a single read to what decisions need; nothing else of the two maps is kept (P11). */
export function inputOf(detail: InstanceDetail, readAt: Time, ignoreKeys: readonly string[], hash: KeyedHash): Input {
  return {
    instanceId: detail.id,
    readAt,
    lastModified: detail.lastModified,
    fingerprint: fingerprintOf(detail, ignoreKeys, hash),
    requestKey: requestKeyOf(detail, ignoreKeys, hash),
    keyHashes: keyHashesOf(detail, ignoreKeys, hash),
    certificateKeys: certificateKeysOf(detail, hash),
    ca: caOf(valueOf(detail.initialData, 'certificateauthority')),
    template: nameOf(valueOf(detail.initialData, 'template')),
    issuedEvidence: issuedEvidence(detail),
    hasApproval: detail.signals.some((signal) => signal.received),
  };
}

/** The most text of a CA or template name that is kept. */
const NAME_LIMIT = 200;

/** The form of a CA in InitialData is open (API reference 4.1): a name, its id, or a record with host and logical name. */
function caOf(value: unknown): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'object' || value === null) return nameOf(value);
  const field = (key: string): string | null => nameOf(valueOf({ ...value }, key));
  const [host, logical] = [field('hostname'), field('logicalname')];
  if (host !== null && logical !== null) return nameOf(`${host}\\${logical}`);
  return logical ?? field('name') ?? field('displayname') ?? caOf(valueOf({ ...value }, 'id') ?? null);
}

function nameOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '') return null;
  return value.trim().slice(0, NAME_LIMIT);
}

function letters(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z]/g, '');
}

function isNews(before: unknown, now: unknown): boolean {
  return canonicalData({ value: before ?? null }, []) !== canonicalData({ value: now }, []);
}
