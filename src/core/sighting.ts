import type { InstanceRow, InstanceStatus, Time } from './instance.ts';
import type { Input, Search } from './remediation.ts';

/** A row of Command's as it was last observed, and when it was first. The feed's memory is made of these. */
export interface Sighting extends InstanceRow {
  /** Rises with every new row: rows at or below a mark were known before it. */
  readonly firstSeen: number;
  /** Ours. */
  readonly firstSeenAt: Time;
  /** Ours: when the request of the latest observation began. */
  readonly seenAt: Time;
  /** Ours: when the request began that first showed the present status and LastModified. */
  readonly changedAt: Time;
  /** True once a read answered 404. */
  readonly isGone: boolean;
  /** What a single read told, for telling runs apart; null: never read. */
  readonly print: Pick<Input, 'fingerprint' | 'requestKey' | 'keyHashes' | 'certificateKeys'> | null;
}

/** One observation of a row, and when its request began (ours). */
export interface Observation {
  readonly row: InstanceRow;
  readonly requestedAt: Time;
}

/**
 * Takes an observation into the memory. Null: nothing to write, because a later request already said more, or the row
 * is unchanged and was seen a moment ago.
 */
export function withObservation(known: Sighting | null, observation: Observation, firstSeen: number): Sighting | null {
  const { requestedAt } = observation;
  const row = withKnownStatus(known, rowOf(observation.row));
  if (known === null) {
    return {
      ...row,
      firstSeen,
      firstSeenAt: requestedAt,
      seenAt: requestedAt,
      changedAt: requestedAt,
      isGone: false,
      print: null,
    };
  }
  if (requestedAt <= known.seenAt) return null;
  const isChanged = hasChanged(known, row);
  return {
    ...row,
    firstSeen: known.firstSeen,
    firstSeenAt: known.firstSeenAt,
    seenAt: requestedAt,
    changedAt: isChanged ? requestedAt : known.changedAt,
    isGone: false,
    print: known.print,
  };
}

/** A single read also brings InitialData and CurrentStateData: of these nothing may be stored (P11). */
function rowOf(row: InstanceRow): InstanceRow {
  return {
    id: row.id,
    status: row.status,
    rawStatus: row.rawStatus,
    statusMessage: row.statusMessage,
    definitionId: row.definitionId,
    definitionName: row.definitionName,
    definitionVersion: row.definitionVersion,
    workflowType: row.workflowType,
    stepName: row.stepName,
    stepUniqueName: row.stepUniqueName,
    title: row.title,
    lastModified: row.lastModified,
    startDate: row.startDate,
    referenceId: row.referenceId,
  };
}

/** A replica that has not learned the integers yet says `Unknown`: the same integer means what it meant before. */
function withKnownStatus(known: Sighting | null, row: InstanceRow): InstanceRow {
  return row.status === 'Unknown' && known?.rawStatus === row.rawStatus ? { ...row, status: known.status } : row;
}

/** True where the row says something else than before. */
export function hasChanged(known: Sighting, row: InstanceRow): boolean {
  return known.status !== row.status || known.lastModified !== row.lastModified || known.isGone;
}

/** What the old row of a search says now (DESIGN.md 4.6, 4.7). `touched`: Failed, but not as it was, or nobody can tell. */
export type OldRowState = 'still Failed' | 'touched' | 'restarted' | 'gone' | 'changed' | 'unknown';

const RESTARTED: ReadonlySet<InstanceStatus> = new Set(['CanceledForRestart']);

export function oldRowState(row: Sighting | null, search: Pick<Search, 'lastModified'>): OldRowState {
  if (row === null) return 'unknown';
  if (row.isGone) return 'gone';
  if (RESTARTED.has(row.status)) return 'restarted';
  if (row.status === 'Unknown') return 'unknown';
  if (row.status !== 'Failed') return 'changed';
  return row.lastModified !== null && row.lastModified === search.lastModified ? 'still Failed' : 'touched';
}

/** Server time at which a row was restarted by others, as far as it tells; null: it does not. */
export function restartedAtOf(row: Pick<Sighting, 'status' | 'isGone' | 'lastModified'>): Time | null {
  return row.status === 'CanceledForRestart' && !row.isGone ? row.lastModified : null;
}
