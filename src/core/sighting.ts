import type { InstanceRow, InstanceStatus, Time } from './instance.ts';
import type { Input, Remediation, Search } from './remediation.ts';

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
  /** It was seen Suspended: an approval was asked for. Left out: never. */
  readonly wasSuspended?: true;
  /** What a single read told, for telling runs apart; null: never read. */
  readonly print: Pick<Input, 'fingerprint' | 'requestKey' | 'keyHashes' | 'certificateKeys'> | null;
}

/** One observation of a row, and when its request began (ours). */
export interface Observation {
  readonly row: InstanceRow;
  readonly requestedAt: Time;
  /** What a single read told of its input; left out: it was listed. */
  readonly print?: NonNullable<Sighting['print']>;
}

/**
 * Takes an observation into the memory. Null: nothing to write, because a later request already said more. What a read told
 * of the input counts whenever it was: it is that of the run, and does not change.
 */
export function withObservation(known: Sighting | null, observation: Observation, firstSeen: number): Sighting | null {
  const { requestedAt, print = known?.print ?? null } = observation;
  const row = withKnownStatus(known, rowOf(observation.row));
  if (known === null) {
    return {
      ...row,
      firstSeen,
      firstSeenAt: requestedAt,
      seenAt: requestedAt,
      changedAt: requestedAt,
      isGone: false,
      print,
    };
  }
  if (requestedAt <= known.seenAt) return observation.print === undefined ? null : { ...known, print };
  const isChanged = hasChanged(known, row);
  return {
    ...row,
    firstSeen: known.firstSeen,
    firstSeenAt: known.firstSeenAt,
    seenAt: requestedAt,
    changedAt: isChanged ? requestedAt : known.changedAt,
    isGone: false,
    print,
    ...(known.wasSuspended || known.status === 'Suspended' ? { wasSuspended: true } : {}),
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
    ...(row.zoneOffsetMs === undefined ? {} : { zoneOffsetMs: row.zoneOffsetMs }),
    referenceId: row.referenceId,
  };
}

/** A replica that has not learned the integers yet says `Unknown`: the same integer means what it meant before. */
function withKnownStatus(known: Sighting | null, row: InstanceRow): InstanceRow {
  return row.status === 'Unknown' && known?.rawStatus === row.rawStatus ? { ...row, status: known.status } : row;
}

/** True where the row says something else than before. */
export function hasChanged(known: Sighting, row: InstanceRow): boolean {
  return known.status !== row.status || !isSameDate(known, row) || known.isGone;
}

type Dated = Pick<InstanceRow, 'lastModified' | 'zoneOffsetMs'>;

/** True where both came with the same LastModified, whatever was known of the zone of this server's dates at the time. */
export function isSameDate(one: Dated, other: Dated): boolean {
  return wireDateOf(one) === wireDateOf(other);
}

function wireDateOf({ lastModified, zoneOffsetMs = 0 }: Dated): Time | null {
  return lastModified === null ? null : lastModified - zoneOffsetMs;
}

/**
 * What the old row of a search says now (DESIGN.md 4.6, 4.7). `still Failed`: in the status that it was restarted from, a
 * move's Suspended included. `touched`: so, but not as it was, or nobody can tell.
 */
export type OldRowState = 'still Failed' | 'touched' | 'restarted' | 'gone' | 'changed' | 'unknown';

const RESTARTED: ReadonlySet<InstanceStatus> = new Set(['CanceledForRestart']);

export function oldRowState(row: Sighting | null, search: Pick<Search, 'lastModified'> & Partial<Search>): OldRowState {
  if (row === null) return 'unknown';
  if (row.isGone) return 'gone';
  if (RESTARTED.has(row.status)) return 'restarted';
  if (row.status === 'Unknown') return 'unknown';
  if (row.status !== (search.from ?? 'Failed')) return 'changed';
  return row.lastModified !== null && row.lastModified === search.lastModified ? 'still Failed' : 'touched';
}

/** True where a row is no longer in the status that its remediation works on: others acted, or it went on by itself. */
export function hasLeft({ move }: Pick<Remediation, 'move'>, row: Pick<Sighting, 'status' | 'isGone'>): boolean {
  return row.isGone || (row.status !== (move?.from ?? 'Failed') && row.status !== 'Unknown');
}

/**
 * True where others did something about an ended one's row that its record follows (P5): it left Failed after people had
 * been told of the end, or it still stood there when a later run of its request made it obsolete, and was restarted since.
 */
export function isOvertaken(
  record: Pick<Remediation, 'alertKey' | 'isStanding' | 'move'>,
  row: Pick<Sighting, 'status' | 'isGone'>,
): boolean {
  if (record.alertKey !== null) return hasLeft(record, row);
  return record.isStanding === true && row.status === 'CanceledForRestart' && !row.isGone;
}

/** Server time at which a row was restarted by others, as far as it tells; null: it does not. */
export function restartedAtOf(row: Pick<Sighting, 'status' | 'isGone' | 'lastModified'>): Time | null {
  return row.status === 'CanceledForRestart' && !row.isGone ? row.lastModified : null;
}

/**
 * True where the row tells more than its open record knows: it changed later, or its status is one that the record's phase
 * does not wait in. (A step that began before the change may have saved its record after it.)
 */
export function isBehind(record: Pick<Remediation, 'phase' | 'changedAt' | 'move'>, row: Sighting): boolean {
  if (row.changedAt > record.changedAt) return true;
  if (row.status === 'Unknown' && !row.isGone) return false;
  switch (record.phase) {
    case 'waiting':
      return hasLeft(record, row);
    case 'verifying':
      return row.isGone || row.status !== 'Running';
    case 'handed-over':
      return row.isGone || row.status !== 'Suspended';
    case 'restarting':
    case 'resolving':
    case 'held':
    case 'ended':
      return false;
  }
}
