import type { Time } from './instance.ts';
import { PHASES } from './remediation.ts';
import type { Phase, Remediation } from './remediation.ts';

/** Where a page of the list ended: lists go by phase, then by time, then by root. */
export interface ListPosition {
  readonly phase: Phase;
  readonly at: Time;
  readonly root: string;
}

/** Where a page of all records ended: behind the list stands the archive. */
export interface RecordPosition extends Omit<ListPosition, 'phase'> {
  readonly phase: Phase | 'archived';
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
export function toCursor({ phase, at, root }: RecordPosition): string {
  return [phase, at, root].join('~');
}

/** Null: not a cursor of the list. */
export function fromCursor(cursor: string): ListPosition | null {
  return parse(cursor, PHASES);
}

/** Null: not a cursor of ours. */
export function fromRecordCursor(cursor: string): RecordPosition | null {
  return parse<RecordPosition['phase']>(cursor, [...PHASES, 'archived']);
}

function parse<Place extends string>(
  cursor: string,
  places: readonly Place[],
): { readonly phase: Place; readonly at: Time; readonly root: string } | null {
  const [word, at = '', root = '', ...rest] = cursor.split('~');
  const phase = places.find((known) => known === word);
  const isWhole =
    phase !== undefined && rest.length === 0 && /^\d{1,16}(\.\d+)?$/.test(at) && /^[\w-]{1,64}$/.test(root);
  return isWhole ? { phase, at: Number(at), root } : null;
}
