import type { Remediation } from '../../src/core/remediation.ts';
import type { AlertMessage } from '../../src/ports/alerts.ts';
import { createDecisionJudge } from './decision-judge.ts';
import type { DecisionBook, Said } from './decisions.ts';
import type { Post } from './command-twin.ts';
import type { Plan } from './plan.ts';
import { isUp } from './server.ts';
import type { CommandServer, InstanceTruth } from './server.ts';

export interface Violation {
  readonly promise: string;
  readonly text: string;
  readonly at: number;
  readonly ids: readonly string[];
}

export interface OracleParts {
  readonly plan: Plan;
  readonly server: CommandServer;
  readonly now: () => number;
  /** True once the store lost something. */
  readonly wasLost: () => boolean;
  /** When the store lost something that nobody who could know of it has been able to tell yet; null: it is known. */
  readonly unknownLossAt: () => number | null;
  readonly book: DecisionBook;
  /** The record of that id as it stands in the store. */
  readonly peek: (id: string) => Remediation | null;
  /** A good test of that CA is in the store; one whose teller died or was cut off with it is known to nobody. */
  readonly hasGoodTest: (ca: string) => boolean;
  /** Since when that replica runs without a break; null: it does not. */
  readonly isSendingOf: (replica: string) => number | null;
  /** Since when no break of it was so long that its slot was returned; null: it does not run. */
  readonly heardSince: (replica: string) => number | null;
  /** Since when everything is paused; null: it is not. */
  readonly pausedSince: () => number | null;
}

export interface Oracle {
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly posts: readonly Post[];
  onPost(post: Post, isObserving: boolean): void;
  /** One request to Command begins. */
  onCall(): void;
  /** A decision was answered. */
  onSaid(said: Said): void;
  /** These still wait for what has ended. */
  onAsleep(records: readonly Remediation[], ms: number): void;
  onAlert(id: string, message: AlertMessage): void;
  onCommit(post: Post): void;
  /** This replica wrote something about the intent of this instance. */
  onIntent(replica: string, instanceId: string): void;
  onRecovered(root: string, newInstanceId: string | null): void;
  onFailedStep(root: string, error: Error): void;
  /** At the end, when faults have stopped and everything had its time. */
  judgeEnd(records: readonly Remediation[], rootOf: (id: string) => string | null): void;
}

/** Jitter of the world itself: calls take time. */
const SLACK_MS = 3000;

