import type { Search } from '../core/remediation.ts';
import type { RemediationParts } from './parts.ts';

/** Whether new runs bear what the old one had on this server; null: no link has shown it yet. */
export type NewRunFate = 'kept' | 'made anew' | null;

const TITLES = 'titles';
const INPUTS = 'inputs';

type LedgerParts = Pick<RemediationParts, 'ledger'>;

export async function titleFate(parts: LedgerParts): Promise<NewRunFate> {
  return fateOf(TITLES, parts);
}

/** Of the InitialData, by its fingerprint. */
export async function inputFate(parts: LedgerParts): Promise<NewRunFate> {
  return fateOf(INPUTS, parts);
}

/** Learns from a link that is sure: an accepted restart of ours, equal input. */
export async function noteTitle(isEqual: boolean, search: Pick<Search, 'origin' | 'took'>, parts: LedgerParts) {
  await note(TITLES, isEqual, search, parts);
}

/**
 * Learns from an accepted restart of ours: a link on less than equal input tells that it is made anew. That it is kept only
 * a link tells whose window has closed without another run of the request: equal input may be a request made anew.
 */
export async function noteInput(isEqual: boolean, search: Pick<Search, 'origin' | 'took'>, parts: LedgerParts) {
  await note(INPUTS, isEqual, search, parts);
}

async function fateOf(name: string, { ledger }: LedgerParts): Promise<NewRunFate> {
  return (await ledger.read<{ readonly fate: NewRunFate }>(name))?.fate ?? null;
}

/** One that was made anew outweighs all kept. */
async function note(
  name: string,
  isEqual: boolean,
  { origin, took }: Pick<Search, 'origin' | 'took'>,
  { ledger }: LedgerParts,
): Promise<void> {
  if (origin !== 'remediator' || took !== 'accepted') return;
  await ledger.update<{ readonly fate: NewRunFate }>(name, (known) => {
    if (known?.fate === 'made anew' || (known !== null && isEqual)) return null;
    return { fate: isEqual ? 'kept' : 'made anew' };
  });
}
