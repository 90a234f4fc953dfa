import type { Time } from '../core/instance.ts';
import type { Action } from '../core/action.ts';
import { drawDelayMs } from '../core/backoff.ts';
import type { WaitingFacts } from '../core/waiting-facts.ts';
import { waitForCommand } from '../core/not-now.ts';
import { withSuspicion } from '../core/dependency.ts';
import { mayHaveHappened } from '../core/intent.ts';
import { FEED, freshnessMs, knownUnchangedAt, toServerTime } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Input, Remediation } from '../core/remediation.ts';
import { stoodAt } from '../core/restart-span.ts';
import { chooseRule, isCaStep, unreachableLadder } from '../core/rules.ts';
import type { Ruling } from '../core/rules.ts';
import { hasLeft } from '../core/sighting.ts';
import type { Sighting } from '../core/sighting.ts';
import { toFailure } from '../core/transition.ts';
import { accessTroubleOf } from './access.ts';
import { gatherGates } from './gather-gates.ts';
import { lostSearches } from './lost-searches.ts';
import type { GateFacts } from './gather-gates.ts';
import { findLaterRun } from './later-run.ts';
import { openRestartOf } from './open-restart.ts';
import { oldRowFate } from './parts.ts';
import type { RemediationParts } from './parts.ts';
import { isInputCurrent, readInstance } from './read-current.ts';
import { refusalsOf } from './refusals.ts';

export type GatheredWaiting =
  | {
      readonly type: 'facts';
      /** The record with what was just learned: input, CA, rule. */
      readonly remediation: Remediation;
      readonly facts: WaitingFacts;
      readonly gates: GateFacts;
      readonly feed: Feed | null;
      /** True where the row was read, or shown unchanged, a moment ago. */
      readonly isFresh: boolean;
    }
  /** A fact could not be had; this is what follows. */
  | { readonly type: 'stopped'; readonly remediation: Remediation; readonly action: Action };

/** Collects what decides about a waiting remediation: one read at most, and none where nothing changed. */
export async function gatherWaiting(
  before: Remediation,
  parts: RemediationParts,
  isReadForced: boolean,
): Promise<GatheredWaiting> {
  const [feed, shut, sightings] = await Promise.all([
    parts.ledger.read<Feed>(FEED),
    parts.ledger.commandShut(),
    parts.sightings.get([before.currentInstanceId]),
  ]);
  const sighting = sightings.get(before.currentInstanceId) ?? null;
  const isReadDue = isReadForced || !isKnown(before, sighting);
  if (isReadDue && shut !== null) return stopped(before, waitForCommand(shut.why, parts.now()));
  const found = await currentFacts(before, isReadDue ? null : sighting, parts);
  if (found.type === 'stopped') return found;
  const current = { ...found, remediation: withPast(withMove(found.remediation, found.row), feed) };

  const { row } = current;
  await noteSuspicion(before, current.remediation, feed, parts);
  const older = await openRestartOf(current.remediation, row, parts);
  const known = withRuling({ ...current.remediation, mayBeNewRun: older !== null }, row, parts);
  const { remediation, ruling } = known;
  const [{ laterRun, unread }, gates, standing] = await Promise.all([
    findLaterRun(remediation, row, parts),
    gatherGates(remediation, ruling, feed, parts),
    gatherStanding(remediation, ruling, parts),
  ]);
  const now = parts.now();
  return {
    type: 'facts',
    remediation,
    gates,
    feed,
    isFresh: now - knownUnchangedAt(current.readAt, feed) <= freshnessMs(feed, parts.policy),
    facts: {
      now,
      row,
      ...(hasLeft(remediation, row) ? { stoodAt: stoodAt(remediation, row, feed) } : {}),
      ruling,
      laterRun,
      unreadRun: unread,
      newRunOf: older?.instanceId ?? null,
      isNewRunHeld: older?.isHeld ?? false,
      ...standing,
      shutGate: gates.shut,
      isLastAttemptKept: gates.isLastAttemptKept,
      commandShut: shut?.why ?? null,
      quietUntil: quietUntil(remediation, feed, now, parts),
      serverNow: toServerTime(now, feed),
    },
  };
}

