import { FEED, distrusted, isPassedOver, toServerTime, withAgreement, withWholeScan } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import { AccessError, RefusedError, TransientError } from '../core/errors.ts';
import type { InstanceStatus, Time } from '../core/instance.ts';
import { OLD_ROW, isOpenFate } from '../core/old-row.ts';
import type { OldRowKnowledge } from '../core/old-row.ts';
import type { Phase } from '../core/remediation.ts';
import { isBehind } from '../core/sighting.ts';
import type { InstancePage } from '../ports/command.ts';
import type { SightingChange } from '../ports/sightings.ts';
import { applyRetention } from './apply-retention.ts';
import type { PollerParts } from './parts.ts';
import { readBack } from './read-back.ts';
import { settleForgotten } from './settle-forgotten.ts';
import { takeInRows } from './take-in-rows.ts';
import { walkPages } from './walk-pages.ts';
import type { ReadPage } from './walk-pages.ts';

/** The most pages one scan reads: 100,000 failures at 200 a page. */
const PAGES = 600;

/** A full scan lists these. */
const STATUSES: readonly InstanceStatus[] = ['Failed', 'Running', 'Suspended'];

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
  await readBack(known, parts);
  const listed = new Set<string>();
  let feed = known;
  let [calls, admitted, isAgreeing] = [0, 0, true];
  let serverTime: Time | null = null;
  const modifiedSince = toServerTime(begunAt, known) - parts.policy.poll.lookback;
  const readPage: ReadPage = async (page, isOldestFirst) => {
    calls += 1;
    const query = { statuses: STATUSES, order: 'lastModified', modifiedSince, page, isOldestFirst } as const;
    return parts.command.listInstances(query, parts.stopping);
  };
  for await (const page of walkPages(readPage, PAGES)) {
    ({ serverTime } = page);
    for (const { id } of page.rows) listed.add(id);
    const taken = await takeInRows(page, feed, parts);
    feed = { ...feed, backlogCount: feed.backlogCount + taken.admittedPast };
    admitted += taken.admitted;
    isAgreeing = !(await distrustAfter(taken.changes, known, parts)) && isAgreeing;
    await learnFromFailed(page, parts);
  }
  const isWhole = (await lookAfterOpen(listed, parts)) && calls < PAGES;
  await settleForgotten(parts);
  await parts.ledger.update<Feed>(FEED, (latest) => {
    if (latest === null) return null;
    const backlogCount = Math.max(latest.backlogCount, feed.backlogCount);
    const agreed = isAgreeing && calls < PAGES ? withAgreement(latest) : latest;
    const scanned = isWhole ? withWholeScan(agreed, { begunAt, endedAt: parts.now() }) : agreed;
    return { ...scanned, scannedAt: begunAt, backlogCount };
  });
  await parts.sightings.prune(modifiedSince - PRUNE_AFTER_MS, PRUNE_LIMIT);
  await applyRetention(serverTime, parts);
  parts.emit('scan.ended', { rows: listed.size, admitted, calls, ms: parts.now() - begunAt });
}

/**
 * A change that the feed had passed over: from now on facts and verification come from single reads (DESIGN.md 4.1). True:
 * there was one. Told at once: the memory knows the row now, so no later scan would find it again.
 */
async function distrustAfter(
  changes: readonly SightingChange[],
  known: Feed,
  { ledger, store, policy, emit }: PollerParts,
): Promise<boolean> {
  const passed = changes.find((change) => isPassedOver(change, known, policy.poll.settle));
  if (passed === undefined) return false;
  await ledger.update<Feed>(FEED, (latest) => latest && distrusted(latest));
  emit('feed.distrusted', { instanceId: passed.sighting.id, lastModified: passed.sighting.lastModified });
  await store.wake(await store.rootsIn('verifying', OPEN_LIMIT)); // they look by themselves now
  return true;
}

/** Rows are forgotten this long after they left the look-back, so many a scan. */
const PRUNE_AFTER_MS = 7 * 24 * 3_600_000;
const PRUNE_LIMIT = 5000;

/**
 * An old row that is still Failed after its exact successor has ended: this server leaves them so. Looked for unless that
 * is known, so that a wrong belief that rows leave is found out (DESIGN.md 5). The list may be behind: the row is read.
 */
async function learnFromFailed(page: InstancePage, parts: PollerParts): Promise<void> {
  const known = await parts.ledger.read<OldRowKnowledge>(OLD_ROW);
  if (known?.fate !== 'leaves' && !isOpenFate(known)) return;
  const failed = new Set(page.rows.filter(({ status }) => status === 'Failed').map(({ id }) => id));
  const roots = await parts.store.rootsOf([...failed]);
  const records = await parts.store.loadMany([...new Set(roots.values())].slice(0, LOOKED_AT));
  for (const { lineage, changedAt } of records) {
    const stayed = lineage.find(
      ({ oldInstanceId, confidence, newStatus, resolvedAt }) =>
        failed.has(oldInstanceId) &&
        confidence === 'exact' &&
        (newStatus === 'Complete' || newStatus === 'Failed') &&
        resolvedAt !== null &&
        resolvedAt < page.requestedAt &&
        changedAt < page.requestedAt,
    );
    if (stayed) return parts.lookAtOldRow(stayed.oldInstanceId);
  }
}

/** The most lineages of one page whose old rows are looked for. */
const LOOKED_AT = 200;

/** So many records are held in memory at a time. */
const LOT = 500;

/**
 * Open ones whose row the scan did not list have ended or are gone: read them, and wake whoever is behind the feed. False:
 * there were more of them than one scan reads.
 */
async function lookAfterOpen(listed: ReadonlySet<string>, parts: PollerParts): Promise<boolean> {
  let reads = 0;
  for (const phase of OPEN_PHASES) {
    const roots = await parts.store.rootsIn(phase, OPEN_LIMIT);
    for (let from = 0; from < roots.length; from += LOT)
      reads += await lookAfterLot(roots.slice(from, from + LOT), listed, READ_LIMIT - reads, parts);
  }
  return reads < READ_LIMIT;
}

/** Answers how many rows it read. */
async function lookAfterLot(
  roots: readonly string[],
  listed: ReadonlySet<string>,
  readLimit: number,
  parts: PollerParts,
): Promise<number> {
  const remediations = await parts.store.loadMany(roots);
  const rows = await parts.sightings.get(remediations.map(({ currentInstanceId }) => currentInstanceId));
  const behind: string[] = [];
  let reads = 0;
  for (const remediation of remediations) {
    const { rootInstanceId, currentInstanceId } = remediation;
    const row = rows.get(currentInstanceId);
    const isOpenRow = row === undefined || (!row.isGone && STATUSES.includes(row.status));
    if (isOpenRow && !listed.has(currentInstanceId) && reads < readLimit) {
      reads += 1;
      await readRow(currentInstanceId, parts);
      behind.push(rootInstanceId);
    } else if (row !== undefined && isBehind(remediation, row)) behind.push(rootInstanceId);
  }
  await parts.store.wake(behind);
  return reads;
}

/** One row that cannot be read must not end the scan: its own remediation is woken, and finds out why. */
async function readRow(instanceId: string, parts: PollerParts): Promise<void> {
  try {
    const { detail, requestedAt } = await parts.command.readInstance(instanceId, parts.stopping);
    if (detail === null) await parts.sightings.markGone(instanceId, requestedAt);
    else await parts.sightings.observe([{ row: detail, requestedAt }]);
  } catch (error) {
    const isOfThisRow = error instanceof TransientError || error instanceof RefusedError || isForbidden(error);
    if (!isOfThisRow) throw error;
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof AccessError && error.status === 403;
}
