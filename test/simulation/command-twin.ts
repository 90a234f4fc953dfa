import { AccessError, TransientError } from '../../src/core/errors.ts';
import type { CertificateAuthority, InstanceDetail, InstanceRow } from '../../src/core/instance.ts';
import type { RestartAnswer } from '../../src/core/restart-answer.ts';
import type {
  CaTest,
  Command,
  CommandDialect,
  InstancePage,
  InstanceQuery,
  RestartLine,
  RestartRequest,
} from '../../src/ports/command.ts';
import type { Machine } from './machine.ts';
import type { Plan } from './plan.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { isUp } from './server.ts';
import type { AuthorityTruth, CommandServer, InstanceTruth, ShownRow } from './server.ts';

/** One POST Restart of ours, from its first byte. */
export interface Post {
  readonly instanceId: string;
  readonly replica: string;
  readonly sentAt: number;
  /** When the server took it; null: not (yet). */
  committedAt: number | null;
  newId: string | null;
  /** True once it can no longer take effect. */
  isOver: boolean;
  /** What the sender learned, and when; null: nothing. */
  answer: RestartAnswer['type'] | null;
  answeredAt: number | null;
  /** True once the sender itself has recorded how its request ended. */
  isRecorded: boolean;
}

export interface TwinParts {
  readonly server: CommandServer;
  readonly authorities: readonly AuthorityTruth[];
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly plan: Plan;
  readonly machine: Machine;
  readonly startedAt: number;
  readonly areFaultsOn: () => boolean;
  readonly onFault: (kind: string) => void;
  readonly isAway: () => boolean;
  readonly onPost: (post: Post) => void;
  readonly onCommit: (post: Post) => void;
}

const STATUS_NUMBERS: Readonly<Record<string, string>> = { Running: '1', Suspended: '2', Failed: '4', Complete: '3' };

/** The port `Command` of one process, on the simulated server. */
export function createCommandTwin(parts: TwinParts): Command {
  const { server, scheduler, machine, plan } = parts;
  const isStatusKnown = (): boolean => scheduler.now() >= parts.startedAt + plan.knobs.statusKnownAfterMs;
  return {
    listInstances: async (query) => ask(parts, () => listInstances(query, parts, isStatusKnown())),
    readInstance: async (instanceId) => {
      const requestedAt = scheduler.now();
      return ask(parts, () => {
        const instance = server.instances.get(instanceId);
        const isThere = instance !== undefined && !instance.isDeleted && instance.visibleAt <= scheduler.now();
        if (isThere) server.noteShown([instanceId]);
        return {
          detail: isThere ? toDetail(instance, isStatusKnown()) : null,
          requestedAt,
          serverTime: toHeader(server.serverNow()),
        };
      });
    },
    openRestartLine: async () => {
      await ask(parts, () => undefined);
      return createLine(parts);
    },
    listCertificateAuthorities: async () => ask(parts, () => parts.authorities.map(toAuthority)),
    testCertificateAuthority: async (ca, timeoutMs) => testAuthority(ca, timeoutMs, parts),
    readDefinition: async () => null,
    checkAccess: async () => ask(parts, () => undefined),
    listEndpoints: async () => null,
    isInitiatedByUs: async () => false,
    learnDialect: async () => dialect(isStatusKnown()),
    dialect: () => dialect(isStatusKnown()),
    close: async () => machine.deliver(() => undefined),
  };
}

/** A read: it may fail or come late, and says what was true in between. */
async function ask<T>(parts: TwinParts, effect: () => T): Promise<T> {
  const { random, machine, plan, areFaultsOn, onFault, isAway } = parts;
  const isOn = areFaultsOn();
  const isFailing = isOn && random.chance(plan.faults.readError);
  const isLate = isOn && random.chance(plan.faults.readLate);
  if (isFailing) onFault('read error');
  if (isLate) onFault('late read');
  const there = random.between(5, 100);
  const back = isLate ? random.between(1000, 40_000) : random.between(5, 200);
  const isThrottled = random.chance(0.2);
  return machine.call(
    () => {
      if ((isFailing || isAway()) && isThrottled)
        throw new TransientError('429: too many requests', { retryAfterMs: 3000 });
      if (isFailing || isAway()) throw new TransientError('503: no useful answer');
      return effect();
    },
    { there, back },
  );
}

function toHeader(time: number): number {
  return Math.floor(time / 1000) * 1000;
}