/** What stands in the way of a whole definition, of a request, or of everything. */
async function gatherStanding(remediation: Remediation, { version }: Ruling, parts: RemediationParts) {
  const { definitionId } = remediation;
  const [pause, brake, denied, lost, publishedVersion, fate, claim, refusals] = await Promise.all([
    parts.ledger.paused(),
    parts.ledger.braked(),
    accessTroubleOf(definitionId, parts),
    lostSearches(definitionId, parts),
    version === 'hold' ? parts.publishedVersion(definitionId) : null,
    oldRowFate(parts),
    claimOn(remediation, parts),
    refusalsOf(definitionId, parts),
  ]);
  return { pause, brake, denied, lostSearches: lost, publishedVersion, fate, claim, refusals };
}

/** A Suspended instance that failed before it was moved is worked as any failure. */
function withMove(remediation: Remediation, row: Sighting): Remediation {
  const { move } = remediation;
  return move?.from === 'Suspended' && row.status === 'Failed'
    ? { ...remediation, move: null, failure: toFailure(row, row.changedAt) }
    : remediation;
}

/** The unsettled restart of the same request; where it is held unresolved, whoever waits for it joins its alert. */
async function claimOn(
  { input, currentInstanceId }: Remediation,
  { journal, store }: RemediationParts,
): Promise<NonNullable<WaitingFacts['claim']> | null> {
  const instanceId = input === null ? null : await journal.claimOf(input.requestKey);
  if (instanceId === null) return null;
  const intent = await journal.load(instanceId);
  // The store went back, and the journal knows a restart of this very row: at the door the record catches up with it.
  if (instanceId === currentInstanceId && intent !== null && mayHaveHappened(intent)) return null;
  const owner = intent === null ? null : await store.load(intent.rootInstanceId);
  return { instanceId, alertKey: owner?.alertKey ?? null };
}

/** So soon the first sweep of a new epoch has begun. */
const FIRST_SWEEP_MS = 10_000;

/** A failure that is older than the store's knowledge: a restart of it may have been lost with the store (DESIGN.md 4.10). */
function withPast(remediation: Remediation, feed: Feed | null): Remediation {
  const { failure, past, lineage, provedAt = 0 } = remediation;
  const isVoid = past === 'proved' && (feed === null || provedAt < feed.startedAt);
  if (past === 'unproved' || (past === 'proved' && !isVoid)) return remediation;
  if (!isWatched(remediation, feed)) return { ...remediation, past: 'unproved' };
  if (past === 'begun') return remediation;
  const startedAt = failure?.startDate ?? null;
  const isBegun = lineage.length === 0 && startedAt !== null && feed !== null && startedAt < feed.watchedSince;
  return isBegun ? { ...remediation, past: 'begun' } : remediation;
}

/** True where it failed under the eyes of this store. */
function isWatched({ failure, firstSeenAt }: Remediation, feed: Feed | null): boolean {
  const failedAt = failure?.lastModified ?? null;
  const seenAt = failure?.seenAt ?? firstSeenAt;
  // A run that was seen to fail only now may have failed, and been restarted, before.
  return feed !== null && seenAt >= feed.startedAt && (failedAt === null || failedAt >= feed.watchedSince);
}

/** Failures from before the store began, or was set back, wait for restarts that were under way to show; null: no need. */
function quietUntil(remediation: Remediation, feed: Feed | null, now: Time, parts: RemediationParts): Time | null {
  const isPast = remediation.past !== 'no' && !isWatched(remediation, feed);
  if (feed === null) return isPast ? now + FIRST_SWEEP_MS : null;
  return isPast ? feed.startedAt + parts.policy.resolve.window : null;
}

type Current =
  | { readonly type: 'row'; readonly row: Sighting; readonly remediation: Remediation; readonly readAt: number }
  | Extract<GatheredWaiting, { type: 'stopped' }>;

/** Nothing changed since the row was read. */
function isKnown(before: Remediation, sighting: Sighting | null): sighting is Sighting {
  return (
    sighting !== null &&
    (hasLeft(before, sighting) || sighting.status === 'Unknown' || isInputCurrent(before, sighting))
  );
}

