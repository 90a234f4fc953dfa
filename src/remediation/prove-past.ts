import { EVERYTHING } from '../core/access.ts';
import { sharesCertificate } from '../core/choose-successor.ts';
import { AccessError, TransientError } from '../core/errors.ts';
import { FEED, toServerTime } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import { applyAction, settled } from '../core/transition.ts';
import type { UnreadRun } from '../core/waiting-facts.ts';
import type { InstancePage, InstanceQuery } from '../ports/command.ts';
import { reportAccessTrouble } from './access.ts';
import { commitChange } from './commit-action.ts';
import { unreachable } from './gather-waiting.ts';
import type { RemediationParts } from './parts.ts';
import { readRuns } from './read-runs.ts';
import { titleFate } from './new-run-fate.ts';

/** What was listed to prove rows of the past; one document of the ledger. */
interface Proof {
  /** Server time since which every row was listed; null: not yet, or that would be more calls than one list a Title. */
  readonly since: Time | null;
  readonly isByTitle: boolean;
  /** Ours: when somebody began to list; others wait for it. */
  readonly claimedAt: Time;
}

const PROOF = 'proof';

/** A lister that took longer than this for one page has died. */
const CLAIM_MS = 120_000;

/** The most pages that one proof reads. */
const PAGES = 600;

/** Fewer rows than this are proved by their Title at once. */
const FEW = 4;

/**
 * Proves a row that failed before this store's knowledge began: every row since then is listed once for all of them, or
 * the rows of its Title, whichever is fewer calls (DESIGN.md 4.2). What the lists show decides: a later run of the same
 * request stands in its way, and equal rows CanceledForRestart count as attempts.
 */
export async function provePast(before: Remediation, gathered: Remediation, parts: RemediationParts): Promise<boolean> {
  const restarted = await countRestarts(gathered, parts);
  if (typeof restarted === 'number') {
    await commitChange(before, proved(before, gathered, restarted, parts.now()), parts);
    return true;
  }
  const wait =
    restarted === null
      ? ({
          type: 'wait',
          wait: 'proof',
          reason: 'rows since its failure are being listed',
          until: parts.now() + 1000,
        } as const)
      : unreachable(before, restarted.message, retryAfterMsOf(restarted), parts);
  await commitChange(before, applyAction(gathered, wait, parts.now()), parts);
  return false;
}

/** How many earlier restarts the lists show; null: somebody else is listing; an error: Command did not answer. */
async function countRestarts(gathered: Remediation, parts: RemediationParts): Promise<number | null | Error> {
  try {
    return (await isListed(gathered, parts)) ? await earlierRestarts(gathered, parts) : null;
  } catch (error) {
    if (error instanceof AccessError) await reportAccessTrouble(EVERYTHING, error.message, parts);
    else if (!(error instanceof TransientError)) throw error;
    return error;
  }
}

function retryAfterMsOf(error: Error): number | null {
  return error instanceof TransientError ? error.retryAfterMs : null;
}

function proved(before: Remediation, gathered: Remediation, restarted: number, now: Time): Remediation {
  const attemptsMade = Math.max(gathered.attemptsMade, restarted);
  const text = `proved: no later run of this request${restarted > 0 ? `, ${restarted} earlier restarts counted` : ''}`;
  const reason = 'proved not to have been restarted since';
  // A restart begins with the first step: approvers of a run that was restarted before have been asked again.
  const approvalRestarts = Math.max(gathered.approvalRestarts, gathered.isApproved ? restarted : 0);
  const proof = { past: 'proved', provedAt: now } as const;
  const after: Remediation = { ...gathered, ...proof, attemptsMade, approvalRestarts, wait: 'past', reason };
  return settled(before, after, now, text);
}

/** False: somebody else is listing. */
async function isListed(remediation: Remediation, parts: RemediationParts): Promise<boolean> {
  const feed = await parts.ledger.read<Feed>(FEED);
  const proof = await parts.ledger.read<Proof>(PROOF);
  const startedAt = remediation.failure?.startDate ?? null;
  const since = proof?.since ?? null;
  if (since !== null && startedAt !== null && startedAt >= since) return true;
  const isOnItsOwn = since !== null || proof?.isByTitle === true || feed === null || feed.backlogCount < FEW;
  if (!isOnItsOwn) return listForAll(startedAt, feed, parts);
  await listTitle(remediation, feed, parts);
  return true;
}

/** Lists every row since the oldest of the past for all who wait; false: somebody else does, or it was too much. */
async function listForAll(startedAt: Time | null, feed: Feed, parts: RemediationParts): Promise<boolean> {
  const now = parts.now();
  const claimed = await parts.ledger.update<Proof>(PROOF, (known) =>
    known !== null && now - known.claimedAt < CLAIM_MS ? null : { since: null, isByTitle: false, claimedAt: now },
  );
  if (claimed?.claimedAt !== now) return false;
  const oldest = toServerTime(now, feed) - parts.policy.poll.backlog.maxAge;
  const since = startedAt === null ? oldest : Math.min(startedAt, oldest);
  const isThrough = await listSince(since, feed.backlogCount, parts);
  const proof: Proof = { since: isThrough ? since : null, isByTitle: !isThrough, claimedAt: now };
  await parts.ledger.update<Proof>(PROOF, () => proof);
  return isThrough;
}

