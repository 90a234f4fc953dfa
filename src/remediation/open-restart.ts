import { rivalWatchEnd } from '../core/decide-verifying.ts';
import { isOfItsTime, isOfSameRequest, mayBeNewRun } from '../core/new-run.ts';
import type { LineageRecord } from '../core/lineage.ts';
import type { Time } from '../core/instance.ts';
import type { Phase, Remediation, Search } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import { isOvertaken } from '../core/sighting.ts';
import { isIgnoredUnsettled } from '../core/unsettled.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';
import { ROWS, runsOfRequest } from './runs-of-request.ts';

export interface OpenRestart {
  readonly instanceId: string;
  /** It is held unresolved. */
  readonly isHeld: boolean;
}

/** The restart, ours or other people's, whose new run this row may be; null: none is open. */
export async function openRestartOf(
  { mayBeNewRun: isAsked }: Pick<Remediation, 'mayBeNewRun'>,
  row: Sighting,
  parts: RemediationParts,
): Promise<OpenRestart | null> {
  // Ours are asked for only those that were first seen while one was open.
  const open = isAsked ? await openIntentOf(row, parts) : null;
  if (open !== null) return open;
  const older = await olderRuns(row, parts);
  if (older.length === 0) return null;
  const roots = await parts.store.rootsOf(older.map(({ id }) => id));
  const records = await parts.store.loadMany([...new Set(roots.values())]);
  return (
    namedBy(row, records) ??
    ofIgnored(row, records, parts) ??
    (await rivalOf(row, records, parts)) ??
    leftBehind(row, older, records, parts)
  );
}

/** One that cannot be told from the new run of an older lineage is not worked alone until a person decides (P2). */
function namedBy({ id }: Sighting, records: readonly Remediation[]): OpenRestart | null {
  const [doubtful] = records
    .filter(({ instanceIds }) => !instanceIds.includes(id))
    .flatMap((record) => record.lineage.filter((line) => line.candidates.includes(id) && isInDoubt(record, line)));
  return doubtful === undefined ? null : { instanceId: doubtful.oldInstanceId, isHeld: true };
}

/** Held for it, ignored in spite of it, or noticed after the end had been announced. */
function isInDoubt(record: Remediation, { confidence }: LineageRecord): boolean {
  const { phase, holdCause, outcome } = record;
  const isHeld = phase === 'held' && holdCause === 'ambiguous';
  return isHeld || isIgnoredUnsettled(record) || (outcome === 'recovered' && confidence === 'ambiguous');
}

/** A restart that was ignored before its new run was known: were that one worked as a root, its attempts would be lost (P5). */
function ofIgnored(
  row: Sighting,
  records: readonly Remediation[],
  { policy }: Pick<RemediationParts, 'policy'>,
): OpenRestart | null {
  const found = records
    .filter(isIgnoredUnsettled)
    .find(({ instanceIds, search }) => !instanceIds.includes(row.id) && isOfItsTime(row, search, policy));
  return found === undefined ? null : { instanceId: found.search.predecessorId, isHeld: true };
}

/**
 * One that showed itself while the window of a restart is open that has its new run already may be the true one, or a
 * second one (a proxy that repeats): that lineage looks at it, its end announced or not, and until the window closes and
 * that look is made it is not worked alone (P2).
 */
async function rivalOf(
  row: Sighting,
  records: readonly Remediation[],
  { store, now, policy }: RemediationParts,
): Promise<OpenRestart | null> {
  for (const { phase, search, rootInstanceId, instanceIds } of records) {
    const isWatched = phase === 'verifying' || phase === 'handed-over' || phase === 'ended';
    if (!isWatched || search === null || instanceIds.includes(row.id) || row.firstSeen <= search.mark) continue;
    const windowEnd = search.endedAt + policy.resolve.window;
    const isOfWindow = row.firstSeenAt <= windowEnd;
    if (now() >= (isOfWindow ? lastLookOf(phase, search, policy) : windowEnd)) continue;
    await store.wake([rootInstanceId]);
    return { instanceId: search.predecessorId, isHeld: false };
  }
  return null;
}

/** Ours: by then the lineage has looked at the runs of its window. An end is looked at until they could be read. */
function lastLookOf(phase: Phase, search: Search, policy: RemediationParts['policy']): Time {
  return rivalWatchEnd(search, policy) + (phase === 'ended' ? policy.resolve.window : 2 * policy.poll.interval);
}

