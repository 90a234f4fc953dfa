import type { Time } from './instance.ts';
import type { Phase, Remediation } from './remediation.ts';

/** Those who wait too long for one reason, in one waiting room. */
export interface LongWait {
  /** A wait, or what an open one of another phase waits for. */
  readonly reason: string;
  readonly parkedOn: string | null;
  readonly count: number;
  /** The longest wait began here (ours). */
  readonly since: Time;
  /** Root ids, up to 20. */
  readonly instances: readonly string[];
  /** The words of the first record. */
  readonly sample: string;
}

/** Phases in which something is waited for without an alert of its own. */
export const WATCHED_PHASES: readonly Phase[] = ['waiting', 'restarting', 'resolving', 'verifying', 'handed-over'];

/** The most ids that an alert names (DESIGN.md 7). */
export const INSTANCES_LIMIT = 20;

/** Groups those of the records that have waited for at least `limitMs`. */
export function longWaits(
  known: readonly LongWait[],
  records: readonly Remediation[],
  now: Time,
  limitMs: number,
): readonly LongWait[] {
  const groups = new Map(known.map((wait) => [groupKey(wait.reason, wait.parkedOn), wait]));
  for (const record of records) {
    const reason = waitReasonOf(record);
    const since = waitingSince(record);
    // Behind one that people were told of it has joined that one's alert.
    if (reason === null || record.alertKey !== null || now - since < limitMs) continue;
    const key = groupKey(reason, record.parkedOn);
    groups.set(key, withRecord(groups.get(key), record, reason, since));
  }
  return [...groups.values()];
}

/** What an open remediation waits for, as `waiting-long` names it; null: it has an alert of its own, or has ended. */
export function waitReasonOf({ phase, wait, reason }: Remediation): string | null {
  if (phase === 'waiting') return wait ?? 'back-off';
  if (phase === 'verifying' && reason.startsWith('inconclusive')) return 'inconclusive';
  return WAITS_FOR[phase];
}

const WAITS_FOR: Readonly<Record<Exclude<Phase, 'waiting'>, string | null>> = {
  restarting: 'answer',
  resolving: 'successor',
  verifying: 'verdict',
  'handed-over': 'approvers',
  held: null,
  ended: null,
};

/**
 * Ours: since when. A wait whose words change goes on: it counts from the failure or the restart that began it, or from
 * the last time a person had a hand in it.
 */
export function waitingSince(remediation: Remediation): Time {
  const person = remediation.timeline.findLast(({ by }) => by !== 'remediator');
  return Math.max(beginning(remediation), person?.at ?? 0);
}

function beginning({ phase, failure, firstSeenAt, changedAt, search, lineage }: Remediation): Time {
  if (phase === 'waiting') return failure?.seenAt ?? firstSeenAt;
  if (phase === 'handed-over') return changedAt;
  return search?.startedAt ?? lineage.at(-1)?.restartedAt ?? changedAt;
}

function groupKey(reason: string, parkedOn: string | null): string {
  return JSON.stringify([reason, parkedOn]);
}

function withRecord(group: LongWait | undefined, record: Remediation, reason: string, since: Time): LongWait {
  const { rootInstanceId, parkedOn } = record;
  if (group === undefined)
    return { reason, parkedOn, count: 1, since, instances: [rootInstanceId], sample: record.reason };
  return {
    ...group,
    count: group.count + 1,
    since: Math.min(group.since, since),
    instances: [...group.instances, rootInstanceId].slice(0, INSTANCES_LIMIT),
  };
}
