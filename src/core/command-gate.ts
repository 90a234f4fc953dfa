import type { Time } from './instance.ts';

/** How Command answered: `badly` is a 429, 5xx, 401, 403 or a page that is not JSON. */
export type Manner = 'well' | 'badly';

/** Bad answers in a row, over all replicas; one document of the ledger. */
export interface BadAnswers {
  readonly count: number;
  /** The last one. */
  readonly why: string;
}

/** The ledger's name for them. */
export const BAD_ANSWERS = 'bad-answers';

/** So many bad answers in a row shut Command's own gate: nothing is restarted until a sweep goes well (DESIGN.md 4.5). */
export const SHUT_AFTER = 10;

/** Command's own gate is shut. */
export interface CommandShut {
  readonly why: string;
  /** Ours: a sweep that began later may open it. */
  readonly since: Time;
}

/** One more bad answer in a row. */
export function withBadAnswer(known: BadAnswers | null, why: string): BadAnswers {
  return { count: (known?.count ?? 0) + 1, why };
}

/** A good answer ends the row. Null: there was none. */
export function withoutBadAnswers(known: BadAnswers | null): BadAnswers | null {
  return known === null || known.count === 0 ? null : { count: 0, why: '' };
}

/** Why the gate must be shut; null: it need not. */
export function shutBy({ count, why }: BadAnswers): string | null {
  return count < SHUT_AFTER ? null : `Command answered badly ${SHUT_AFTER} times in a row, the last time: ${why}`;
}