function listInstances(query: InstanceQuery, parts: TwinParts, isStatusKnown: boolean): InstancePage {
  const { server, scheduler } = parts;
  const { knobs } = server;
  const requestedAt = scheduler.now();
  const visible = [...server.instances.values()].filter(
    (instance) => !instance.isDeleted && instance.visibleAt <= scheduler.now(),
  );
  const all = visible.map((instance) => toRow(instance, shownOf(instance, scheduler.now()), isStatusKnown));
  // While the numbers are unknown, Failed cannot be asked for by its number either.
  const statuses = isStatusKnown ? query.statuses : undefined;
  const matches = (row: InstanceRow): boolean =>
    (statuses === undefined || statuses.includes(row.status)) &&
    (query.definitionId === undefined || row.definitionId === query.definitionId) &&
    (query.title === undefined || row.title === query.title) &&
    (query.modifiedSince === undefined || (row.lastModified ?? 0) >= query.modifiedSince) &&
    (query.startedSince === undefined || (row.startDate ?? 0) >= query.startedSince);
  const wanted = knobs.filter === 'ignored' ? all : all.filter(matches);
  const by = (row: InstanceRow): number => (query.order === 'lastModified' ? row.lastModified : row.startDate) ?? 0;
  if (knobs.sort === 'kept') wanted.sort((a, b) => by(b) - by(a) || (a.id < b.id ? -1 : 1));
  const from = (query.page - 1) * knobs.pageSize;
  const page = wanted.slice(from, from + knobs.pageSize);
  const rows = page.filter(matches);
  server.noteShown(page.map(({ id }) => id));
  return {
    rows,
    received: page.length,
    isFiltered: rows.length === page.length,
    isOrdered: page.every((row, index) => index === 0 || by(row) <= by(page[index - 1] ?? row)),
    isLast: page.length < knobs.pageSize,
    total: knobs.hasTotal ? wanted.length : null,
    requestedAt,
    serverTime: toHeader(server.serverNow()),
  };
}

function shownOf(instance: InstanceTruth, now: number): ShownRow {
  const { shown } = instance;
  const entry = shown.findLast(({ at }) => at <= now) ?? shown[0];
  if (entry === undefined) throw new Error('a row without a history');
  return entry.row;
}

function toRow(instance: InstanceTruth, shown: ShownRow, isStatusKnown: boolean): InstanceRow {
  const { definition } = instance.wish;
  return {
    id: instance.id,
    status: isStatusKnown ? shown.status : 'Unknown',
    rawStatus: STATUS_NUMBERS[shown.status] ?? '9',
    statusMessage: shown.message,
    definitionId: definition.id,
    definitionName: definition.name,
    definitionVersion: 3,
    workflowType: definition.type,
    stepName: shown.step,
    stepUniqueName: shown.step?.replaceAll(' ', '') ?? null,
    title: instance.title,
    lastModified: shown.lastModified,
    startDate: instance.startDate,
    referenceId: instance.referenceId,
  };
}

function toDetail(instance: InstanceTruth, isStatusKnown: boolean): InstanceDetail {
  const { status, message, step, lastModified } = instance;
  return {
    ...toRow(instance, { status, message, step, lastModified }, isStatusKnown),
    signals: instance.isApproved ? [{ name: 'ApprovalStatus', received: true }] : [],
    initialData: instance.initialData,
    currentStateData: { ...instance.initialData, ...instance.stateData },
  };
}

function toAuthority({ id, name }: AuthorityTruth): CertificateAuthority {
  const [hostName = '', logicalName = ''] = name.split('\\');
  return { id, hostName, logicalName, type: 0 };
}

async function testAuthority(ca: CertificateAuthority, timeoutMs: number, parts: TwinParts): Promise<CaTest> {
  const { authorities, scheduler, random, machine, isAway } = parts;
  const truth = authorities.find(({ id }) => id === ca.id);
  const isDead = truth === undefined || !isUp(truth, scheduler.now());
  const slowMs = truth?.deadForm === 'false' || !isDead ? random.between(50, 500) : timeoutMs;
  return machine.call(
    () => {
      if (isAway()) throw new TransientError('503: no useful answer');
      if (truth?.test === 'refused') throw new AccessError('403', { status: 403, route: 'CA Test' });
      const isGood = truth?.test === 'always good' || (truth?.test === 'true' && !isDead);
      if (isGood && truth) truth.lastGoodAt = scheduler.now();
      const broke = !isGood && isDead && truth?.deadForm !== 'false';
      return { isGood, message: isGood ? 'ok' : 'the CA does not answer', broke };
    },
    { there: slowMs, back: 20 },
  );
}

function dialect(isFailedKnown: boolean): CommandDialect {
  return {
    productVersion: '12.0',
    parameters: '11',
    statusForm: 'int',
    statusMap: {},
    isFailedKnown,
    contraryFailed: null,
    contraryParameters: null,
    openStatuses: [],
    sortFields: { lastModified: 'LastModified', startDate: 'StartDate' },
    dateLiterals: 'full',
    zoneOffsetMs: null,
    hasTotalCount: true,
    evidence: [],
  };
}