/** Compares what the daemon does with the promises (DESIGN.md 2), by the truth that only the server knows. */
export function createOracle(parts: OracleParts): Oracle {
  const { plan, server, now } = parts;
  const { policy } = plan;
  const violations: Violation[] = [];
  const counts: Record<string, number> = {};
  const posts: Post[] = [];
  /** By CA: the lineages whose recovery was announced. */
  const recovered = new Map<string, Set<string>>();
  const blame = (promise: string, text: string, ...ids: readonly string[]): void => {
    violations.push({ promise, text, at: now(), ids });
  };
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  const truth = (id: string): InstanceTruth | undefined => server.instances.get(id);

  /** The instance and everything before it, newest first. */
  const ancestry = (id: string): readonly InstanceTruth[] => {
    const found: InstanceTruth[] = [];
    for (
      let next = truth(id);
      next !== undefined;
      next = next.predecessor === null ? undefined : truth(next.predecessor)
    )
      found.push(next);
    return found;
  };

  /**
   * Lineages that were restarted after Redis had gone back, and before one of those who knew better lived or woke to say
   * so: what was lost cannot be seen by anybody then (README, on backups of Redis). By the id of their first run.
   */
  const blindLines = new Set<string>();
  const noteBlind = ({ instanceId }: Post): void => {
    const lostAt = parts.unknownLossAt();
    const first = ancestry(instanceId).at(-1);
    if (lostAt !== null && first !== undefined && first.startedAt <= lostAt) blindLines.add(first.id);
  };
  const isBlind = (id: string): boolean => {
    if (!blindLines.has(ancestry(id).at(-1)?.id ?? '')) return false;
    count('restarts while nobody knew of a loss');
    return true;
  };

  const { book } = parts;
  const predecessorOf = (id: string): string | null => truth(id)?.predecessor ?? null;
  const lineOf = (id: string): readonly string[] => ancestry(id).map((one) => one.id);
  /** What people said wrongly, or took upon themselves, about this line. */
  const isMisled = (...ids: readonly string[]): boolean => {
    if (
      !book.isMisled(
        ids.flatMap((id) => [id, ...lineOf(id)]),
        predecessorOf,
      )
    )
      return false;
    count('lines that people led elsewhere');
    return true;
  };

  const judgeRepeat = (post: Post): void => {
    for (const earlier of posts) {
      if (earlier.instanceId !== post.instanceId) continue;
      if (book.maySendAgain(post.instanceId, earlier.sentAt, earlier.answer === 'refused')) {
        count('restarts that a person let go once more');
        continue;
      }
      if (isBlind(post.instanceId)) return;
      const id = post.instanceId;
      if (earlier.committedAt !== null) return blame('P1', `${id} was restarted before and is sent again`, id);
      if (!earlier.isOver) return blame('P1', `${id} is sent again while the first request may still take effect`, id);
      if (earlier.answer === 'not-sent' || earlier.answer === 'throttled' || earlier.answer === 'denied') continue;
      if (plan.knobs.oldRow === 'failed') return blame('P1', `${id} is sent again on a server that proves nothing`, id);
      // A sender that died before it could record its answer has left nothing but its heartbeats (P1).
      const endedAt = (earlier.isRecorded ? earlier.answeredAt : null) ?? earlier.sentAt;
      if (now() < endedAt + policy.resolve.window - SLACK_MS)
        return blame('P1', `${id} is sent again inside of resolve.window`, id);
    }
  };

  const judgeDependency = (post: Post, instance: InstanceTruth): void => {
    const { ca } = instance.wish;
    const outage = ca.outages.find(({ from, to }) => now() >= from && now() < to);
    if (outage === undefined || ca.test !== 'true' || ca.lastGoodAt === null || !parts.hasGoodTest(ca.name)) return;
    const { unhealthyAfter, interval, timeout } = policy.health;
    // A sender that was held up on its way to the door, or a test that came late, is no better informed.
    const slackMs = plan.isFriendly ? SLACK_MS : 2 * 60_000;
    const knownAt = outage.from + unhealthyAfter * interval + timeout + slackMs;
    if (now() > knownAt)
      blame('P6', `restart into ${ca.name}, dead for ${Math.round((now() - outage.from) / 1000)} s`, post.instanceId);
  };

  const judgeAllowance = (post: Post, instance: InstanceTruth): void => {
    if (parts.wasLost()) return;
    const { ca } = instance.wish;
    const since = now() - policy.health.canaryWindow;
    const ofCa = posts.filter(({ instanceId }) => truth(instanceId)?.wish.ca === ca);
    // Where a person was faster than our request, sent or not, that run's completion is what the daemon sees of it.
    const announced = recovered.get(ca.name)?.size ?? 0;
    const isDone = ({ instanceId, newId }: Post): boolean =>
      newId !== null && truth(newId)?.status === 'Complete' && parts.peek(instanceId)?.outcome !== 'recovered';
    const done = announced + ofCa.filter(isDone).length;
    const counted = ofCa.filter(
      ({ instanceId, sentAt }) => !book.maySendAgain(instanceId, sentAt) && parts.peek(instanceId)?.phase !== 'held', // held: neutral (DESIGN.md 4.5)
    );
    const open = counted.filter((one) => one.sentAt > since && isUndecided(one)).length + 1;
    if (open > 1 + (policy.health.rampFactor - 1) * done)
      blame('P6', `${open} restarts at ${ca.name} without a verdict, ${done} completed`, post.instanceId);
  };

  const isUndecided = (post: Post): boolean => {
    if (post.answer !== null && post.answer !== 'accepted' && post.answer !== 'unknown') return false;
    if (post.newId === null) return post.answer === null;
    const run = truth(post.newId);
    return run?.status === 'Running' && !run.wish.definition.isApproved; // a Suspended one leaves the sum
  };

  const judgeIssued = (post: Post, instance: InstanceTruth): void => {
    if (book.waived([post.instanceId], 'already issued') + book.waived([post.instanceId], 'maybe issued') > 0) return;
    if (Object.keys(instance.stateData).length > 0) blame('P7', 'restart of one that reached its CA', post.instanceId);
    if (instance.message?.includes('timed out while waiting') && instance.step === instance.wish.definition.step)
      blame('P7', 'restart of one that may have been issued', post.instanceId);
  };

  const judgeLimits = (post: Post, instance: InstanceTruth): void => {
    const { perMinute, perCaPerMinute, concurrency } = policy.restart;
    const lately = [...posts.filter(({ sentAt }) => sentAt > now() - 60_000), post];
    if (lately.length > perMinute + 1) blame('P8', `${lately.length} restarts in a minute`, post.instanceId);
    const atCa = lately.filter(({ instanceId }) => truth(instanceId)?.wish.ca === instance.wish.ca).length;
    if (atCa > perCaPerMinute + 1) blame('P8', `${atCa} restarts in a minute at one CA`, post.instanceId);
    // The slot of a sender that slept meanwhile was returned (DESIGN.md 4.6).
    const isUnderWay = ({ answeredAt, replica, sentAt }: Post): boolean =>
      answeredAt === null && (parts.heardSince(replica) ?? Infinity) <= sentAt;
    const open = posts.filter(isUnderWay).length + 1;
    if (open > concurrency && !parts.wasLost()) blame('P8', `${open} restarts at once`, post.instanceId);
  };

  const judgeApprovals = (post: Post): void => {
    const { approvals } = policy.restart;
    if (approvals === 'always' || (parts.wasLost() && plan.knobs.oldRow !== 'canceled')) return;
    const line = ancestry(post.instanceId);
    // Where the old row is not cancelled, a person's restart looks like a new request of the same.
    if (plan.knobs.oldRow !== 'canceled' && line.some(({ by }) => by === 'person')) return;
    // A person let it go alone, as no new run of the older lineage that names it.
    if (book.waived([post.instanceId], 'sibling unresolved') > 0) return;
    const isWorn = (id: string): boolean => ancestry(id).some(({ isApproved }) => isApproved);
    const before = posts.filter(
      (one) => one.committedAt !== null && line.some(({ id }) => id === one.instanceId) && isWorn(one.instanceId),
    ).length;
    const allowed = (approvals === 'once' ? 1 : 0) + book.waived(lineOf(post.instanceId), 'approvals');
    if (isWorn(post.instanceId) && before >= allowed && !isBlind(post.instanceId) && !isMisled(post.instanceId))
      blame('P12', `approvers are asked again after ${before} restarts`, post.instanceId);
  };

  const judge = createDecisionJudge({ parts, blame, count, posts });
  return {
    violations,
    counts,
    posts,
    ...judge,
    onPost: (post, isObserving) => {
      judge.judgePost(post, isObserving);
      const instance = truth(post.instanceId);
      noteBlind(post);
      judgeRepeat(post);
      if (instance) {
        judgeDependency(post, instance);
        judgeAllowance(post, instance);
        judgeIssued(post, instance);
        judgeLimits(post, instance);
        judgeApprovals(post);
      }
      posts.push(post);
      count('restarts');
    },
    onCommit: (post) => {
      if (parts.wasLost() && plan.knobs.oldRow !== 'canceled') return;
      const line = new Set(ancestry(post.instanceId).map(({ id }) => id));
      const made = posts.filter(({ committedAt, instanceId }) => committedAt !== null && line.has(instanceId)).length;
      // Nothing connects the two runs here (new title, new data, no request key): only the third loss shows it.
      const isRecognisable =
        plan.knobs.title === 'original' ||
        plan.knobs.initialData === 'equal' ||
        truth(post.instanceId)?.wish.definition.type === 'Enrollment';
      // Where the old row is not cancelled, a person's restart looks like a new request of the same.
      const isTied = plan.knobs.oldRow === 'canceled' || ![...line].some((id) => truth(id)?.by === 'person');
      const allowed = policy.restart.maxAttempts + book.granted([...line]);
      if (made > allowed && isMisled(post.instanceId)) return;
      if (made > allowed && !(isRecognisable && isTied)) return count('restarts of runs that nothing connects');
      if (made > allowed && !isBlind(post.instanceId))
        blame('P5', `${made} restarts of one lineage, ${allowed} allowed`, post.instanceId);
    },
    onIntent: (replica, instanceId) => {
      for (const post of posts)
        if (post.replica === replica && post.instanceId === instanceId && post.answeredAt !== null)
          post.isRecorded = true;
    },
    onRecovered: (root, newInstanceId) => {
      const instance = truth(newInstanceId ?? root);
      const name = instance?.wish.ca.name ?? '';
      recovered.set(name, (recovered.get(name) ?? new Set()).add(root));
      if (instance?.status !== 'Complete')
        blame('P4', `recovered is announced, but ${newInstanceId} is ${instance?.status}`, root, newInstanceId ?? root);
    },
    onFailedStep: (root, error) => blame('bug', `a step threw: ${error.stack ?? error.message}`, root),
    judgeEnd: (records, rootOf) => {
      judgeLinks(records, { parts, truth, blame, count, isMisled });
      judgeFound(records, rootOf, { parts, truth, blame, count, isMisled });
      judge.judgeEnd(records);
      for (const record of records)
        count(`end: ${record.phase} ${record.outcome ?? record.holdCause ?? record.wait ?? ''}`.trim());
    },
  };
}