/** Lists every row since then; false: that would be more calls than one a row. */
async function listSince(startedSince: Time, rows: number, parts: RemediationParts): Promise<boolean> {
  for (let page = 1; page <= PAGES; page++) {
    const listed = await listAndKeep({ order: 'startDate', startedSince, page }, parts);
    if (listed.isLast) return true;
    await parts.ledger.update<Proof>(PROOF, (known) => known && { ...known, claimedAt: parts.now() });
    const pages = listed.total === null ? page + 1 : listed.total / Math.max(1, listed.received);
    if (pages > rows) return false;
  }
  return false;
}

/** After all that is more urgent: hundreds of rows of the past may be proved while others are due. */
async function listAndKeep(
  query: InstanceQuery,
  { command, sightings, stopping }: RemediationParts,
): Promise<InstancePage> {
  const listed = await command.listInstances(query, stopping, 'classification');
  await sightings.observe(listed.rows.map((row) => ({ row, requestedAt: listed.requestedAt })));
  return listed;
}

/** Server time; from before its own start, since it may be a restart itself. */
function oldestOf({ failure }: Remediation, feed: Feed | null, parts: RemediationParts): Time {
  const oldest = toServerTime(parts.now(), feed) - parts.policy.poll.backlog.maxAge;
  return Math.min(failure?.startDate ?? oldest, oldest);
}

async function listTitle(remediation: Remediation, feed: Feed | null, parts: RemediationParts): Promise<void> {
  const { definitionId, title, failure } = remediation;
  const isDated = (failure?.startDate ?? null) !== null;
  const query = {
    definitionId,
    order: 'startDate',
    ...(title === null ? {} : { title }),
    ...(isDated ? { startedSince: oldestOf(remediation, feed, parts) } : {}),
  } as const;
  for (let page = 1; page <= PAGES; page++) {
    const listed = await listAndKeep({ ...query, page }, parts);
    if (listed.isLast) return;
  }
}

/** The most earlier runs of one request that are counted, and that are read for it where their Title tells nothing. */
const RUNS = 20;

/** The most pages of restarted runs of one definition that are listed for one row. */
const RESTARTED_PAGES = 5;

/** Runs of the same request that were restarted: only their input tells, so those that may be are read first. */
async function earlierRestarts(remediation: Remediation, parts: RemediationParts): Promise<number> {
  const { definitionId, title, input, currentInstanceId } = remediation;
  const isRestarted = ({ id, status }: Sighting): boolean =>
    id !== currentInstanceId && status === 'CanceledForRestart';
  const titled = (await parts.sightings.withTitle(definitionId, title, RUNS)).filter(isRestarted);
  const others = (await titleFate(parts)) === 'kept' ? [] : await restartedBefore(remediation, parts);
  const { unread } = await readRuns([...titled, ...others], titled.length + others.length, parts);
  if (unread !== null && !unread.isForbidden) throw unreadError(unread);
  if (input === null) return 0;
  const equal = (await parts.sightings.withRequestKey(input.requestKey, RUNS)).filter(isRestarted);
  // A server that adds to the input of a new run keeps its Title and its certificate. One that nobody can read any more may
  // have been of this request.
  const known = await parts.sightings.get(titled.map(({ id }) => id));
  const alike = [...known.values()].filter(({ print }) => print === null || sharesCertificate(print, input));
  return new Set([...equal, ...alike].map(({ id }) => id)).size;
}

/** What cannot be read may have been of this request. */
function unreadError({ why, retryAfterMs }: UnreadRun): TransientError {
  return new TransientError(why ?? 'not read yet', retryAfterMs === null ? {} : { retryAfterMs });
}

/** Restarted runs of the definition that began no later, the latest first: this server may make the Title anew. */
async function restartedBefore(remediation: Remediation, parts: RemediationParts): Promise<readonly Sighting[]> {
  const { definitionId, currentInstanceId } = remediation;
  const startedAt = remediation.failure?.startDate ?? null;
  const startedSince = oldestOf(remediation, await parts.ledger.read<Feed>(FEED), parts);
  const query = { definitionId, statuses: ['CanceledForRestart'], order: 'startDate', startedSince } as const;
  const ids: string[] = [];
  for (let page = 1; page <= RESTARTED_PAGES && ids.length < RUNS; page++) {
    const listed = await listAndKeep({ ...query, page }, parts);
    const before = listed.rows.filter(
      ({ id, startDate }) =>
        id !== currentInstanceId && (startDate === null || startedAt === null || startDate <= startedAt),
    );
    ids.push(...before.map(({ id }) => id));
    if (listed.isLast) break;
  }
  return [...(await parts.sightings.get(ids.slice(0, RUNS))).values()];
}
