import type { Time } from '../core/instance.ts';
import { FORGOTTEN, isOutlived } from '../core/retention.ts';
import type { Forgotten } from '../core/retention.ts';
import type { PollerParts } from './parts.ts';

/** The most records that one scan archives, and forgets. What is left waits for the next one. */
const LIMIT = 2000;

/** So many of them are held in memory at a time. */
const LOT = 100;

type RetentionParts = Pick<PollerParts, 'store' | 'archive' | 'ledger' | 'policy' | 'now' | 'emit'>;

/**
 * Archives what ended longer than `retention.ended` ago, and forgets what ended longer than `retention.audit` ago. Safe to
 * repeat and to break off: each record moves in one atomic step. `serverTime`: Command's clock; should it or the store's
 * have jumped ahead, nothing goes too early, and nothing at all where Command does not tell the time (null).
 */
export async function applyRetention(serverTime: Time | null, parts: RetentionParts): Promise<void> {
  if (serverTime === null) return;
  const now = Math.min(parts.now(), serverTime);
  const { ended, audit } = parts.policy.retention;
  const archived = await archiveEnded(now - ended, parts);
  const forgotten = await forgetArchived(now - audit, parts);
  if (archived + forgotten > 0) parts.emit('retention.applied', { archived, forgotten });
}

/** Those of which Command may still list a row stay until it does not: few, so they keep no others from their turn. */
async function archiveEnded(endedBefore: Time, { store, archive }: RetentionParts): Promise<number> {
  const roots = await store.rootsIn('ended', LIMIT, endedBefore);
  let archived = 0;
  for (let from = 0; from < roots.length; from += LOT) {
    const records = await store.loadMany(roots.slice(from, from + LOT));
    for (const record of records) if (isOutlived(record, endedBefore) && (await archive.add(record))) archived += 1;
  }
  return archived;
}

/** First says how far it forgets: what is gone can then not be taken for new. */
async function forgetArchived(endedBefore: Time, { archive, ledger }: RetentionParts): Promise<number> {
  let forgotten = 0;
  for (let looks = 0; looks < LIMIT / LOT; looks += 1) {
    const lot = await archive.endedBefore(endedBefore, LOT);
    if (lot.length > 0)
      await ledger.update<Forgotten>(FORGOTTEN, (known) =>
        (known?.endedBefore ?? -Infinity) >= endedBefore ? null : { endedBefore },
      );
    const before = forgotten;
    for (const record of lot) if (await archive.forget(record)) forgotten += 1;
    if (lot.length < LOT || forgotten === before) break;
  }
  return forgotten;
}
