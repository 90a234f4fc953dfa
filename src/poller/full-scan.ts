import { FEED, toServerTime } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import { OLD_ROW, isLearning } from '../core/old-row.ts';
import type { OldRowKnowledge } from '../core/old-row.ts';
import type { Phase, Remediation } from '../core/remediation.ts';
import type { InstancePage } from '../ports.ts';
import { noteOldRow } from './learn-old-row.ts';
import type { PollerParts } from './parts.ts';
import { settleForgotten } from './settle-forgotten.ts';
import { takeInRows } from './take-in-rows.ts';

/** The most pages one scan reads: 100,000 failures at 200 a page. */
const PAGES = 600;

/** Phases whose current instance can still change. */
const OPEN_PHASES: readonly Phase[] = ['waiting', 'resolving', 'verifying', 'handed-over'];

/** The most open remediations of a phase that one scan looks after, and the most rows it reads one by one. */
const OPEN_LIMIT = 20_000;
const READ_LIMIT = 50;

/** Lists every Failed and unfinished row of the look-back, and looks after open ones that it did not list. */
export async function fullScan(parts: PollerParts): Promise<void> {
  const begunAt = parts.now();
  const known = await parts.ledger.read<Feed>(FEED);
  if (known === null) return; // the first sweep has not begun
  const listed = new Set<string>();
  let feed = known;
  let [calls, admitted] = [0, 0];
  const modifiedSince = toServerTime(begunAt, known) - parts.policy.poll.lookback;
  for (let isLast = false; !isLast && calls < PAGES;) {
    const query = {
      statuses: ['Failed', 'Running', 'Suspended'] as const,
      order: 'lastModified' as const,
      modifiedSince,
      page: calls + 1,
    };
    const page = await parts.command.listInstances(query, parts.stopping);
    calls += 1;
    for (const { id } of page.rows) listed.add(id);
    const taken = await takeInRows(page, feed, parts);
    feed = { ...feed, backlogCount: feed.backlogCount + taken.admittedPast };
    admitted += taken.admitted;
    await learnFromFailed(page, parts);
    isLast = page.isLast;
  }
  await lookAfterOpen(listed, parts);
  await settleForgotten(parts);
  await parts.ledger.update<Feed>(
    FEED,
    (latest) =>
      latest && { ...latest, scannedAt: begunAt, backlogCount: Math.max(latest.backlogCount, feed.backlogCount) },
  );
  await parts.sightings.prune(modifiedSince - PRUNE_AFTER_MS, PRUNE_LIMIT);
  parts.emit('scan.ended', { rows: listed.size, admitted, calls, ms: parts.now() - begunAt });
}

/** Rows are forgotten this long after they left the look-back, so many a scan. */
const PRUNE_AFTER_MS = 7 * 24 * 3_600_000;
const PRUNE_LIMIT = 5000;

/** An old row that is still Failed and unchanged after its exact successor has ended: this server leaves them so. */
async function learnFromFailed(page: InstancePage, parts: PollerParts): Promise<void> {
  if (!isLearning(await parts.ledger.read<OldRowKnowledge>(OLD_ROW))) return;
  const failed = new Map(page.rows.filter(({ status }) => status === 'Failed').map((row) => [row.id, row]));
  const roots = await parts.store.rootsOf([...failed.keys()]);
  for (const remediation of await parts.store.loadMany([...new Set(roots.values())].slice(0, 200))) {
    const stayed = remediation.lineage.find(
      ({ oldInstanceId, confidence, newStatus, resolvedAt }) =>
        failed.has(oldInstanceId) &&
        confidence === 'exact' &&
        (newStatus === 'Complete' || newStatus === 'Failed') &&
        resolvedAt !== null &&
        resolvedAt < page.requestedAt &&
        remediation.changedAt < page.requestedAt,
    );
    if (stayed)
      await noteOldRow('stays', `row ${stayed.oldInstanceId} is still Failed after its successor has ended`, parts);
  }
}

/** Open ones whose row the scan did not list have ended or are gone: read them, and wake whoever is behind the feed. */
async function lookAfterOpen(listed: ReadonlySet<string>, parts: PollerParts): Promise<void> {
  let reads = 0;
  for (const phase of OPEN_PHASES) {
    const remediations = await parts.store.loadMany(await parts.store.rootsIn(phase, OPEN_LIMIT));
    const rows = await parts.sightings.get(remediations.map(({ currentInstanceId }) => currentInstanceId));
    const behind: Remediation[] = [];
    for (const remediation of remediations) {
      const row = rows.get(remediation.currentInstanceId);
      const isOpenRow = row === undefined || (!row.isGone && ['Failed', 'Running', 'Suspended'].includes(row.status));
      if (isOpenRow && !listed.has(remediation.currentInstanceId) && reads < READ_LIMIT) {
        reads += 1;
        await readRow(remediation.currentInstanceId, parts);
        behind.push(remediation);
      } else if (row !== undefined && row.changedAt > remediation.changedAt) behind.push(remediation);
    }
    await parts.store.wake(behind.map(({ rootInstanceId }) => rootInstanceId));
  }
}

async function readRow(instanceId: string, parts: PollerParts): Promise<void> {
  const { detail, requestedAt } = await parts.command.readInstance(instanceId, parts.stopping);
  if (detail === null) await parts.sightings.markGone(instanceId, requestedAt);
  else await parts.sightings.observe([{ row: detail, requestedAt }]);
}
