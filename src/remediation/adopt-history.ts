import { adopted, isHistory } from '../core/adopt.ts';
import type { Adoption } from '../core/adopt.ts';
import type { Time } from '../core/instance.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';

/** How often an adoption is tried anew because others changed the record meanwhile. */
const TRIES = 10;

/** Takes one parked row into work, on record with who and why. False: it is no parked history (any more). */
export async function adoptHistory(
  root: string,
  adoption: Adoption,
  { store, now }: { readonly store: RemediationStore; readonly now: () => Time },
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await store.load(root);
    if (before === null || !isHistory(before)) return false;
    if (await store.save(before, adopted(before, adoption, now()))) return true;
  }
  return false;
}
