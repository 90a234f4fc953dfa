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

/** Keys that appear in the state data only once the CA has taken the request (API reference 4.1, 9); letters only. */
const CA_TOOK_IT = new Set([
  'cacertificate',
  'cacertificaterequest',
  'renewedcertid',
  'carequestid',
  'renewedcertificateid',
]);

/** Nothing of the request can have reached the CA, though the text may speak of a time-out. */
const NEVER_ARRIVED = [
  /0x800706ba/i,
  /\brefused\b/i,
  /no such host|name or service not known|could not be resolved|remote name|enotfound/i,
  /connect(ion)?( attempt)?( has)? ?(timed out|time-?out)/i,
  /(timed out|time-?out)[^.]{0,20} (while |when )?(trying to )?(connect(ing)?|open(ing)?)\b/i,
  /(unable|failed|could not|cannot|can't) (to )?connect|actively refused|no route to host|host is unreachable/i,
];

/** The request may have reached the CA although its answer did not come back (DESIGN.md P7). */
const MAY_HAVE_ARRIVED = [
  /0x800706be/i,
  /\btimed[ -]?out\b|\btime-?out\b|deadline exceeded|task was cancell?ed/i,
  /\b50[24]\b|bad gateway|gateway time/i,
  /connection (was |has been )?(reset|closed|aborted|cut|lost|dropped)|forcibly closed|reset by peer|econnreset/i,
  /unexpected(ly)? (end|eof|closed)|premature(ly)? (end|closed)|response ended|socket hang ?up|broken pipe/i,
  /remote procedure call failed(?! and did not)/i,
];

/** Names the keys of the state data that prove that the CA already took the request; empty: none (DESIGN.md P7). */
export function issuedEvidence(detail: InstanceDetail): readonly string[] {
  if (detail.workflowType.toLowerCase().includes('revocation')) return []; // a second revocation issues nothing
  const before = new Map(Object.entries(detail.initialData ?? {}).map(([key, value]) => [letters(key), value]));
  return Object.entries(detail.currentStateData ?? {})
    .filter(
      ([key, value]) => CA_TOOK_IT.has(letters(key)) && !isEmpty(value) && isNews(before.get(letters(key)), value),
    )
    .map(([key]) => key)
    .sort();
}

/** True where the message of a failed enrol step leaves it open whether the CA took the request. */
export function isMaybeIssued(message: string): boolean {
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
    ca: textOf(detail, 'certificateauthority'),
    template: textOf(detail, 'template'),
    issuedEvidence: issuedEvidence(detail),
    hasApproval: detail.signals.some((signal) => signal.received),
  };
}

/** The most text of a CA or template name that is kept. */
const NAME_LIMIT = 200;

function textOf(detail: InstanceDetail, key: string): string | null {
  const value = valueOf(detail.initialData, key);
  if (typeof value !== 'string' || value.trim() === '') return null;
  return value.trim().slice(0, NAME_LIMIT);
}

function letters(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z]/g, '');
}

function isNews(before: unknown, now: unknown): boolean {
  return canonicalData({ value: before ?? null }, []) !== canonicalData({ value: now }, []);
}
