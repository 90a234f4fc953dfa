import { AccessError, RefusedError, TransientError } from '../core/errors.ts';
import { inputOf } from '../core/evidence.ts';
import type { Input, Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import { EVERYTHING } from '../core/access.ts';
import { accessTroubleOf, reportAccessTrouble } from './access.ts';
import type { RemediationParts } from './parts.ts';

export type Read =
  | { readonly type: 'read'; readonly row: Sighting; readonly input: Input }
  | { readonly type: 'gone'; readonly row: Sighting | null }
  /** 403 on this one row while others are readable. */
  | { readonly type: 'not-readable'; readonly why: string }
  | { readonly type: 'failed'; readonly why: string; readonly retryAfterMs: number | null };

/** Reads one instance, takes it into the feed's memory and keeps of it only what decisions need. */
export async function readInstance(instanceId: string, parts: RemediationParts): Promise<Read> {
  const denied = await accessTroubleOf(EVERYTHING, parts);
  if (denied !== null) return { type: 'failed', why: denied, retryAfterMs: null };
  try {
    const { detail, requestedAt } = await parts.command.readInstance(instanceId, parts.stopping);
    if (detail === null) {
      await parts.sightings.markGone(instanceId, requestedAt);
      return { type: 'gone', row: (await parts.sightings.get([instanceId])).get(instanceId) ?? null };
    }
    const input = inputOf(detail, requestedAt, parts.policy.resolve.ignoreKeys, parts.hash);
    const { fingerprint, requestKey, keyHashes, certificateKeys } = input;
    const print = { fingerprint, requestKey, keyHashes, certificateKeys };
    const [change] = await parts.sightings.observe([{ row: detail, requestedAt, print }]);
    const row = change?.sighting ?? (await parts.sightings.get([instanceId])).get(instanceId);
    if (row === undefined) return { type: 'failed', why: 'the row is not in the store', retryAfterMs: null };
    return { type: 'read', row, input };
  } catch (error) {
    return toRead(error, parts);
  }
}

async function toRead(error: unknown, parts: RemediationParts): Promise<Read> {
  if (error instanceof AccessError) {
    if (error.status === 403) return { type: 'not-readable', why: error.message };
    await reportAccessTrouble(EVERYTHING, error.message, parts);
    return { type: 'failed', why: error.message, retryAfterMs: null };
  }
  if (error instanceof TransientError) return { type: 'failed', why: error.message, retryAfterMs: error.retryAfterMs };
  if (error instanceof RefusedError) return { type: 'failed', why: error.message, retryAfterMs: null };
  throw error;
}

/** True where what was read of the current instance still speaks of the row as it is now. */
export function isInputCurrent(remediation: Remediation, row: Sighting): boolean {
  const { input } = remediation;
  return input !== null && input.instanceId === row.id && input.lastModified === row.lastModified;
}
