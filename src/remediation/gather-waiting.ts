import type { Time } from '../core/instance.ts';
import type { Action } from '../core/action.ts';
import { drawDelayMs } from '../core/backoff.ts';
import type { WaitingFacts } from '../core/decide-waiting.ts';
import { AppError } from '../core/errors.ts';
import { withSuspicion } from '../core/dependency.ts';
import { FEED, freshnessMs, knownUnchangedAt, toServerTime } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Input, Remediation } from '../core/remediation.ts';
import { chooseRule, isCaStep } from '../core/rules.ts';
import type { Ruling } from '../core/rules.ts';
import type { Sighting } from '../core/sighting.ts';
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
  const [feed, sightings] = await Promise.all([
    parts.ledger.read<Feed>(FEED),
    parts.sightings.get([before.currentInstanceId]),
  ]);
  const sighting = sightings.get(before.currentInstanceId) ?? null;
  const found = await currentFacts(before, sighting, isReadForced, parts);
  if (found.type === 'stopped') return found;
  const current = { ...found, remediation: withPast(found.remediation, feed) };

  const { row } = current;
  await noteSuspicion(before, current.remediation, feed, parts);
  const older = await openRestartOf(current.remediation, row, parts);
  const known = withRuling({ ...current.remediation, mayBeNewRun: older !== null }, row, parts);
  const { remediation, ruling } = known;
  const [laterRun, gates, paused, brake, denied] = await Promise.all([
    findLaterRun(remediation, row, parts),
    gatherGates(remediation, ruling, parts),
    parts.ledger.paused(),
    parts.ledger.braked(),
    accessTroubleOf(remediation.definitionId, parts),
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
      ruling,
      laterRun,
      newRunOf: older?.instanceId ?? null,
      isNewRunHeld: older?.isHeld ?? false,
      lostSearches: await lostSearches(remediation.definitionId, parts),
      publishedVersion: await publishedVersion(remediation, ruling, parts),
      shutGate: gates.shut,
      isLastAttemptKept: gates.isLastAttemptKept,
      pause: paused,
      brake,
      denied,
      quietUntil: quietUntil(remediation, feed, now, parts),
      fate: await oldRowFate(parts),
      serverNow: toServerTime(now, feed),
      refusals: await refusalsOf(remediation.definitionId, parts),
    },
  };
}

/** Asked only where a rule holds changed definitions; null: not known, for want of the permission or an answer. */
async function publishedVersion(
  remediation: Remediation,
  ruling: Ruling,
  parts: RemediationParts,
): Promise<number | null> {
  if (ruling.version !== 'hold') return null;
  try {
    return (
      (await parts.command.readDefinition(remediation.definitionId, undefined, parts.stopping))?.publishedVersion ??
      null
    );
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** So soon the first sweep of a new epoch has begun. */
const FIRST_SWEEP_MS = 10_000;

/** A failure that is older than the store's knowledge: a restart of it may have been lost with the store (DESIGN.md 4.10). */
function withPast(remediation: Remediation, feed: Feed | null): Remediation {
  const { failure, firstSeenAt, past } = remediation;
  const failedAt = failure?.lastModified ?? null;
  const seenAt = failure?.seenAt ?? firstSeenAt;
  // A run that was seen to fail only now may have failed, and been restarted, before.
  const isWatched = feed !== null && seenAt >= feed.startedAt && (failedAt === null || failedAt >= feed.watchedSince);
  return past !== 'no' || isWatched ? remediation : { ...remediation, past: 'unproved' };
}

/** Failures from before the store began, or was set back, wait for restarts that were under way to show; null: no need. */
function quietUntil(remediation: Remediation, feed: Feed | null, now: Time, parts: RemediationParts): Time | null {
  const isPast = remediation.past !== 'no';
  if (feed === null) return isPast ? now + FIRST_SWEEP_MS : null;
  const isBefore = isPast || (remediation.failure !== null && remediation.failure.seenAt < feed.startedAt);
  return isBefore ? feed.startedAt + parts.policy.resolve.window : null;
}

type Current =
  | { readonly type: 'row'; readonly row: Sighting; readonly remediation: Remediation; readonly readAt: number }
  | Extract<GatheredWaiting, { type: 'stopped' }>;

/** The current row, and what a read of it told; reads only where nothing is known or something changed. */
async function currentFacts(
  before: Remediation,
  sighting: Sighting | null,
  isForced: boolean,
  parts: RemediationParts,
): Promise<Current> {
  const isKnown =
    sighting !== null && (sighting.status !== 'Failed' || sighting.isGone || isInputCurrent(before, sighting));
  if (isKnown && !isForced) {
    const readAt = Math.max(sighting.seenAt, before.input?.readAt ?? 0);
    return { type: 'row', row: sighting, remediation: before, readAt };
  }
  const read = await readInstance(before.currentInstanceId, parts);
  switch (read.type) {
    case 'read':
      return {
        type: 'row',
        row: read.row,
        readAt: read.input.readAt,
        remediation: await withInput(before, read.input, parts),
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
async function withInput(before: Remediation, read: Input, parts: RemediationParts): Promise<Remediation> {
  const { failure, definitionId } = before;
  const step = read.ca === null ? (failure?.stepUniqueName ?? null) : null;
  const ca =
    step === null ? read.ca : ((await parts.stepCa?.(definitionId, failure?.definitionVersion ?? null, step)) ?? null);
  return { ...before, input: { ...read, ca }, ca, isApproved: before.isApproved || read.hasApproval };
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
  const delayMs = Math.max(retryAfterMs ?? 0, drawDelayMs(parts.policy.backoff.unreachable, step, parts.random()));
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
