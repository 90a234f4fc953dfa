import { createHmac } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import type { Ledger } from '../../ports/ledger.ts';

/** Where a store without an operator's key keeps the one it generated. */
const GENERATED = 'fingerprint-key';

/** Tells whether two stores make the same fingerprints, without telling the key; null: there is no key yet. */
export async function keyCheckOf({ security }: Pick<Config, 'security'>, ledger: Ledger): Promise<string | null> {
  const key = security.fingerprintKey ?? (await ledger.read<{ readonly key: string }>(GENERATED))?.key;
  if (key === undefined) return null;
  return createHmac('sha256', key).update('remediator: which key is this?').digest('base64url').slice(0, 16);
}