/** The current row, and what a read of it told; reads only where it is not known. */
async function currentFacts(before: Remediation, known: Sighting | null, parts: RemediationParts): Promise<Current> {
  if (known !== null) {
    const readAt = Math.max(known.seenAt, before.input?.readAt ?? 0);
    return { type: 'row', row: known, remediation: before, readAt };
  }
  const read = await readInstance(before.currentInstanceId, parts);
  switch (read.type) {
    case 'read':
      return {
        type: 'row',
        row: read.row,
        readAt: read.input.readAt,
        remediation: await withInput(before, read, parts),
      };
    case 'gone':
      if (read.row) return { type: 'row', row: read.row, remediation: before, readAt: parts.now() };
      return stopped(before, {
        type: 'end',
        outcome: 'obsolete',
        reason: 'the instance was deleted before it was read',
        newStatus: 'Deleted',
      });
    case 'not-readable':
      return stopped(before, { type: 'hold', cause: 'not readable', reason: `not readable: ${read.why}` });
    case 'failed':
      return stopped(before, unreachable(before, read.why, read.retryAfterMs, parts));
  }
}

/** The CA is the one that InitialData names, else the one of the failing step's parameters (DESIGN.md 4.5). */
async function withInput(
  before: Remediation,
  { input, row }: { readonly input: Input; readonly row: Sighting },
  parts: RemediationParts,
): Promise<Remediation> {
  const { failure, definitionId } = before;
  const step = input.ca === null ? (failure?.stepUniqueName ?? null) : null;
  const ca =
    step === null ? input.ca : ((await parts.stepCa?.(definitionId, failure?.definitionVersion ?? null, step)) ?? null);
  const isApproved = before.isApproved || input.hasApproval || row.wasSuspended === true;
  return { ...before, input: { ...input, ca }, ca, isApproved };
}

/** A failure at a CA, read for the first time, makes that CA suspect if it is newer than the CA's last good test. */
async function noteSuspicion(
  before: Remediation,
  { input, failure }: Remediation,
  feed: Feed | null,
  parts: RemediationParts,
): Promise<void> {
  if (
    input === null ||
    input.ca === null ||
    failure === null ||
    before.input?.instanceId === input.instanceId ||
    !isCaStep(failure)
  )
    return;
  const failedAt =
    failure.lastModified === null || feed === null
      ? failure.seenAt
      : Math.min(failure.seenAt, failure.lastModified - feed.serverOffsetMs);
  await parts.gates.update(input.ca, 'ca', (dependency) => withSuspicion(dependency, failedAt));
}

function withRuling(
  remediation: Remediation,
  row: Sighting,
  parts: RemediationParts,
): { remediation: Remediation; ruling: Ruling } {
  const ruling = rulingOf(remediation, row, parts);
  const maxAttempts = ruling.maxAttempts + remediation.grantedAttempts;
  return { ruling, remediation: { ...remediation, rule: ruling.name, maxAttempts } };
}

/** The rule for the failure of this row, with what was last read of its lineage. */
export function rulingOf(
  { failure, input, firstSeenAt }: Pick<Remediation, 'failure' | 'input' | 'firstSeenAt'>,
  row: Sighting,
  parts: Pick<RemediationParts, 'policy' | 'now'>,
): Ruling {
  const subject = {
    definitionId: row.definitionId,
    definitionName: row.definitionName,
    workflowType: row.workflowType,
    step: failure?.step ?? '',
    stepUniqueName: failure?.stepUniqueName ?? null,
    message: row.statusMessage ?? failure?.message ?? '',
    ca: input?.ca ?? null,
    template: input?.template ?? null,
    failedAt: failure?.seenAt ?? firstSeenAt,
  };
  return chooseRule(subject, parts.policy, parts.now());
}

/** Command could not be read: wait on the ladder of waits in which nothing was sent. */
export function unreachable(
  before: Remediation,
  why: string,
  retryAfterMs: number | null,
  parts: RemediationParts,
): Action {
  const step = before.backoff?.ladder === 'unreachable' ? before.backoff.step + 1 : 1;
  const delayMs = Math.max(
    retryAfterMs ?? 0,
    drawDelayMs(unreachableLadder(before.rule, parts.policy), step, parts.random()),
  );
  const until = parts.now() + delayMs;
  return {
    type: 'wait',
    wait: 'back-off',
    reason: `Command cannot be read: ${why}`,
    until,
    backoff: { ladder: 'unreachable', step, until },
  };
}

function stopped(remediation: Remediation, action: Action): Extract<GatheredWaiting, { type: 'stopped' }> {
  return { type: 'stopped', remediation, action };
}
