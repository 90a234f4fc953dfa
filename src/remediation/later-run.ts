import { sharesCertificate } from '../core/choose-successor.ts';
import type { LaterRun, UnreadRun } from '../core/waiting-facts.ts';
import { compareLater, isAnswered, isLater } from '../core/later.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';
import { readRuns } from './read-runs.ts';

/** The most rows of one title or request key that are looked at. */
const ROWS = 50;
/** The most of them that one step reads. */
const READS = 10;

/** What is known of later runs of the same request. */
export interface LaterRuns {
  /** The newest of them outside this lineage, in any status; null: none is known. */
  readonly laterRun: LaterRun | null;
  /** One that may be another; null: every row that may be one was read. */
  readonly unread: UnreadRun | null;
}

/**
 * Finds later runs of the same request (DESIGN.md 4.3). Rows of equal title that were never read are read first, since
 * only their input tells; while one of them is unread nobody knows that there is no later run.
 */
export async function findLaterRun(
  remediation: Remediation,
  row: Sighting,
  parts: RemediationParts,
): Promise<LaterRuns> {
  const found = await lookForLaterRun(remediation, row, parts);
  if (found.laterRun === null || !(await isForgotten(found.laterRun, parts))) return found;
  await readInstance(found.laterRun.instanceId, parts);
  return lookForLaterRun(remediation, row, parts);
}

/** Nobody follows it, and no list has shown it for long: it may have been deleted meanwhile. */
async function isForgotten(
  { instanceId, status, rootInstanceId }: LaterRun,
  { sightings, policy, now }: RemediationParts,
): Promise<boolean> {
  if (rootInstanceId !== null || isAnswered(status)) return false;
  const seenAt = (await sightings.get([instanceId])).get(instanceId)?.seenAt ?? 0;
  return now() - seenAt > policy.poll.fullScan;
}

async function lookForLaterRun(remediation: Remediation, row: Sighting, parts: RemediationParts): Promise<LaterRuns> {
  const { input } = remediation;
  if (input === null) return { laterRun: null, unread: null };
  const titled = await parts.sightings.withTitle(row.definitionId, row.title, ROWS);
  const later = titled.filter((other) => isLater(other, row) && !remediation.instanceIds.includes(other.id));
  const { runs, unread } = await readRuns(later, READS, parts);
  const equal = await parts.sightings.withRequestKey(input.requestKey, ROWS);
  // A server that adds to the input of a restarted run changes its request key, but not its CSR or certificate.
  const shared = runs.filter(({ print }) => print !== null && sharesCertificate(print, input));
  const all = [...new Map([...equal, ...shared].map((other) => [other.id, other])).values()];
  const others = all.filter((other) => !other.isGone && !remediation.instanceIds.includes(other.id));
  return { laterRun: await chooseLaterRun(others, row, parts), unread };
}

async function chooseLaterRun(
  equal: readonly Sighting[],
  row: Sighting,
  parts: RemediationParts,
): Promise<LaterRun | null> {
  if (equal.length === 0) return null;
  const roots = await parts.store.rootsOf(equal.map(({ id }) => id));
  const records = new Map(
    (await parts.store.loadMany([...new Set(roots.values())])).map((record) => [record.rootInstanceId, record]),
  );
  const others = equal.filter(
    (other) => isLater(other, row) || isDoneSince(other, row, records.get(roots.get(other.id) ?? '')),
  );
  const standing = others.filter(({ id, status, changedAt }) => {
    const record = records.get(roots.get(id) ?? '');
    // Of a lineage only the newest run stands in the way: the others have been restarted.
    if (record?.outcome === 'ignored' || (record && record.currentInstanceId !== id)) return false;
    // A restarted run is followed by its successor, which counts itself once it shows.
    return status !== 'CanceledForRestart' || parts.now() - changedAt < parts.policy.resolve.window;
  });
  const done = standing.find(({ status }) => isAnswered(status));
  const newest = done ?? standing.toSorted(compareLater)[0];
  if (newest === undefined) return null;
  const rootInstanceId = roots.get(newest.id) ?? null;
  const alertKey = records.get(rootInstanceId ?? '')?.alertKey ?? null;
  return { instanceId: newest.id, status: newest.status, firstSeenAt: newest.firstSeenAt, rootInstanceId, alertKey };
}

/**
 * The new run of a restart that showed itself after this row, and is Complete: what this row asks for is there, whatever
 * the StartDates say, since a restart may keep the old one.
 */
function isDoneSince(other: Sighting, row: Sighting, record: Remediation | undefined): boolean {
  const isNewRun = record?.lineage.some(({ newInstanceId }) => newInstanceId === other.id) ?? false;
  return isNewRun && other.status === 'Complete' && other.firstSeen > row.firstSeen;
}
