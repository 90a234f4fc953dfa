import { APPEARANCE, withAppearance } from '../core/appearance.ts';
import type { Appearance } from '../core/appearance.ts';
import type { Link } from '../core/choose-successor.ts';
import { decideResolving } from '../core/decide-resolving.ts';
import type { ResolvingFacts } from '../core/decide-resolving.ts';
import { FEED, coversSince, withReadBack } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import { refusalCodeOf, withLateAnswer } from '../core/intent.ts';
import type { Intent } from '../core/intent.ts';
import { withDecisionsOf } from '../core/keep-decisions.ts';
import { afterRefusal, withCounted } from '../core/record-change.ts';
import type { Remediation, Search } from '../core/remediation.ts';
import { restartedSince } from '../core/restart-span.ts';
import { oldRowState } from '../core/sighting.ts';
import type { Sighting } from '../core/sighting.ts';
import { applyAction, linked, settled } from '../core/transition.ts';
import { LOOK_AGAIN_MS } from '../core/waiting-facts.ts';
import { commitAction, commitChange } from './commit-action.ts';
import { isUntouched } from './gather-candidates.ts';
import { giveVerdict } from './give-verdict.ts';
import { lookForSuccessor } from './look-for-successor.ts';
import { noteFoundSearch, noteLostSearch } from './lost-searches.ts';
import { longestRestartMs, oldRowFate } from './parts.ts';
import { noteForeignRestart } from './second-daemon.ts';
import type { RemediationParts } from './parts.ts';
import { afterIntent } from './perform-restart.ts';
import { readInstance } from './read-current.ts';
import { readUnread } from './read-runs.ts';
import { noteInput, noteTitle } from './new-run-fate.ts';
import { noteRefusal, noteTaken } from './refusals.ts';

/** One step of the search for the successor. True: there may be more to do at once. */
export async function advanceResolving(loaded: Remediation, parts: RemediationParts): Promise<boolean> {
  if (loaded.search === null)
    return (await commitAction(loaded, { type: 'follow', reason: 'no search on record' }, parts)) !== null;
  const isOurs = loaded.search.origin !== 'external';
  const intent = isOurs ? await parts.journal.load(loaded.search.predecessorId) : null;
  const search = afterRefusal(withLateAnswer(loaded.search, intent), loaded);
  const before: Remediation = { ...loaded, search };
  // Its sender woke up and found that it had sent nothing.
  if (intent?.state === 'not-sent')
    return (await commitChange(before, afterIntent(before, intent, parts), parts)) !== null;

  if (before.input === null && (await readPredecessor(before, search, parts))) return true;
  const gathered = await gatherResolving(before, search, parts);
  if (gathered === null) return waitForScan(before, search, parts);
  const facts = intent === null || intent.state === 'accepted' ? gathered : { ...gathered, answer: intent.why };
  let action = decideResolving(before, facts, parts.policy);
  if (action.type === 'read-candidates') {
    const unread = await readUnread(action.ids, parts);
    if (unread === null) return true;
    action = decideResolving(before, { ...facts, unread }, parts.policy);
  }
  parts.emit('remediation.decided', {
    root: before.rootInstanceId,
    action: action.type,
    reason: 'reason' in action ? action.reason : '',
  });
  if (action.type === 'link') return link(before, action.link, parts);
  if (action.type === 'not-done') return markNotDone(before, intent, parts);
  return conclude(before, applyAction(before, action, parts.now()), parts);
}

/** Restarted by others before it was read: without its input no run could be told to be its new one. */
async function readPredecessor(before: Remediation, search: Search, parts: RemediationParts): Promise<boolean> {
  const known = (await parts.sightings.get([search.predecessorId])).get(search.predecessorId);
  if (known?.isGone) return false;
  const read = await readInstance(search.predecessorId, parts);
  if (read.type !== 'read') return false;
  const { input } = read;
  const isApproved = before.isApproved || input.hasApproval;
  return (await commitChange(before, { ...before, input, ca: input.ca, isApproved }, parts)) !== null;
}

