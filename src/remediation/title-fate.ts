import type { Search } from '../core/remediation.ts';
import type { RemediationParts } from './parts.ts';

/** Whether new runs bear the Title of the old one on this server; null: no link has shown it yet. */
export type TitleFate = 'kept' | 'made anew' | null;

const TITLES = 'titles';

export async function titleFate({ ledger }: Pick<RemediationParts, 'ledger'>): Promise<TitleFate> {
  return (await ledger.read<{ readonly fate: TitleFate }>(TITLES))?.fate ?? null;
}

/** Learns from a link that is sure: an accepted restart of ours, equal input. One Title made anew outweighs all kept. */
export async function noteTitle(
  isEqual: boolean,
  { origin, took }: Pick<Search, 'origin' | 'took'>,
  { ledger }: Pick<RemediationParts, 'ledger'>,
): Promise<void> {
  if (origin !== 'remediator' || took !== 'accepted') return;
  await ledger.update<{ readonly fate: TitleFate }>(TITLES, (known) => {
    if (known?.fate === 'made anew' || (known !== null && isEqual)) return null;
    return { fate: isEqual ? 'kept' : 'made anew' };
  });
}