interface Judge {
  readonly parts: OracleParts;
  readonly truth: (id: string) => InstanceTruth | undefined;
  readonly blame: (promise: string, text: string, ...ids: readonly string[]) => void;
  readonly count: (what: string) => void;
  readonly isMisled: (...ids: readonly string[]) => boolean;
}

/** P2: each link on record against the truth. */
function judgeLinks(records: readonly Remediation[], { parts, truth, blame, count, isMisled }: Judge): void {
  const claimed = new Map<string, string>();
  for (const record of records) {
    for (const { oldInstanceId, newInstanceId, confidence, restartedAt, evidence } of record.lineage) {
      if (newInstanceId === null || confidence === 'ambiguous' || confidence === 'none') continue;
      const other = claimed.get(newInstanceId);
      if (other !== undefined && other !== oldInstanceId)
        blame('P2', `${newInstanceId} is the successor of two`, other, oldInstanceId, newInstanceId);
      claimed.set(newInstanceId, oldInstanceId);
      const [old, next] = [truth(oldInstanceId), truth(newInstanceId)];
      count(`links ${confidence}`);
      if (next?.predecessor === oldInstanceId) continue;
      if (evidence.includes('person') || isMisled(oldInstanceId, newInstanceId)) continue;
      if (isOverHiddenRuns(old, next, truth)) {
        count('links over a run that was gone before it was seen');
        continue;
      }
      // The true new run shows nothing that the old one had; a person's request shows it all.
      const isUnlike =
        parts.plan.knobs.title === 'restarter' &&
        parts.plan.knobs.initialData === 'extended' &&
        old?.wish.definition.type !== 'Enrollment';
      if (isUnlike) {
        count('links where the true run shows nothing of the old one');
        continue;
      }
      const isSameWish = old !== undefined && next !== undefined && old.wish === next.wish;
      const windowEnd = restartedAt + parts.plan.policy.resolve.window;
      // An exact link may be announced before the window closes; what comes later does not touch an announced end (P2).
      const wasAlone = (record.endedAt ?? 0) >= (next?.visibleAt ?? 0) + parts.plan.policy.resolve.settle;
      const isLast = record.outcome === 'recovered' && record.currentInstanceId === newInstanceId;
      const isAnnounced = isLast && confidence === 'exact' && wasAlone;
      const lastLook = isAnnounced ? Math.min(windowEnd, record.endedAt ?? windowEnd) : windowEnd;
      // Restarted by others before anybody looked, under another Title: a later run is found by its Title (DESIGN.md 4.3).
      const isUnfound = (run: InstanceTruth | undefined): boolean =>
        run !== undefined && run.startedAt < restartedAt && run.title !== next?.title;
      // One that keeps the StartDate, and that no answer showed before the last look, may have begun after it.
      const isUndated = parts.plan.knobs.startDate === 'original';
      const seenAt = (run: InstanceTruth | undefined): number => (isUndated ? run?.shownAt : run?.visibleAt) ?? 0;
      const isLate = old?.successors.every(
        (id) => seenAt(truth(id)) > lastLook || isNeverShown(truth(id)) || isUnfound(truth(id)),
      );
      // Nobody had restarted it (or its new run was gone before any answer showed it), and somebody asked for the same
      // once more: no evidence can tell, and no run is missed.
      if (isSameWish && isLate && isRequestAsShown(next, truth)) {
        count('links to an equal request');
        continue;
      }
      // A person restarted an older run of the line once more, which leaves both equal; nobody had restarted this one.
      if (isSameWish && isLate && next.by === 'person' && isAncestor(next.predecessor, old, truth)) {
        count('links to a second restart of an older run');
        continue;
      }
      blame(
        'P2',
        `${oldInstanceId} is linked to ${newInstanceId} (${confidence}), which is the run of ${next?.predecessor ?? 'nobody'}`,
        oldInstanceId,
        newInstanceId,
      );
    }
  }
}

