import { decideAdmission } from '../core/decide-admission.ts';
import { toServerTime } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Intent } from '../core/intent.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import type { InstancePage, SightingChange } from '../ports.ts';
import { learnOldRow } from './learn-old-row.ts';
import type { PollerParts } from './parts.ts';

export interface TakenIn {
  readonly changed: number;
  readonly admitted: number;
  readonly admittedPast: number;
  readonly changes: readonly SightingChange[];
}

/**
 * Takes the rows of one page into the memory and offers them to everybody whom they concern: lineages they belong to,
 * searches they may answer, and admission. Safe to repeat: what was done already is not done again.
 */
export async function takeInRows(page: InstancePage, feed: Feed, parts: PollerParts): Promise<TakenIn> {
  const changes = await parts.sightings.observe(page.rows.map((row) => ({ row, requestedAt: page.requestedAt })));
  await learnOldRow(changes, parts);
  const failed = page.rows.filter(({ status }) => status === 'Failed').map(({ id }) => id);
  const ids = [...new Set([...failed, ...changes.map(({ sighting }) => sighting.id)])];
  const roots = await parts.store.rootsOf(ids);
  const strangers = failed.filter((id) => !roots.has(id));
  // Loaded after the page: every restart whose new run the page can show is among them.
  const unsettled = changes.length + strangers.length > 0 ? await parts.journal.unsettled() : [];
  await parts.store.wake(concerned(changes, roots, unsettled));
  const admitted = await admit(strangers, feed, unsettled, parts);
  return {
    changed: changes.length,
    admitted: admitted.length,
    admittedPast: admitted.filter(({ isBacklog }) => isBacklog).length,
    changes,
  };
}

/** The lineages of changed rows, and the searches that a new row of their definition may answer. */
function concerned(
  changes: readonly SightingChange[],
  roots: ReadonlyMap<string, string>,
  unsettled: readonly Intent[],
): readonly string[] {
  const woken = new Set<string>();
  const newIn = new Set<string>();
  for (const { sighting, before } of changes) {
    const root = roots.get(sighting.id);
    if (root) woken.add(root);
    if (before === null) newIn.add(sighting.definitionId);
  }
  for (const intent of unsettled)
    if (intent.state !== 'open' && newIn.has(intent.definitionId)) woken.add(intent.rootInstanceId);
  return [...woken];
}

async function admit(
  ids: readonly string[],
  feed: Feed,
  unsettled: readonly Intent[],
  parts: PollerParts,
): Promise<readonly { remediation: Remediation; isBacklog: boolean }[]> {
  if (ids.length === 0) return [];
  const [rows, fate] = await Promise.all([parts.sightings.get(ids), parts.fate()]);
  const admitted: { remediation: Remediation; isBacklog: boolean }[] = [];
  let { backlogCount } = feed;
  for (const row of newestFirst([...rows.values()])) {
    const now = parts.now();
    const facts = {
      now,
      serverNow: toServerTime(now, feed),
      row,
      watchedSince: feed.watchedSince,
      backlogCount,
      fate,
      unsettled,
    };
    const admission = decideAdmission(facts, parts.policy);
    if (admission.type === 'skip') continue;
    const created = await parts.store.create(admission.remediation);
    if (created === null) continue;
    if (admission.isBacklog && created.phase !== 'held') backlogCount += 1;
    admitted.push({ remediation: created, isBacklog: admission.isBacklog && created.phase !== 'held' });
    parts.emit('remediation.admitted', {
      root: created.rootInstanceId,
      title: created.title,
      phase: created.phase,
      reason: created.reason,
    });
  }
  return admitted;
}

function newestFirst(rows: readonly Sighting[]): readonly Sighting[] {
  return rows.toSorted((a, b) => (b.lastModified ?? 0) - (a.lastModified ?? 0));
}
