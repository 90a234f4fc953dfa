import { INSTANCE_STATUSES, type InstanceStatus } from '../../core/instance.ts';
import type { NamedStatus, StatusMap } from './options.ts';

export const NAMED_STATUSES: readonly NamedStatus[] = INSTANCE_STATUSES.filter((status) => status !== 'Unknown');

const BY_NAME: ReadonlyMap<string, NamedStatus> = new Map(NAMED_STATUSES.map((name) => [name.toLowerCase(), name]));

export interface WireStatus {
  readonly status: InstanceStatus;
  /** What stood on the wire. */
  readonly raw: string;
  /** The integer on the wire; null where a name stood there. */
  readonly integer: number | null;
}

/** Reads a status, integer or name; an integer that the map does not name is `Unknown`, never a guess (API reference 4.2). */
export function parseStatus(value: unknown, map: StatusMap): WireStatus {
  const raw = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  if (/^-?\d{1,9}$/.test(raw)) {
    const integer = Number(raw);
    return { status: NAMED_STATUSES.find((name) => map[name] === integer) ?? 'Unknown', raw, integer };
  }
  return { status: BY_NAME.get(raw.replace(/[\s_-]/g, '').toLowerCase()) ?? 'Unknown', raw, integer: null };
}