async function openIntentOf(row: Sighting, parts: RemediationParts): Promise<OpenRestart | null> {
  const unsettled = await parts.journal.unsettled();
  for (const intent of unsettled.filter((open) => mayBeNewRun(row, open, parts.now(), parts.policy))) {
    const record = await parts.store.load(intent.rootInstanceId);
    const isHeld = record?.phase === 'held';
    // One that is named as a candidate is not worked alone (P2).
    const isNamed = record?.lineage.some(({ candidates }) => candidates.includes(row.id)) === true;
    // Held without a successor: what is of the same wish is held with it, the others go on (DESIGN.md 4.2).
    if (!isHeld || isOfSameRequest(row, intent) || isNamed) return { instanceId: intent.instanceId, isHeld };
  }
  return null;
}

/**
 * A run of the same request that left Failed by other hands, and whose new run nobody has found yet: were this row worked
 * as a root of its own, the attempts of the older lineage would be lost (P5).
 */
async function leftBehind(
  row: Sighting,
  older: readonly Sighting[],
  records: readonly Remediation[],
  parts: RemediationParts,
): Promise<OpenRestart | null> {
  const left = older.filter(({ status, isGone }) => isGone || status === 'CanceledForRestart');
  for (const record of records) {
    const { phase, currentInstanceId, rootInstanceId, instanceIds } = record;
    const current = left.find(({ id }) => id === currentInstanceId);
    if (current === undefined || instanceIds.includes(row.id) || rootInstanceId === row.id) continue;
    // An end that others have overtaken is about to be followed on.
    if (phase === 'ended' && !isOvertaken(record, current)) continue;
    const isHeld = isUnresolved(record);
    if (!isHeld) await parts.store.wake([rootInstanceId]); // the word that its row has left may be lost
    return { instanceId: currentInstanceId, isHeld };
  }
  return null;
}

/** Held for a person to say which run is its new one. Any other held one is followed once its row has left Failed. */
function isUnresolved({ phase, holdCause }: Remediation): boolean {
  return phase === 'held' && (holdCause === 'ambiguous' || holdCause === 'successor not found');
}

/** Runs of the same request that were seen first, and those of its Title that were taken away before anybody read them. */
async function olderRuns(row: Sighting, parts: Pick<RemediationParts, 'sightings'>): Promise<readonly Sighting[]> {
  const { print, definitionId, title } = row;
  if (print === null) return [];
  const [known, titled] = await Promise.all([
    runsOfRequest(row, print, parts),
    title === null ? [] : parts.sightings.withTitle(definitionId, title, ROWS),
  ]);
  const runs = [...known, ...titled.filter((other) => other.isGone && other.print === null)];
  return runs.filter(({ id, firstSeen }) => id !== row.id && firstSeen < row.firstSeen);
}

/** The most older runs that are read before one restart. */
const READS = 3;

/** What the older failed runs of a request turned out to be. */
export type OlderRuns =
  | { readonly type: 'still-failed' }
  /** One has left Failed: the row may be its new run. */
  | { readonly type: 'left' }
  | { readonly type: 'not-read'; readonly why: string; readonly retryAfterMs: number | null };

/**
 * Reads the older failed runs of the same request right before this one is restarted: where the old row of a restart is
 * deleted, or lists are behind, the feed shows the new run first, and it must not be worked as a root of its own (P5).
 */
export async function lookAtOlderRuns(row: Sighting, parts: RemediationParts): Promise<OlderRuns> {
  const failed = (await olderRuns(row, parts)).filter(({ status, isGone }) => status === 'Failed' && !isGone);
  const roots = await parts.store.rootsOf(failed.map(({ id }) => id));
  const records = await parts.store.loadMany([...new Set(roots.values())]);
  const waiting = records.filter(
    ({ currentInstanceId, phase, alertKey }) =>
      failed.some(({ id }) => id === currentInstanceId) && (phase !== 'ended' || alertKey !== null),
  );
  let found: OlderRuns = { type: 'still-failed' };
  for (const { currentInstanceId, rootInstanceId } of waiting.slice(0, READS)) {
    const read = await readInstance(currentInstanceId, parts);
    if (read.type === 'failed' && found.type !== 'left')
      found = { type: 'not-read', why: read.why, retryAfterMs: read.retryAfterMs };
    const isLeft = read.type === 'gone' || (read.type === 'read' && read.row.status === 'CanceledForRestart');
    if (!isLeft) continue;
    await parts.store.wake([rootInstanceId]);
    found = { type: 'left' };
  }
  return found;
}
