import { APPEARANCE, appearMsOf } from '../core/appearance.ts';
import type { Appearance } from '../core/appearance.ts';
import { READ_LIMIT, chooseSuccessor } from '../core/choose-successor.ts';
import type { Candidate, SuccessorChoice, SuccessorQuestion } from '../core/choose-successor.ts';
import { toServerTime } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import type { Remediation, Search } from '../core/remediation.ts';
import { restartSpan } from '../core/restart-span.ts';
import { restartedAtOf } from '../core/sighting.ts';
import type { Sighting } from '../core/sighting.ts';
import type { Twin } from '../core/twins.ts';
import { gatherCandidates } from './gather-candidates.ts';
import { areOldRowsKept, longestRestartMs, oldRowFate } from './parts.ts';
import type { RemediationParts } from './parts.ts';
import { runsOfRequest } from './runs-of-request.ts';
import { titleFate } from './new-run-fate.ts';

interface Seen {
  readonly feed: Feed | null;
  readonly oldRow: Sighting | null;
}

type LookParts = Pick<RemediationParts, 'sightings' | 'store' | 'journal' | 'ledger' | 'now' | 'policy'>;

/** Rows of equal Title or request key first; the others only where those gave nothing and had their chance to show. */
export async function lookForSuccessor(
  before: Remediation,
  search: Search,
  seen: Seen,
  parts: LookParts,
): Promise<SuccessorChoice> {
  const question = await toQuestion(before, search, seen, parts);
  const asked = { ...before, input: question.input };
  const span = restartSpan(search, seen.oldRow, seen.feed, await longestRestartMs(parts));
  const gather = async (reach: 'alike' | 'all'): Promise<readonly Candidate[]> =>
    gatherCandidates(asked, question.search, { reach, span }, parts);
  const first = chooseSuccessor({ ...question, candidates: await gather('alike') });
  const isSure = first.type === 'link' && (await titleFate(parts)) === 'kept';
  const isNoneYet = first.type === 'none-yet' || first.type === 'wanted';
  if (isSure || !(isNoneYet || first.type === 'link')) return first;
  if (isNoneYet && question.lookedAt < search.endedAt + question.settleMs) return first;
  const candidates = await gather('all');
  // Where a new run may bear another Title, an equal request of a person is not taken for it unread.
  const unread = first.type === 'link' ? candidates.filter(({ input, canLink }) => canLink && input === null) : [];
  if (unread.length > 0) return { type: 'read', ids: unread.slice(0, READ_LIMIT).map(({ id }) => id) };
  return chooseSuccessor({ ...question, candidates });
}

async function toQuestion(
  before: Remediation,
  search: Search,
  { feed, oldRow }: Seen,
  parts: LookParts,
): Promise<Omit<SuccessorQuestion, 'candidates'>> {
  const { ledger, policy } = parts;
  const input = before.input ?? oldRow?.print ?? null;
  return {
    // As it is read now: what was recorded of it may be older than what is known of the zone of this server's dates.
    search: { ...search, oldStartDate: oldRow?.startDate ?? search.oldStartDate },
    title: before.title,
    // Others may have taken it away before its own step read it, yet it was read for the search of another one.
    input,
    lookedAt: feed?.lookedAt ?? 0,
    leftSeenAt: leftSeenAt(before, search, oldRow, feed),
    appearMs: appearMsOf(await ledger.read<Appearance>(APPEARANCE)),
    twins: input === null || search.took === 'accepted' ? [] : await twinsOf(before, input, { feed, oldRow }, parts),
    ...(oldRow?.isGone ? await deletionOf(parts) : {}),
    settleMs: policy.resolve.settle,
    windowMs: policy.resolve.window,
  };
}

/** What the fate of old rows tells about one that is gone. */
async function deletionOf(parts: Pick<LookParts, 'ledger' | 'policy'>): Promise<Pick<SuccessorQuestion, 'isDeleted'>> {
  const fate = await oldRowFate(parts);
  if (fate === 'stays' || (fate === 'leaves' && (await areOldRowsKept(parts)))) return { isDeleted: 'surely' };
  return fate === 'leaves' ? {} : { isDeleted: 'maybe' };
}

/**
 * The runs of the same request outside this lineage that are Failed, were restarted, or are gone and nobody knows where to;
 * and those that were made after this one, whatever became of them: people ask for the same once more.
 */
async function twinsOf(
  before: Remediation,
  input: NonNullable<SuccessorQuestion['input']>,
  { feed, oldRow }: Seen,
  parts: Pick<LookParts, 'sightings' | 'store'>,
): Promise<readonly Twin[]> {
  const rows = (await runsOfRequest(before, input, parts)).filter(
    (row) => !before.instanceIds.includes(row.id) || (oldRow?.isGone === true && isStandingBefore(row, before)),
  );
  const followed = await followedOf(
    rows.filter(({ isGone }) => isGone).map(({ id }) => id),
    parts,
  );
  return rows.flatMap((row): readonly Twin[] => {
    const { firstSeen, startDate, status } = row;
    const twin = { firstSeen, startDate, restartedAt: restartedAtOf(row) };
    if (row.isGone) return followed.has(row.id) ? [] : [{ ...twin, restartedAt: null, gone: goneSpan(row, feed) }];
    const isAsked = oldRow !== null && firstSeen > oldRow.firstSeen;
    return status === 'Failed' || twin.restartedAt !== null || isAsked ? [twin] : [];
  });
}

/** An earlier row of the lineage that stands there Failed: a person may have restarted that one, and deleted the latest. */
function isStandingBefore({ id, status, isGone }: Sighting, { currentInstanceId }: Remediation): boolean {
  return id !== currentInstanceId && status === 'Failed' && !isGone;
}

/** Those of these rows whose own new run is on record. */
async function followedOf(ids: readonly string[], { store }: Pick<LookParts, 'store'>): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const roots = await store.rootsOf(ids);
  const records = await store.loadMany([...new Set(roots.values())]);
  const linked = records.flatMap(({ lineage }) => lineage.filter(({ newInstanceId }) => newInstanceId !== null));
  return new Set(linked.map(({ oldInstanceId }) => oldInstanceId));
}

function goneSpan({ lastModified, changedAt }: Sighting, feed: Feed | null): NonNullable<Twin['gone']> {
  return { from: lastModified ?? -Infinity, to: toServerTime(changedAt, feed) };
}

/** When this store first saw that others had restarted the row, if it was watching without a gap. */
function leftSeenAt(
  { failure }: Remediation,
  { origin }: Search,
  row: Sighting | null,
  feed: Feed | null,
): Time | null {
  const failedAt = failure?.lastModified ?? null;
  const isWatched = feed !== null && feed.isTrusted && failedAt !== null && failedAt >= feed.watchedSince;
  const isRestarted = row?.status === 'CanceledForRestart' && !row.isGone;
  return origin === 'external' && isWatched && isRestarted ? row.changedAt : null;
}
