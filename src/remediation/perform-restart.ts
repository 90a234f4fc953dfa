import { drawDelayMs } from '../core/backoff.ts';
import { TransientError } from '../core/errors.ts';
import { rowLagMs, toServerTime } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import type { Intent } from '../core/intent.ts';
import { SEND_WITHIN_MS, withAnswer } from '../core/intent.ts';
import type { Remediation } from '../core/remediation.ts';
import { unreachableLadder } from '../core/rules.ts';
import type { RestartAnswer } from '../core/restart-answer.ts';
import { applyAction, restarting, searching, unsent } from '../core/transition.ts';
import { closedHours } from '../core/window.ts';
import type { RestartLine } from '../ports/command.ts';
import type { DoorAnswer, DoorRequest } from '../ports/journal.ts';
import { EVERYTHING } from '../core/access.ts';
import { clearAccessTrouble, reportAccessTrouble } from './access.ts';
import { commitChange } from './commit-action.ts';
import { unreachable } from './gather-waiting.ts';
import { learnAtOnce } from './learn-old-row.ts';
import { noteSending } from './not-sent.ts';
import { noteRestartMs } from './parts.ts';
import type { RemediationParts, Sending } from './parts.ts';
import { waitAtDoor } from './wait-at-door.ts';
import type { Facts } from './wait-at-door.ts';

/**
 * Restarts the current instance, once. In this order: connect, write the intent through the door, send, record the
 * answer. What if the process dies
 * - before the door: nothing was written, nothing was sent;
 * - after the door, before the first byte: the intent is open; others call it unknown once the heartbeat is late;
 * - after the first byte: the same, and it may have happened;
 * - after the answer, before it is recorded: the same; the successor shows it.
 * A sleep in between is caught by the one-second rule in the same call as the first byte.
 */
export async function performRestart(
  before: Remediation,
  gathered: Facts,
  version: number | null,
  parts: RemediationParts,
): Promise<boolean> {
  const line = await openLine(parts);
  if (line instanceof Error) {
    const retryAfterMs = line instanceof TransientError ? line.retryAfterMs : null;
    await commitChange(
      before,
      applyAction(gathered.remediation, unreachable(before, line.message, retryAfterMs, parts), parts.now()),
      parts,
    );
    return false;
  }
  try {
    return await throughDoor(before, gathered, version, { line, parts });
  } finally {
    line.close();
  }
}

