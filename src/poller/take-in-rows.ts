import { decideAdmission } from '../core/decide-admission.ts';
import { FEED, rowLagMs, toServerTime } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import type { Intent } from '../core/intent.ts';
import { turnedRow } from '../core/old-row.ts';
import type { Remediation } from '../core/remediation.ts';
import { FORGOTTEN } from '../core/retention.ts';
import type { Forgotten } from '../core/retention.ts';
import type { Sighting } from '../core/sighting.ts';
import type { InstancePage } from '../ports/command.ts';
import type { SightingChange } from '../ports/sightings.ts';
import type { PollerParts } from './parts.ts';
import { supersededBy } from './superseded-by.ts';

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
  await learnFromTurned(changes, parts);
  const failed = page.rows.filter(({ status }) => status === 'Failed').map(({ id }) => id);
  const roots = await parts.store.rootsOf(page.rows.map(({ id }) => id));
  await parts.archive.bringBack([...new Set(roots.values())]);
  const strangers = failed.filter((id) => !roots.has(id));
  // Loaded after the page: every restart whose new run the page can show is among them.
  const unsettled = changes.length + strangers.length > 0 ? await parts.journal.unsettled() : [];
  await parts.store.wake([...concerned(changes, roots, unsettled), ...(await supersededBy(changes, parts))]);
  const admitted = await admit(strangers, feed, unsettled, parts);
  return {
    changed: changes.length,
    admitted: admitted.length,
    admittedPast: admitted.filter(({ isBacklog }) => isBacklog).length,
    changes,
  };
}

/** A Failed row that turned CanceledForRestart, by anybody's hand, shows that this server moves them (DESIGN.md 5). */
async function learnFromTurned(changes: readonly SightingChange[], { noteOldRow }: PollerParts): Promise<void> {
  const turned = changes.find(
    ({ before, sighting }) => before?.status === 'Failed' && sighting.status === 'CanceledForRestart',
  );
  if (turned === undefined) return;
  const instanceId = turned.sighting.id;
  await noteOldRow(turnedRow(instanceId));
}

/** The lineages of changed rows, and the searches that a new row of their definition and Title may answer. */
function concerned(
  changes: readonly SightingChange[],
  roots: ReadonlyMap<string, string>,
  unsettled: readonly Intent[],
): readonly string[] {
  const woken = new Set<string>();
  const shown = new Set<string>();
  for (const { sighting, before } of changes) {
    const root = roots.get(sighting.id);
    if (root) woken.add(root);
    if (before === null) shown.add(kindOf(sighting));
  }
  for (const intent of unsettled)
    if (intent.state !== 'open' && shown.has(kindOf(intent))) woken.add(intent.rootInstanceId);
  return [...woken];
}

function kindOf({ definitionId, title }: Pick<Intent, 'definitionId' | 'title'>): string {
  return `${definitionId}\n${title ?? ''}`;
}

/** False: the store was lost since this feed was loaded; by what it knew, old rows would count as watched. */
async function isCurrent(feed: Feed, parts: PollerParts): Promise<boolean> {
  const stored = await parts.ledger.read<Feed>(FEED);
  return stored === null ? feed.lookedAt === feed.startedAt : stored.startedAt === feed.startedAt;
}

async function admit(
  ids: readonly string[],
  feed: Feed,
  unsettled: readonly Intent[],
  parts: PollerParts,
): Promise<readonly { remediation: Remediation; isBacklog: boolean }[]> {
  if (ids.length === 0 || !(await isCurrent(feed, parts))) return [];
  const [rows, fate, forgotten] = await Promise.all([
    parts.sightings.get(ids),
    parts.fate(),
    parts.ledger.read<Forgotten>(FORGOTTEN),
  ]);
  let { backlogCount } = feed;
  const wanted: { remediation: Remediation; isBacklog: boolean }[] = [];
  for (const row of newestFirst([...rows.values()])) {
    const now = parts.now();
    const serverNow = toServerTime(now, feed);
    const known = { watchedSince: watchedSince(row, feed), forgotten, fate };
    const admission = decideAdmission({ now, serverNow, row, ...known, backlogCount, unsettled }, parts.policy);
    if (admission.type === 'skip') continue;
    const isBacklog = admission.isBacklog && admission.remediation.phase !== 'held';
    if (isBacklog) backlogCount += 1;
    wanted.push({ remediation: admission.remediation, isBacklog });
  }
  // Another look may have been faster; then the row is in the list already.
  const created = new Set(await parts.store.createAll(wanted.map(({ remediation }) => remediation)));
  const admitted = wanted.filter(({ remediation }) => created.has(remediation));
  for (const {
    remediation: { rootInstanceId: root, title, phase, reason },
  } of admitted) {
    parts.emit('remediation.admitted', { root, title, phase, reason });
  }
  return admitted;
}

/** Server time since which this row was watched. One that no look before has shown changed later than its date may say. */
function watchedSince({ firstSeenAt }: Sighting, feed: Feed): Time {
  const isNews = feed.lookedAt > feed.startedAt && firstSeenAt > feed.lookedAt;
  return isNews ? feed.watchedSince - rowLagMs(feed) : feed.watchedSince;
}

function newestFirst(rows: readonly Sighting[]): readonly Sighting[] {
  return rows.toSorted((a, b) => (b.lastModified ?? 0) - (a.lastModified ?? 0));
}