/** Gone before any answer showed it: nobody can know that it was there. */
function isNeverShown(run: InstanceTruth | undefined): boolean {
  return run !== undefined && run.isDeleted && !run.isShown;
}

/** As far as any answer told, it is a request of its own: all runs before it were gone before anybody saw them. */
function isRequestAsShown({ predecessor }: InstanceTruth, truth: Judge['truth']): boolean {
  if (predecessor === null) return true;
  const before = truth(predecessor);
  return before !== undefined && isNeverShown(before) && isRequestAsShown(before, truth);
}

/** True where that id is of a run before this one. */
function isAncestor(id: string | null, run: InstanceTruth, truth: Judge['truth']): boolean {
  for (let next = run.predecessor; next !== null; next = truth(next)?.predecessor ?? null) if (next === id) return true;
  return false;
}

/** A descendant, and everything in between is gone. */
function isOverHiddenRuns(
  old: InstanceTruth | undefined,
  next: InstanceTruth | undefined,
  truth: Judge['truth'],
): boolean {
  let parent = next?.predecessor == null ? undefined : truth(next.predecessor);
  while (parent !== undefined && parent !== old) {
    if (!parent.isDeleted) return false;
    parent = parent.predecessor === null ? undefined : truth(parent.predecessor);
  }
  return parent !== undefined;
}