/** Null: the looks of this store do not show all that changed since the restart. */
async function gatherResolving(
  before: Remediation,
  search: Search,
  parts: RemediationParts,
): Promise<ResolvingFacts | null> {
  const [feed, fate, longest] = await Promise.all([
    parts.ledger.read<Feed>(FEED),
    oldRowFate(parts),
    longestRestartMs(parts),
  ]);
  const old = await oldRow(search, feed, parts);
  // One that this store has seen fail was restarted under its eyes.
  const isOlder = feed !== null && before.firstSeenAt < feed.startedAt;
  if (isOlder && !(await isCovered(restartedSince(search, old.row, feed), feed, parts))) return null;
  const lookedAt = feed?.lookedAt ?? 0;
  const choice = await lookForSuccessor(before, search, { feed, oldRow: old.row }, parts);
  return {
    now: parts.now(),
    oldRow: oldRowState(old.row, search),
    oldRowReadAt: old.readAt,
    oldStatus: old.row?.status ?? null,
    choice,
    lookedAt,
    fate,
    longestRestartMs: longest,
    steadySince: parts.clockSteadySince?.() ?? 0,
  };
}

/** True where the looks of this store show all that changed since a restart; else a scan is asked to read back to it. */
async function isCovered(since: Time, feed: Feed, { ledger }: RemediationParts): Promise<boolean> {
  if (coversSince(feed, since)) return true;
  await ledger.update<Feed>(FEED, (latest) => latest && withReadBack(latest, since));
  return false;
}

async function waitForScan(before: Remediation, search: Search, parts: RemediationParts): Promise<boolean> {
  const reason = 'this store began after the restart: the next full scan reads what changed since';
  const until = parts.now() + LOOK_AGAIN_MS;
  return (await commitAction(before, { type: 'search-on', reason, until, search }, parts)) === null;
}

/** The old row: from the feed, or read where only a fresh look can prove something. */
async function oldRow(
  search: Search,
  feed: Feed | null,
  parts: RemediationParts,
): Promise<{ row: Sighting | null; readAt: Time }> {
  const known = (await parts.sightings.get([search.predecessorId])).get(search.predecessorId) ?? null;
  const now = parts.now();
  const seenAt = Math.max(known?.seenAt ?? 0, feed?.isTrusted ? feed.lookedAt : 0);
  if (!isProofDue(search, known, now >= search.endedAt + parts.policy.resolve.window))
    return { row: known, readAt: seenAt };
  const read = await readInstance(search.predecessorId, parts);
  return read.type === 'read' || read.type === 'gone'
    ? { row: read.row, readAt: now }
    : { row: known, readAt: known?.seenAt ?? 0 };
}

function isProofDue({ took, origin }: Search, known: Sighting | null, isWindowOver: boolean): boolean {
  // Gone for good only if it is not there at the end either (DESIGN.md 4.8).
  if (known?.isGone) return origin === 'external' && isWindowOver;
  const isFailed = known === null || known.status === 'Failed';
  return isFailed && (took === 'refused' || (took === 'maybe' && isWindowOver));
}

/** Records the successor. One that was admitted as a root of its own is merged into this, the older lineage. */
async function link(before: Remediation, found: Link, parts: RemediationParts): Promise<boolean> {
  const row = (await parts.sightings.get([found.newInstanceId])).get(found.newInstanceId) ?? null;
  const { search } = before;
  if (search !== null && (await isUnsent(search, parts))) return true;
  const base = search === null ? before : { ...before, search };
  const younger = await parts.store.load(found.newInstanceId);
  if (younger !== null && !isUntouched(younger)) return true; // it was worked meanwhile: no candidate any more
  const after = withCounted(linked(base, { ...found, row }, parts.now()), younger);
  const saved = younger
    ? await parts.store.merge(younger, before, withDecisionsOf(younger, after, parts.now()))
    : await commitChange(before, after, parts);
  if (saved === null) return true;
  if (search !== null) await parts.journal.settle(search.predecessorId);
  await tellLink(before, { ...found, row }, parts);
  return true;
}

