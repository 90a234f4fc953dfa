import type { InstanceDetail, InstanceRow } from './instance.ts';

/** Keyed hash of a text. The key and the algorithm stay outside of the core. */
export type KeyedHash = (text: string) => string;

type Data = Readonly<Record<string, unknown>>;

/** How deep InitialData may be nested before the rest counts as text. */
const DEPTH_LIMIT = 12;

const REQUESTER_KEYS = ['requester', 'requestername', 'initiatingusername', 'initiator'];
const CERTIFICATE_KEYS = ['csr', 'certificateid', 'serialnumberstring', 'serialnumber', 'thumbprint'];

/**
 * InitialData in one form: keys lower-cased and sorted at every level, lists below `SANs` sorted, null = absent,
 * `ignoreKeys` left out at the top.
 */
export function canonicalData(data: Data | null, ignoreKeys: readonly string[]): string {
  const ignored = new Set(ignoreKeys.map((key) => key.toLowerCase()));
  const kept = Object.entries(data ?? {}).filter(([key]) => !ignored.has(key.toLowerCase()));
  return JSON.stringify(canonical(Object.fromEntries(kept), false, 0));
}

/**
 * Keyed hash of definition, type and canonical InitialData: equal for two runs of one input (DESIGN.md 3). Runs without
 * any input are not equal for that: there the Title stands in.
 */
export function fingerprintOf(detail: InstanceDetail, ignoreKeys: readonly string[], hash: KeyedHash): string {
  const data = canonicalData(detail.initialData, ignoreKeys);
  const standIn = data === '{}' ? `\n${detail.title ?? detail.id}` : '';
  return hash(`print\n${identityOf(detail)}\n${data}${standIn}`);
}

/**
 * Keyed hash of "the same wish": for an enrolment what is asked for, however the request is dressed (a new CSR for the
 * same certificate is the same wish); for any other type the fingerprint.
 */
export function requestKeyOf(detail: InstanceDetail, ignoreKeys: readonly string[], hash: KeyedHash): string {
  const fingerprint = fingerprintOf(detail, ignoreKeys, hash);
  if (detail.workflowType.toLowerCase() !== 'enrollment') return fingerprint;
  const subject = valueOf(detail.initialData, 'subject');
  const sans = valueOf(detail.initialData, 'sans');
  if (isEmpty(subject) && isEmpty(sans)) return fingerprint; // nothing names the certificate: only equal input is equal
  const wish = {
    subject,
    sans,
    template: valueOf(detail.initialData, 'template'),
    requester: firstValue(detail.initialData, REQUESTER_KEYS),
    additionalattributes: valueOf(detail.initialData, 'additionalattributes'),
  };
  return hash(`wish\n${identityOf(detail)}\n${canonicalData(wish, ignoreKeys)}`);
}

/** A keyed hash per key of InitialData: tells which keys differ between two runs, never their values. */
export function keyHashesOf(
  detail: InstanceDetail,
  ignoreKeys: readonly string[],
  hash: KeyedHash,
): Readonly<Record<string, string>> {
  const ignored = new Set(ignoreKeys.map((key) => key.toLowerCase()));
  const entries = Object.entries(detail.initialData ?? {})
    .map(([key, value]) => [key.toLowerCase(), value] as const)
    .filter(([key, value]) => !ignored.has(key) && value !== null && value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      hash(`key\n${key}\n${JSON.stringify(canonical(value, key === 'sans', 0))}`).slice(0, 12),
    ]),
  );
}

/** Keyed hashes of CSR, certificate id and serial number, where InitialData has them. */
export function certificateKeysOf(detail: InstanceDetail, hash: KeyedHash): readonly string[] {
  return CERTIFICATE_KEYS.flatMap((key) => {
    const value = valueOf(detail.initialData, key);
    return isEmpty(value) ? [] : [hash(`certificate\n${key}\n${JSON.stringify(canonical(value, false, 0))}`)];
  });
}

/** The value under a key in any case; undefined where there is none. */
export function valueOf(data: Data | null, lowerCaseKey: string): unknown {
  return Object.entries(data ?? {}).find(([key]) => key.toLowerCase() === lowerCaseKey)?.[1];
}

/** Null, blank text, zero, a list or map of nothing else: says nothing. */
export function isEmpty(value: unknown, depth = 0): boolean {
  if (value === null || value === undefined || value === 0) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (typeof value !== 'object' || depth > DEPTH_LIMIT) return false;
  return Object.values(value).every((item) => isEmpty(item, depth + 1));
}

function identityOf(row: Pick<InstanceRow, 'definitionId' | 'workflowType'>): string {
  return `${row.definitionId}\n${row.workflowType.toLowerCase()}`;
}

function firstValue(data: Data | null, keys: readonly string[]): unknown {
  for (const key of keys) {
    const value = valueOf(data, key);
    if (!isEmpty(value)) return value;
  }
  return null;
}

function canonical(value: unknown, isSan: boolean, depth: number): unknown {
  if (value === null || typeof value !== 'object' || depth > DEPTH_LIMIT) return value ?? null;
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, isSan, depth + 1));
    return isSan ? items.sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))) : items;
  }
  const entries = Object.entries(value)
    .filter(([, item]) => item !== null && item !== undefined)
    .map(([key, item]) => [key.toLowerCase(), item] as const)
    .sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item, isSan || key === 'sans', depth + 1)]));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