async function openLine(parts: RemediationParts): Promise<RestartLine | Error> {
  try {
    return await parts.command.openRestartLine(parts.stopping);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function throughDoor(
  before: Remediation,
  gathered: Facts,
  version: number | null,
  { line, parts }: { line: RestartLine; parts: RemediationParts },
): Promise<boolean> {
  if (parts.stopping.aborted) return false;
  const target = version === null ? '' : ` on version ${version}`;
  const after = restarting(gathered.remediation, target, parts.now());
  const request = await doorRequest(before, { ...gathered, remediation: after }, version, parts);
  const { instanceId } = request.intent;
  // Another step of this process is at the door with it, or sends it: only that one may say that it has ended.
  const { ca } = request.intent;
  const earlier = parts.sending.get(instanceId);
  if (earlier) return earlier.isOver === true && (await recordLate(earlier, parts));
  parts.sending.set(instanceId, { instanceId, ca });
  let unrecorded: Intent | null = null;
  try {
    const door = await openDoor(request, gathered.facts.now, parts);
    if (door.type === 'shut') return await waitAtDoor(before, gathered, door.because, { waitMs: door.waitMs, parts });
    const root = before.rootInstanceId;
    parts.emit('restart.sending', { root, instanceId, attempt: door.intent.attempt });
    const begunMs = parts.monotonicMs();
    const { wallMs, monotonicMs } = door.asked;
    const isInTime = (): boolean =>
      !parts.stopping.aborted &&
      isAllowedHour(gathered, parts) &&
      within(parts.wallMs() - wallMs) &&
      within(parts.monotonicMs() - monotonicMs);
    parts.sending.set(instanceId, { instanceId, ca, intent: door.intent });
    unrecorded = withAnswer(door.intent, { type: 'unknown', why: 'its answer was not kept' }, parts.now());
    const answer: RestartAnswer =
      door.unconfirmed === null
        ? await line.send({ instanceId, version, withBody: request.intent.withBody }, isInTime)
        : { type: 'not-sent', why: door.unconfirmed, needsBody: false };
    const intent = withAnswer(door.intent, answer, parts.now());
    unrecorded = intent;
    parts.emit('restart.answered', {
      root,
      instanceId,
      result: intent.state,
      why: intent.why,
      ms: parts.monotonicMs() - begunMs,
    });
    await recordAnswer(intent, parts);
    unrecorded = null;
    const tookMs = parts.monotonicMs() - begunMs;
    const isMore = await continueWith(door.remediation, intent, answer, parts);
    // Who stops, or comes to the end of its hours, does so on purpose.
    if (!parts.stopping.aborted && isAllowedHour(gathered, parts)) await noteSending(root, answer, parts);
    await noteRestartMs(tookMs, parts);
    return isMore;
  } finally {
    // What was sent and could not be recorded stays ours: a later step records it, and nobody takes it for not sent.
    if (unrecorded === null) parts.sending.delete(instanceId);
    else parts.sending.set(instanceId, { instanceId, ca, intent: unrecorded, isOver: true });
  }
}

/** Records an answer that the store did not take at the time. True: there may be more to do. */
export async function recordLate(
  late: Sending,
  parts: Pick<RemediationParts, 'journal' | 'sending'>,
): Promise<boolean> {
  if (late.intent) await parts.journal.close(late.intent);
  // Recorded by another one meanwhile, it may be under way anew.
  if (parts.sending.get(late.instanceId) === late) parts.sending.delete(late.instanceId);
  return true;
}

type Asked = DoorAnswer & { readonly asked: { readonly wallMs: number; readonly monotonicMs: number } };

/** A turn that is at most this far away is waited for where we are, so often at most. */
const SHORT_WAIT_MS = 2000;
const SHORT_WAITS = 50;

/** Who slept on the way to the door knows nothing of the gates any more: it gathers anew. */
const FACTS_LIMIT_MS = 10_000;

/** Asks at the door. Turns that come soon are waited for here: the facts are still fresh. */
async function openDoor(request: DoorRequest, gatheredAt: Time, parts: RemediationParts): Promise<Asked> {
  let waitedMs = 0;
  for (let waits = 0; ; waits++) {
    // Taken before the commit: a sleep between the store's yes and our reading of it counts as well.
    const asked = { wallMs: parts.wallMs(), monotonicMs: parts.monotonicMs() };
    if (parts.now() - gatheredAt > FACTS_LIMIT_MS) return { type: 'shut', because: 'facts are old', waitMs: 0, asked };
    const door = await parts.journal.open(request);
    if (door.type === 'opened') return { ...door, asked };
    parts.emit('door.shut', { root: request.before.rootInstanceId, because: door.because, waitMs: door.waitMs });
    const isTurn = door.because === 'rate' || door.because === 'rate of the CA';
    waitedMs += door.waitMs;
    if (!isTurn || waitedMs > SHORT_WAIT_MS || waits >= SHORT_WAITS || parts.stopping.aborted)
      return { ...door, asked };
    await parts.sleep(door.waitMs);
  }
}

/** Asked again with the first byte: a window may have opened while the turn was waited for. */
function isAllowedHour({ facts }: Facts, { policy, now }: RemediationParts): boolean {
  return closedHours(policy.maintenance, facts.ruling.onlyDuring, now()) === null;
}

function within(elapsedMs: number): boolean {
  return elapsedMs >= 0 && elapsedMs < SEND_WITHIN_MS;
}

async function doorRequest(
  before: Remediation,
  gathered: Facts,
  version: number | null,
  parts: RemediationParts,
): Promise<DoorRequest> {
  const { remediation: after, facts, gates, feed } = gathered;
  const { row } = facts;
  const { policy } = parts;
  const isWatched = feed !== null && feed.isTrusted && row.startDate !== null && row.startDate >= feed.watchedSince;
  return {
    before,
    after,
    gates: gates.doors,
    caSlots: gates.caSlots,
    limits: policy.restart,
    canaryWindowMs: policy.health.canaryWindow,
    intent: {
      instanceId: before.currentInstanceId,
      rootInstanceId: before.rootInstanceId,
      attempt: after.attemptsMade,
      definitionId: row.definitionId,
      workflowType: row.workflowType,
      title: row.title,
      ...requestOf(after),
      ca: after.ca,
      dependencies: gates.names,
      targetVersion: version,
      withBody: before.needsBody,
      isMove: Boolean(after.move),
      ...(after.move ? { from: after.move.from } : {}),
      mark: await parts.sightings.mark(),
      isMarkComplete: isWatched || before.past === 'proved',
      referenceMark: feed?.referenceMark ?? null,
      notBefore: feed === null || feed.offsetSamples.length === 0 ? null : toServerTime(parts.now(), feed),
      rowLagMs: rowLagMs(feed),
      oldStartDate: row.startDate,
      lastModified: row.lastModified,
    },
  };
}

function requestOf({ input }: Remediation): Pick<Intent, 'fingerprint' | 'requestKey' | 'certificateKeys'> {
  if (input === null) return { fingerprint: '', requestKey: '' };
  const { fingerprint, requestKey, certificateKeys } = input;
  return { fingerprint, requestKey, certificateKeys };
}

/** How often the answer is written again while Redis does not take it. */
const RECORD_TRIES = 60;
const RECORD_PAUSE_MS = 500;

/**
 * Only the sender knows the answer: it tries until the store takes it. To one that went back meanwhile it is told outside
 * of this step (`giveSignOfLife`).
 */
async function recordAnswer(intent: Intent, parts: RemediationParts): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await parts.journal.close(intent);
      return;
    } catch (error) {
      if (!(error instanceof TransientError) || tries >= RECORD_TRIES) throw error;
      await parts.sleep(RECORD_PAUSE_MS);
    }
  }
}

