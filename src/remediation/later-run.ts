import type { LaterRun } from '../core/decide-waiting.ts';
import { compareLater, isLater } from '../core/later.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';

/** The most rows of one title or request key that are looked at. */
const ROWS = 50;
/** The most of them that one step reads. */
const READS = 3;

/**
 * The newest later run of the same request outside this lineage, in any status; null: none (DESIGN.md 4.3). Rows of
 * equal title that were never read are read first, since only their input tells.
 */
export async function findLaterRun(
  remediation: Remediation,
  row: Sighting,
  parts: RemediationParts,
): Promise<LaterRun | null> {
  const { input } = remediation;
  if (input === null) return null;
  const titled = await parts.sightings.withTitle(row.definitionId, row.title, ROWS);
  const later = titled.filter((other) => isLater(other, row) && !remediation.instanceIds.includes(other.id));
  for (const other of later.filter(({ print, isGone }) => print === null && !isGone).slice(0, READS)) {
    await readInstance(other.id, parts);
  }
  const equal = await parts.sightings.withRequestKey(input.requestKey, ROWS);
  const others = equal.filter(
    (other) => isLater(other, row) && !other.isGone && !remediation.instanceIds.includes(other.id),
  );
  return chooseLaterRun(others, parts);
}

async function chooseLaterRun(others: readonly Sighting[], parts: RemediationParts): Promise<LaterRun | null> {
  if (others.length === 0) return null;
  const roots = await parts.store.rootsOf(others.map(({ id }) => id));
  const records = new Map(
    (await parts.store.loadMany([...new Set(roots.values())])).map((record) => [record.rootInstanceId, record]),
  );
  const standing = others.filter(({ id, status, changedAt }) => {
    const record = records.get(roots.get(id) ?? '');
    // Of a lineage only the newest run stands in the way: the others have been restarted.
    if (record?.outcome === 'ignored' || (record && record.currentInstanceId !== id)) return false;
    // A restarted run is followed by its successor, which counts itself once it shows.
    return status !== 'CanceledForRestart' || parts.now() - changedAt < parts.policy.resolve.window;
  });
  const done = standing.find(({ status }) => status === 'Complete');
  const newest = done ?? standing.toSorted(compareLater)[0];
  if (newest === undefined) return null;
  const rootInstanceId = roots.get(newest.id) ?? null;
  const alertKey = records.get(rootInstanceId ?? '')?.alertKey ?? null;
  return { instanceId: newest.id, status: newest.status, rootInstanceId, alertKey };
}
