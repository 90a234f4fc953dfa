import type { RemediationParts } from './parts.ts';

export interface Refusals {
  readonly code: string;
  readonly count: number;
}

/** By definition id: refusals in a row with one code (DESIGN.md 4.6). */
type AllRefusals = Readonly<Record<string, Refusals>>;

const REFUSALS = 'refusals';

/** The refusals in a row with one code; null: none since a restart of this definition was taken. */
export async function refusalsOf(
  definitionId: string,
  parts: Pick<RemediationParts, 'ledger'>,
): Promise<Refusals | null> {
  return (await parts.ledger.read<AllRefusals>(REFUSALS))?.[definitionId] ?? null;
}

/** One more restart of this definition was refused. */
export async function noteRefusal(
  definitionId: string,
  code: string,
  parts: Pick<RemediationParts, 'ledger'>,
): Promise<void> {
  await parts.ledger.update<AllRefusals>(REFUSALS, (all) => {
    const known = all?.[definitionId];
    const count = known?.code === code ? known.count + 1 : 1;
    return { ...all, [definitionId]: { code, count } };
  });
}

/** A restart of this definition was taken: the server does not refuse them all. */
export async function noteTaken(definitionId: string, parts: Pick<RemediationParts, 'ledger'>): Promise<void> {
  await parts.ledger.update<AllRefusals>(REFUSALS, (all) =>
    all?.[definitionId] === undefined
      ? null
      : Object.fromEntries(Object.entries(all).filter(([id]) => id !== definitionId)),
  );
}
