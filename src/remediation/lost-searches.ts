import type { RemediationParts } from './parts.ts';

/** By definition id: searches in a row that found no new run, although the restart took effect (DESIGN.md 4.2). */
type LostSearches = Readonly<Record<string, number>>;

const LOST_SEARCHES = 'lost-searches';

/** How many searches of this definition were lost since one found its run. */
export async function lostSearches(definitionId: string, parts: Pick<RemediationParts, 'ledger'>): Promise<number> {
  return (await parts.ledger.read<LostSearches>(LOST_SEARCHES))?.[definitionId] ?? 0;
}

/** One more search of this definition ended without a find. */
export async function noteLostSearch(definitionId: string, parts: Pick<RemediationParts, 'ledger'>): Promise<void> {
  await parts.ledger.update<LostSearches>(LOST_SEARCHES, (known) => ({
    ...known,
    [definitionId]: (known?.[definitionId] ?? 0) + 1,
  }));
}

/** A new run of this definition was found: they are told apart. */
export async function noteFoundSearch(definitionId: string, parts: Pick<RemediationParts, 'ledger'>): Promise<void> {
  await parts.ledger.update<LostSearches>(LOST_SEARCHES, (known) =>
    known?.[definitionId] === undefined
      ? null
      : Object.fromEntries(Object.entries(known).filter(([id]) => id !== definitionId)),
  );
}
