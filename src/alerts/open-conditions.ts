import { CONDITIONS, withoutOver } from '../core/condition.ts';
import type { Conditions } from '../core/condition.ts';
import type { AlertParts } from './parts.ts';

/** The conditions that hold; one about remediations ends here once none of them waits for its restart any more. */
export async function openConditions({ ledger, store }: Pick<AlertParts, 'ledger' | 'store'>): Promise<Conditions> {
  let open = (await ledger.read<Conditions>(CONDITIONS)) ?? {};
  for (const [key, { roots }] of Object.entries(open)) {
    if (roots === undefined) continue;
    const records = await store.loadMany(roots);
    if (withoutOver(open, key, { roots, records }) === null) continue;
    open = (await ledger.update<Conditions>(CONDITIONS, (known) => withoutOver(known, key, { roots, records }))) ?? {};
  }
  return open;
}
