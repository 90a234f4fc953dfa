import { EVERYTHING } from '../core/access.ts';
import { AccessError, TransientError } from '../core/errors.ts';
import { FEED, toServerTime } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import type { Remediation } from '../core/remediation.ts';
import { applyAction, settled } from '../core/transition.ts';
import { reportAccessTrouble } from './access.ts';
import { commitChange } from './commit-action.ts';
import { unreachable } from './gather-waiting.ts';
import type { RemediationParts } from './parts.ts';

/** What was listed to prove rows of the past; one document of the ledger. */
interface Proof {
  /** Server time since which every row was listed; null: not yet, or that would be more calls than one list a Title. */
  readonly since: Time | null;
  readonly isByTitle: boolean;
  /** Ours: when somebody began to list; others wait for it. */
  readonly claimedAt: Time;
}

const PROOF = 'proof';

/** A lister that took longer than this has died. */
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
  try {
    if (!(await isListed(gathered, parts))) {
      const wait = {
        type: 'wait',
        wait: 'proof',
        reason: 'rows since its failure are being listed',
        until: parts.now() + 1000,
      } as const;
      await commitChange(before, applyAction(gathered, wait, parts.now()), parts);
      return false;
    }
  } catch (error) {
    if (error instanceof AccessError) await reportAccessTrouble(EVERYTHING, error.message, parts);
    else if (!(error instanceof TransientError)) throw error;
    const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : null;
    await commitChange(
      before,
      applyAction(gathered, unreachable(before, error.message, retryAfterMs, parts), parts.now()),
      parts,
    );
    return false;
  }
  const restarted = await earlierRestarts(gathered, parts);
  const attemptsMade = Math.max(gathered.attemptsMade, restarted);
  const text = `proved: no later run of this request${restarted > 0 ? `, ${restarted} earlier restarts counted` : ''}`;
  const reason = 'proved not to have been restarted since';
  const after: Remediation = { ...gathered, past: 'proved', attemptsMade, wait: 'past', reason };
  await commitChange(before, settled(before, after, parts.now(), text), parts);
  return true;
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
  await listTitle(remediation, parts);
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
    const listed = await parts.command.listInstances({ order: 'startDate', startedSince, page }, parts.stopping);
    await parts.sightings.observe(listed.rows.map((row) => ({ row, requestedAt: listed.requestedAt })));
    if (listed.isLast) return true;
    const pages = listed.total === null ? page + 1 : listed.total / Math.max(1, listed.received);
    if (pages > rows) return false;
  }
  return false;
}

async function listTitle({ definitionId, title, failure }: Remediation, parts: RemediationParts): Promise<void> {
  const startedSince = failure?.startDate ?? null;
  const query = {
    definitionId,
    order: 'startDate',
    ...(title === null ? {} : { title }),
    ...(startedSince === null ? {} : { startedSince }),
  } as const;
  for (let page = 1; page <= PAGES; page++) {
    const listed = await parts.command.listInstances({ ...query, page }, parts.stopping);
    await parts.sightings.observe(listed.rows.map((row) => ({ row, requestedAt: listed.requestedAt })));
    if (listed.isLast) return;
  }
}

/** The most earlier runs of one request that are counted. */
const RUNS = 20;

async function earlierRestarts(remediation: Remediation, parts: RemediationParts): Promise<number> {
  const equal = await parts.sightings.withRequestKey(remediation.input?.requestKey ?? '', RUNS);
  return equal.filter(({ id, status }) => id !== remediation.currentInstanceId && status === 'CanceledForRestart')
    .length;
}