/* ---------- restart ---------- */

type Trouble =
  'none' | 'lost' | 'answer lost' | '5xx before' | '5xx after' | '429' | '403' | 'late' | 'repeated' | '411';

const TROUBLES: readonly Trouble[] = [
  'lost',
  'answer lost',
  'answer lost',
  '5xx before',
  '5xx after',
  '429',
  '403',
  'late',
  'repeated',
  '411',
];

function createLine(parts: TwinParts): RestartLine {
  let isUsed = false;
  return {
    send: async (request, mayStillSend) => {
      if (!parts.machine.isAlive()) return new Promise(() => undefined);
      if (isUsed) return { type: 'not-sent', why: 'used before', needsBody: false };
      isUsed = true;
      if (!mayStillSend()) return { type: 'not-sent', why: 'the intent is older than a second', needsBody: false };
      return post(request, parts);
    },
    close: () => void (isUsed = true),
  };
}

/** The first byte has left: from here on everything may happen. */
async function post(request: RestartRequest, parts: TwinParts): Promise<RestartAnswer> {
  const { scheduler, random, machine, plan, areFaultsOn, onFault } = parts;
  const { promise, resolve } = Promise.withResolvers<RestartAnswer>();
  const record: Post = {
    instanceId: request.instanceId,
    replica: machine.name,
    sentAt: scheduler.now(),
    committedAt: null,
    newId: null,
    isOver: false,
    answer: null,
    answeredAt: null,
    isRecorded: false,
  };
  parts.onPost(record);
  const trouble: Trouble = areFaultsOn() && random.chance(plan.faults.restartFault) ? random.pick(TROUBLES) : 'none';
  if (trouble !== 'none') onFault(`restart ${trouble}`);
  const timeoutMs = plan.policy.restart.timeout;
  let isAnswered = false;
  const answer = (after: number, value: RestartAnswer): void => {
    scheduler.after(after, () => {
      machine.deliver(() => {
        if (isAnswered) return;
        isAnswered = true;
        record.answer = value.type;
        record.answeredAt = scheduler.now();
        resolve(value);
      });
    });
  };
  const unknown = (why: string): RestartAnswer => ({ type: 'unknown', why });
  answer(timeoutMs, unknown('no answer within restart.timeout'));
  const { restartMs } = plan.knobs;
  const workMs = trouble === 'late' ? random.between(timeoutMs / 2, timeoutMs * 1.2) : restartMs;
  const there = random.between(5, 400);
  const commitAfter = there + random.between(0, workMs);
  const answerAfter = Math.max(0, there + workMs - commitAfter) + random.between(5, 300);
  // A connection that breaks with its sender may take the request along.
  const take = (): void => {
    record.isOver = trouble !== 'repeated' || record.committedAt !== null || record.isOver;
    if (!machine.isAlive() && random.chance(0.3)) return;
    const { status, newId } = parts.server.restart(request.instanceId, 'remediator');
    if (newId !== null) {
      record.committedAt ??= scheduler.now();
      record.newId ??= newId;
      parts.onCommit(record);
    }
    const isLost = trouble === 'answer lost' || trouble === '5xx after';
    answer(answerAfter, isLost ? unknown(trouble) : toAnswer(status, parts));
  };
  switch (trouble) {
    case 'lost':
    case '5xx before':
      record.isOver = true;
      answer(random.between(50, 20_000), unknown(trouble));
      break;
    case '429':
      record.isOver = true;
      answer(100, { type: 'throttled', retryAfterMs: random.between(1000, 30_000) });
      break;
    case '403':
      record.isOver = true;
      answer(100, { type: 'denied', status: 403, message: '403' });
      break;
    case '411':
      record.isOver = true;
      answer(100, { type: 'not-sent', why: '411', needsBody: true });
      break;
    case 'repeated':
      scheduler.after(commitAfter, take);
      scheduler.after(commitAfter + random.between(100, 30_000), () => {
        record.isOver = true;
        parts.server.restart(request.instanceId, 'remediator');
      });
      break;
    case 'none':
    case 'answer lost':
    case '5xx after':
    case 'late':
      scheduler.after(commitAfter, take);
  }
  return promise;
}

function toAnswer(status: number, { server }: TwinParts): RestartAnswer {
  if (status === 204) return { type: 'accepted', status: 204, serverTime: toHeader(server.serverNow()) };
  if (status >= 500) return { type: 'unknown', why: `${status}` };
  return { type: 'refused', status, errorCode: '0xA0110003', message: 'wrong state' };
}