/** P3 and liveness: every failed row is found, and is at an end or in a person's hands. */
function judgeFound(records: readonly Remediation[], rootOf: (id: string) => string | null, judge: Judge): void {
  const { parts, blame, truth } = judge;
  const byRoot = new Map(records.map((record) => [record.rootInstanceId, record]));
  for (const instance of parts.server.instances.values()) {
    if (instance.status !== 'Failed' || instance.isDeleted) continue;
    const record = byRoot.get(rootOf(instance.id) ?? '');
    if (record === undefined) {
      blame('P3', `${instance.id} is Failed and not in the store`, instance.id);
      continue;
    }
    if (instance.successors.length > 0) continue;
    const isWishDone = [...parts.server.instances.values()].some(
      ({ wish, status, startedAt }) =>
        wish === instance.wish && status === 'Complete' && startedAt > instance.startedAt,
    );
    if (isWishDone) continue; // whoever's run it was: nothing is left to do
    if (judge.isMisled(instance.id, ...record.instanceIds)) continue;
    if (record.phase === 'ended' && record.currentInstanceId !== instance.id && record.outcome === 'recovered')
      blame(
        'P3',
        `${instance.id} is Failed, but its lineage counts as recovered by ${record.currentInstanceId}`,
        instance.id,
      );
  }
  for (const record of records) judgeRest(record, judge, truth(record.currentInstanceId));
}

function judgeRest(record: Remediation, { parts, blame }: Judge, current: InstanceTruth | undefined): void {
  const { phase, rootInstanceId: root, reason, wait, outcome, alertKey } = record;
  if (reason === '') blame('P10', 'no reason', root);
  if (phase === 'held') return judgeHeld(record, { parts, blame });
  if (phase === 'waiting' && alertKey !== null) return; // a person is told by the alert it joined
  if (phase !== 'ended')
    return blame('waits', `${phase} ${wait ?? ''} for ever: ${reason}`, root, record.currentInstanceId);
  if (outcome === 'recovered' && current?.status !== 'Complete')
    blame('P4', `recovered, but ${record.currentInstanceId} is ${current?.status}`, root, record.currentInstanceId);
}

const FRIENDLY_HOLDS = new Set(['already issued', 'maybe issued', 'history', 'approvals', 'last attempt kept back']);

function judgeHeld(
  { holdCause, reason, rootInstanceId: root, alertKey }: Remediation,
  { parts, blame }: Pick<Judge, 'parts' | 'blame'>,
): void {
  if (alertKey === null) blame('P9', 'held, and nobody is told', root);
  if (parts.plan.isFriendly && parts.plan.decisions === null && !FRIENDLY_HOLDS.has(holdCause ?? ''))
    blame('holds', `an ordinary case is held: ${reason}`, root);
}

export { isUp };