/**
 * Saves what the answer means for the record. Where others saved meanwhile, the next step reads it from the intent. True:
 * there may be more to do at once.
 */
async function continueWith(
  remediation: Remediation,
  intent: Intent,
  answer: RestartAnswer,
  parts: RemediationParts,
): Promise<boolean> {
  if (answer.type === 'denied' && !answer.isWorthNewToken) {
    await reportAccessTrouble(answer.status === 403 ? intent.definitionId : EVERYTHING, answer.message, parts);
  }
  if (answer.type === 'accepted') await clearAccessTrouble(intent.definitionId, parts);
  const after = afterIntent(remediation, intent, parts, answer);
  const isAccepted = answer.type === 'accepted';
  const saved = await commitChange(remediation, isAccepted ? awaitingLook(after, parts) : after, parts);
  if (isAccepted) await learnAtOnce(intent, parts);
  return saved === null || !isAccepted;
}

/** Before a look that began after the restart nothing can be found. */
function awaitingLook(remediation: Remediation, { policy, now }: RemediationParts): Remediation {
  const { search } = remediation;
  if (search === null) return remediation;
  const until = search.endedAt + policy.resolve.settle;
  return applyAction(remediation, { type: 'search-on', reason: 'successor not seen yet', until, search }, now());
}

/** The record once its intent is closed, whoever reads it. */
export function afterIntent(
  remediation: Remediation,
  intent: Intent,
  parts: RemediationParts,
  answer?: RestartAnswer,
): Remediation {
  const now = parts.now();
  if (intent.state !== 'not-sent') return searching(remediation, intent, now);
  if (answer?.type === 'throttled') {
    return unsent(remediation, { wait: 'limits', reason: intent.why, until: now + answer.retryAfterMs }, now);
  }
  if (answer?.type === 'denied' && answer.isWorthNewToken) {
    return unsent(
      remediation,
      { wait: 'back-off', reason: `once more with a new token: ${intent.why}`, until: now },
      now,
    );
  }
  const needsBody = remediation.needsBody || (answer?.type === 'not-sent' && answer.needsBody);
  const step = remediation.backoff?.ladder === 'unreachable' ? remediation.backoff.step + 1 : 1;
  const until = now + drawDelayMs(unreachableLadder(remediation.rule, parts.policy), step, parts.random());
  const backoff = { ladder: 'unreachable' as const, step, until };
  return {
    ...unsent(remediation, { wait: 'back-off', reason: `not sent: ${intent.why}`, until, backoff }, now),
    needsBody,
  };
}