/** Tells that the new run is found, and learns from it. */
async function tellLink(
  before: Remediation,
  found: Link & { readonly row: Sighting | null },
  parts: RemediationParts,
): Promise<void> {
  const { search } = before;
  const { row } = found;
  parts.emit('successor.linked', {
    root: before.rootInstanceId,
    oldInstanceId: before.currentInstanceId,
    newInstanceId: found.newInstanceId,
    confidence: found.confidence,
    evidence: found.evidence,
  });
  await Promise.all([
    noteFoundSearch(before.definitionId, parts),
    noteTaken(before.definitionId, parts),
    search !== null && row !== null && found.confidence === 'exact' ? learnFrom(before, search, row, parts) : null,
  ]);
  if (found.differingKeys.length > 0) {
    tellDifferingKeys(before, found, parts);
    if (search !== null) await noteInput(false, search, parts);
  }
  if (search?.origin === 'external') await noteForeignRestart(search.predecessorId, found.newInstanceId, parts);
}

/** Its sender may have woken up while the new run was looked for, and said that it had sent nothing. */
async function isUnsent({ took, predecessorId }: Search, { journal }: RemediationParts): Promise<boolean> {
  return took === 'maybe' && (await journal.load(predecessorId))?.state === 'not-sent';
}

/** What a link that is sure tells about this server: whether Titles are kept, and how late new runs show themselves. */
async function learnFrom(before: Remediation, search: Search, row: Sighting, parts: RemediationParts): Promise<void> {
  await noteTitle(row.title === before.title, search, parts);
  if (search.origin !== 'external')
    await parts.ledger.update<Appearance>(APPEARANCE, (known) => withAppearance(known, search, row.firstSeenAt));
}

function tellDifferingKeys(remediation: Remediation, { differingKeys: keys }: Link, parts: RemediationParts): void {
  const advice = `resolve.ignoreKeys: [OperationStart, ${keys.join(', ')}]`;
  parts.emit('successor.keys-differ', { definitionId: remediation.definitionId, keys, advice });
}

/** P1's second exception holds: the id may be sent again, by a new intent. */
async function markNotDone(before: Remediation, intent: Intent | null, parts: RemediationParts): Promise<boolean> {
  if (
    intent === null ||
    !(await parts.journal.markNotDone(
      intent,
      'the row is still Failed, unchanged, on a server that moves restarted rows',
    ))
  )
    return true;
  const notDone: Intent = { ...intent, state: 'not-sent', why: 'the restart is proved not to have happened' };
  return (await commitChange(before, afterIntent(before, notDone, parts), parts)) !== null;
}

async function conclude(before: Remediation, after: Remediation, parts: RemediationParts): Promise<boolean> {
  const saved = await commitChange(before, settled(before, after, parts.now()), parts);
  if (saved === null) return true;
  if (saved.phase === 'resolving') {
    // No sweep came in time by itself: ask for the look that moves it on.
    if (saved.nextAt !== null && saved.nextAt <= parts.now()) await parts.queue.requestSweep();
    return false;
  }
  const { search } = before;
  if (search !== null && saved.phase === 'ended' && saved.search === null)
    await parts.journal.settle(search.predecessorId);
  if (saved.holdCause === 'successor not found') await noteLostSearch(saved.definitionId, parts);
  const intent = saved.outcome === 'refused' ? await parts.journal.load(saved.currentInstanceId) : null;
  if (intent !== null) await noteRefusal(saved.definitionId, refusalCodeOf(intent), parts);
  await giveVerdict(before, 'neutral', parts);
  return saved.phase !== 'held' && saved.phase !== 'ended';
}
