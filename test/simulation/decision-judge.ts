import { causeOf } from '../../src/core/alert-key.ts';
import { decisionText } from '../../src/core/ruled.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import type { AlertMessage } from '../../src/ports/alerts.ts';
import type { Post } from './command-twin.ts';
import type { Said } from './decisions.ts';
import type { OracleParts } from './oracle.ts';

interface JudgeParts {
  readonly parts: OracleParts;
  readonly blame: (promise: string, text: string, ...ids: readonly string[]) => void;
  readonly count: (what: string) => void;
  readonly posts: readonly Post[];
}

/** How long after a pause a restart that had passed the door may still leave (DESIGN.md 6). */
const PAUSE_MS = 1000;

/** Alerts about records; the others are about the installation. */
const ABOUT_RECORDS = new Set(['held', 'exhausted', 'refused', 'history', 'not-recognised']);
/** Conditions that are over once everything rests. */
const OVER_AT_REST = new Set(['dependency-down', 'waiting-long', 'brake', 'command-away', 'access']);

/** Judges what people decided, and what they were told. */
export function createDecisionJudge({ parts, blame, count, posts }: JudgeParts) {
  const { plan, book, now } = parts;
  const calls: number[] = [];
  const told = new Map<string, { readonly message: AlertMessage; readonly at: number }>();
  const heard = new Set<string>();

  const judgePost = (post: Post, isObserving: boolean): void => {
    if (plan.decisions === null) return;
    const id = post.instanceId;
    if (isObserving) blame('observe', `restart of ${id} by a daemon that only observes`, id);
    const pausedAt = parts.pausedSince();
    if (pausedAt !== null && now() > pausedAt + PAUSE_MS)
      blame('pause', `restart of ${id}, paused ${now() - pausedAt} ms ago`, id);
    if (parts.wasLost()) return;
    const record = parts.peek(id);
    if (record?.phase !== 'restarting' || record.currentInstanceId !== id)
      blame('record', `restart of ${id}, whose record says ${record?.phase ?? 'nothing'}`, id);
    const word = book.lastWord(id);
    if (word?.wish.type === 'hold' || word?.wish.type === 'ignore')
      blame('decision', `restart of ${id}, which a person put on ${word.wish.type}`, id);
  };

  const onSaid = (said: Said): void => {
    const { wish, result, why, before, after } = said;
    count(
      `decisions ${wish.type}${wish.sendAgain ? ' --send-again' : ''}${wish.successor === undefined ? '' : ' --successor'}: ${result}`,
    );
    if (result === 'refused' && why.trim() === '')
      blame('decision', `${wish.type} is refused and nobody says why`, said.id);
    if (result !== 'done' || after === null) return;
    const id = said.id.toLowerCase();
    const wrong = misuse(said) ?? wrongSuccessor(said);
    if (wrong !== null) blame('decision', `${decisionText({ ...wish, at: 0 })} is done: ${wrong}`, id);
    if (wish.sendAgain && before !== null) judgeSendAgain(said, before);
  };

  const misuse = ({ wish, before, after }: Said): string | null => {
    if (wish.reason.trim() === '') return 'no reason';
    if (wish.successor !== undefined && wish.type !== 'release') return 'a successor without release';
    if (wish.sendAgain && wish.type !== 'retry' && wish.type !== 'release') return `${wish.type} sends nothing again`;
    const isSame = before !== null && after?.version === before.version + 1;
    if (isSame && before.outcome === 'recovered' && wish.type !== 'ignore') return 'it had recovered';
    return null;
  };

  const wrongSuccessor = ({ wish, before, after }: Said): string | null => {
    const named = wish.successor?.toLowerCase();
    if (named === undefined || named === 'none') return null;
    const truth = parts.server.instances.get(named);
    if (truth === undefined) return 'there is no such instance';
    if (truth.wish.definition.id !== after?.definitionId) return 'it is a run of another definition';
    if (
      before?.version === (after?.version ?? 0) - 1 &&
      before.instanceIds.includes(named) &&
      before.currentInstanceId !== named
    )
      return 'it is an old run of this very lineage';
    return null;
  };

  /** Who sends it at this moment would be overtaken: the person is told to wait (DESIGN.md 6). */
  const judgeSendAgain = ({ saidAt }: Said, before: Remediation): void => {
    if (plan.faults.storeCut > 0 || plan.faults.storeLoss !== 'never') return;
    const oldId = before.search?.predecessorId ?? before.currentInstanceId;
    for (const { instanceId, replica, sentAt, answeredAt } of posts) {
      if (instanceId !== oldId || answeredAt !== null || sentAt > saidAt) continue;
      const since = parts.isSendingOf(replica);
      if (since !== null && since <= sentAt)
        blame('P1', `${oldId} may be sent again while ${replica} waits for the answer`, oldId);
    }
  };

  const onAlert = (id: string, message: AlertMessage): void => {
    if (heard.has(id)) return count('alerts told twice');
    heard.add(id);
    count(`alerts ${message.status} ${message.cause}`);
    const last = told.get(message.key);
    told.set(message.key, { message, at: now() });
    if (parts.wasLost()) return;
    if (message.status === 'resolved') {
      if (last?.message.status !== 'firing') blame('P9', `${message.key} is resolved, and nobody had heard of it`);
      return;
    }
    if (last?.message.status !== 'firing') return;
    const { repeatInterval } = plan.decisions?.alerts ?? { repeatInterval: 0 };
    const isGrown = message.count >= 2 * last.message.count;
    // From when it was last said: what said it may have reached people late.
    const quietMs = Date.parse(message.lastAt) - Date.parse(last.message.lastAt);
    const isRepeat = repeatInterval > 0 && quietMs >= repeatInterval;
    if (!isGrown && !isRepeat) blame('P9', `${message.key} is told again after ${now() - last.at} ms`);
  };

  const judgeEnd = (records: readonly Remediation[]): void => {
    if (plan.decisions === null || parts.wasLost()) return;
    judgeOnRecord(records);
    judgeAlerts(records);
  };

  const judgeOnRecord = (records: readonly Remediation[]): void => {
    // Of a run that was merged, and named another one's later, it stays on the record of the lineage that had it.
    const entries = records.flatMap(({ timeline }) => timeline);
    for (const { wish, result, after, isAdoption } of book.all) {
      if (result !== 'done' || (after === null && !isAdoption)) continue;
      const id = after?.rootInstanceId;
      if (id === undefined) continue;
      const text = decisionText({ ...wish, at: 0 });
      if (!entries.some((entry) => entry.by === wish.by && entry.text === text))
        blame('P10', `${wish.by} said "${text}", which is not on record`, id);
    }
  };

  const judgeAlerts = (records: readonly Remediation[]): void => {
    const wanted = new Set(records.flatMap(({ alertKey }) => alertKey ?? []));
    const firing = new Set(
      [...told.values()].flatMap(({ message: { key, status } }) => (status === 'firing' ? [key] : [])),
    );
    const idsOf = (key: string): readonly string[] =>
      records.filter(({ alertKey }) => alertKey === key).map(({ rootInstanceId }) => rootInstanceId);
    for (const key of wanted) if (!firing.has(key)) blame('P9', `nobody was told of ${key}`, ...idsOf(key));
    for (const key of firing) {
      const cause = causeOf(key);
      if (ABOUT_RECORDS.has(cause) && !wanted.has(key)) blame('P9', `${key} is not resolved, and nothing has it`);
      // Whether restarts of one definition are allowed again shows with the next one only.
      if (OVER_AT_REST.has(cause) && !key.startsWith('access:'))
        blame('P9', `${key} is not resolved, and everything rests`);
    }
  };

  const onCall = (): void => {
    const { requestsPerSecond } = plan.decisions ?? { requestsPerSecond: Infinity };
    calls.push(now());
    while ((calls[0] ?? 0) <= now() - 1000) calls.shift();
    // Each replica may use a turn late, once.
    if (calls.length > requestsPerSecond + 1 + plan.replicas && !parts.wasLost())
      blame('P8', `${calls.length} requests to Command in a second, ${requestsPerSecond} allowed`);
  };

  const onAsleep = (asleep: readonly Remediation[], ms: number): void => {
    const [first] = asleep;
    if (first)
      blame('resume', `${asleep.length} still wait (${first.reason}) ${ms} ms after it ended`, first.rootInstanceId);
  };

  return { judgePost, onSaid, onAlert, judgeEnd, onCall, onAsleep };
}
