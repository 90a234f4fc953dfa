import type { Time } from './instance.ts';
import { PHASES } from './remediation.ts';
import type { Phase, Remediation } from './remediation.ts';

/** Where a page of the list ended: lists go by phase, then by time, then by root. */
export interface ListPosition {
  readonly phase: Phase;
  readonly at: Time;
  readonly root: string;
}

/** The place of a remediation in the list, as it was when it was listed. */
export function positionOf(remediation: Remediation): ListPosition {
  return {
    phase: remediation.phase,
    at: remediation.endedAt ?? remediation.firstSeenAt,
    root: remediation.rootInstanceId,
  };
}

/** The position as one word of a URL. */
export function toCursor({ phase, at, root }: ListPosition): string {
  return [phase, at, root].join('~');
}

/** Null: not a cursor of ours. */
export function fromCursor(cursor: string): ListPosition | null {
  const [word, at = '', root = '', ...rest] = cursor.split('~');
  const phase = PHASES.find((known) => known === word);
  const isWhole =
    phase !== undefined && rest.length === 0 && /^\d{1,16}(\.\d+)?$/.test(at) && /^[\w-]{1,64}$/.test(root);
  return isWhole ? { phase, at: Number(at), root } : null;
}
