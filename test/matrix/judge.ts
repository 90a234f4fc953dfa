import type { ReceivedAlert } from '../../src/cli/demo/alert-receiver.ts';
import type { LineageRecord } from '../../src/core/lineage.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { optionsFor } from '../../src/core/what-people-can-do.ts';
import type { Truth } from '../../src/simulator/simulator.ts';
import type { Plan } from './plan.ts';

/** One failed instance of the story. */
export interface Part {
  readonly id: string;
  readonly kind:
    'old' | 'plain' | 'outage' | 'by a person' | 'asked again' | 'approval' | 'collection' | 'issued' | 'maybe issued';
  /** True where nothing but its list row had been read when a person restarted it; left out: no. */
  readonly isUnread?: boolean;
}

export interface Facts {
  readonly parts: readonly Part[];
  readonly records: readonly Remediation[];
  readonly truth: Truth;
  readonly alerts: readonly ReceivedAlert[];
  /** Everything came to an end or to a person before the time was over. */
  readonly isSettled: boolean;
}

interface Run {
  readonly id: string;
  readonly status: string;
  readonly wish: string;
  readonly predecessorId: string | null;
  readonly successorIds: readonly string[];
}

/** What happened, made easy to ask. */
interface Ground {
  readonly runs: ReadonlyMap<string, Run>;
  /**
   * A restart by a person that leaves the row Failed looks like a second request (P5): the lineage ends there, unless a
   * request of ours was under way, which may have been it.
   */
  readonly lineageFrom: (id: string) => readonly string[];
  /**
   * A person's restart deleted the row before it was read: nothing tells its new run, so it counts as deleted or a person is
   * asked (DESIGN.md 4.8, P2). A link must be right nonetheless.
   */
  readonly isTakenUnread: (id: string) => boolean;
}

/** Holds the promises (DESIGN.md 2) against the ground truth. */
export function judge(
  plan: Plan,
  facts: Facts,
): { readonly faults: readonly string[]; readonly held: readonly string[] } {
  const ground = toGround(facts);
  if (isMute(plan)) return { faults: checkSilence(facts), held: [] };
  const held = facts.records
    .filter(({ phase }) => phase === 'held')
    .map((record) => `${kindOf(record, facts)}: ${record.reason}`);
  const faults = [
    ...checkOneRestart(facts),
    ...checkLineage(facts, ground),
    ...checkNothingLost(facts),
    ...checkOutcome(facts, ground),
    ...checkAttempts(facts, ground),
    ...checkCertificates(plan, facts, ground),
    ...checkNeedlessHolds(plan, facts, ground),
  ];
  return { faults, held };
}

/** Nothing on such a server tells which integer is Failed, and nobody has said it. */
export function isMute({ knobs, settings }: Plan): boolean {
  return knobs.statusForm !== 'name' && knobs.statusQuery === 'int' && settings['command.statusMap'] === undefined;
}

/** Then nothing is sent, and a person is told. */
function checkSilence({ truth, alerts }: Facts): readonly string[] {
  return [
    ...truth.restarts.map(({ instanceId }) => `P1 ${instanceId} was restarted although nobody knows what Failed is`),
    ...(alerts.some(({ key }) => key === 'failed-status-unknown') ? [] : ['P9 nobody was told that Failed is unknown']),
  ];
}

function toGround({ truth, parts }: Facts): Ground {
  const runs = new Map<string, Run>();
  for (const run of truth.instances) runs.set(run.id, run);
  for (const run of truth.deleted) if (!runs.has(run.id)) runs.set(run.id, { ...run, status: 'Deleted' });
  const byPeople = truth.actions.filter(({ action }) => action === 'restart').flatMap(({ newId }) => newId ?? []);
  const next = (id: string): readonly string[] => {
    const run = runs.get(id);
    const isTold = run?.status !== 'Failed' || truth.restarts.some(({ instanceId }) => instanceId === id);
    return (run?.successorIds ?? []).filter((newId) => isTold || !byPeople.includes(newId));
  };
  const lineageFrom = (id: string): readonly string[] => {
    const ids = [id];
    for (const one of ids) ids.push(...next(one).filter((newId) => !ids.includes(newId)));
    return ids;
  };
  const unread = parts.filter(({ isUnread = false }) => isUnread).map(({ id }) => id);
  const isTakenUnread = (id: string): boolean => unread.includes(id) && truth.deleted.some((run) => run.id === id);
  return { runs, lineageFrom, isTakenUnread };
}

function recordOf(records: readonly Remediation[], id: string): Remediation | undefined {
  return records.find(({ instanceIds }) => instanceIds.includes(id));
}

function kindOf(record: Remediation, { parts }: Facts): string {
  return parts.find(({ id }) => record.instanceIds.includes(id))?.kind ?? 'traffic';
}

/** P1: nothing is sent again after a request that took effect. */
function checkOneRestart({ truth }: Facts): readonly string[] {
  const done = new Set<string>();
  return truth.restarts.flatMap(({ instanceId, tookEffect, answer }) => {
    const isAgain = done.has(instanceId);
    if (tookEffect) done.add(instanceId);
    return isAgain ? [`P1 ${instanceId} was sent again after it took effect (answer ${answer})`] : [];
  });
}

/** P2: every link on record is real, every real one is on record or a person was asked. */
function checkLineage({ records, parts }: Facts, { runs, lineageFrom, isTakenUnread }: Ground): readonly string[] {
  const lines = records.flatMap(({ lineage }) => lineage);
  const wrong = lines.filter((line) => {
    if (line.newInstanceId === null || line.confidence === 'ambiguous') return false;
    return runs.get(line.newInstanceId)?.predecessorId !== line.oldInstanceId;
  });
  const known = new Set(lines.map(({ oldInstanceId }) => oldInstanceId));
  const restarted = parts.flatMap(({ id }) => (lineageFrom(id).length > 1 ? [id] : []));
  const missing = restarted.filter((id) => !known.has(id) && !isTakenUnread(id));
  const settled = records.filter(({ phase }) => phase === 'ended');
  const silent = settled.flatMap(({ lineage }) => lineage).filter(isWithoutSuccessor(runs));
  const unlinked = silent.filter(({ oldInstanceId }) => !isTakenUnread(oldInstanceId));
  return [
    ...wrong.map(({ oldInstanceId, newInstanceId }) => `P2 ${oldInstanceId} did not become ${newInstanceId}`),
    ...missing.map((id) => `P2 the restart of ${id} is on no record`),
    ...unlinked.map(({ oldInstanceId }) => `P2 ${oldInstanceId} has a new run, but ended without one on record`),
  ];
}

function isWithoutSuccessor(runs: Ground['runs']): (line: LineageRecord) => boolean {
  return ({ oldInstanceId, newInstanceId }) =>
    newInstanceId === null && (runs.get(oldInstanceId)?.successorIds.length ?? 0) > 0;
}

/** P3: everything that failed has an end, or a reason and somebody's turn. */
function checkNothingLost({ records, parts, isSettled }: Facts): readonly string[] {
  return parts.flatMap(({ id, kind }) => {
    const record = recordOf(records, id);
    if (!record) return [`P3 ${kind} ${id} is on no record`];
    if (record.phase === 'ended') return [];
    const { phase, reason, rule, nextAt } = record;
    if (reason === '' || rule === '') return [`P3 ${kind} ${id} is ${phase} without reason or rule`];
    if (phase === 'held') return optionsFor(record).length > 0 ? [] : [`P3 nobody can do anything about ${kind} ${id}`];
    const isStuck = nextAt === null && record.parkedOn === null;
    return isStuck || !isSettled ? [`P3 ${kind} ${id} is still ${phase}: ${reason}`] : [];
  });
}

/** P4: recovered means Complete, and Complete is told as such. */
function checkOutcome({ records }: Facts, { runs }: Ground): readonly string[] {
  const statusOf = (id: string): string => runs.get(id)?.status ?? 'unknown';
  return records.flatMap(({ outcome, phase, rootInstanceId, currentInstanceId }) => {
    const status = statusOf(currentInstanceId);
    if (outcome === 'recovered' && status !== 'Complete')
      return [`P4 ${rootInstanceId} is called recovered: ${status}`];
    if (phase === 'ended' && outcome !== 'recovered' && outcome !== 'obsolete' && status === 'Complete')
      return [`P4 ${rootInstanceId} is Complete, but called ${outcome}`];
    return [];
  });
}

/** P5: attempts on record are the restarts that happened. */
function checkAttempts({ records }: Facts, { lineageFrom, isTakenUnread }: Ground): readonly string[] {
  return records.flatMap(({ rootInstanceId, attemptsMade, phase }) => {
    const real = lineageFrom(rootInstanceId).length - 1;
    const isOpen = phase !== 'ended';
    const isFine = attemptsMade === real || isOpen || (attemptsMade === 0 && isTakenUnread(rootInstanceId));
    return isFine ? [] : [`P5 ${rootInstanceId}: ${attemptsMade} attempts on record, ${real} really`];
  });
}

/** P7: one certificate for one wish. */
function checkCertificates(plan: Plan, { truth, parts }: Facts, { runs }: Ground): readonly string[] {
  // P7 goes by the text of the failure: a server that sends none leaves nothing to go by
  const untold = plan.oddities.includes('no messages') ? parts.filter(({ kind }) => kind === 'maybe issued') : [];
  const wishes = new Set(untold.map(({ id }) => runs.get(id)?.wish));
  return Object.entries(truth.certificates.byWish)
    .filter(([wish, count]) => count > 1 && !wishes.has(wish))
    .map(([wish, count]) => `P7 ${wish} was issued ${count} times`);
}

/** What can be restarted safely is restarted: a hold needs a reason that this server gives. */
function checkNeedlessHolds(
  plan: Plan,
  { parts, records, truth }: Facts,
  { runs, isTakenUnread }: Ground,
): readonly string[] {
  return parts.flatMap(({ id, kind }) => {
    const record = recordOf(records, id);
    if (!record) return [];
    const said = `${kind} ${id} is ${record.outcome ?? record.phase}: ${record.reason}`;
    if (kind === 'maybe issued' && plan.oddities.includes('no messages')) return []; // see checkCertificates
    const mayBeHeld = isHoldOfServer(plan, { id, kind }, record) || isRaceHold(id, record, { truth, runs });
    if (record.holdCause === 'history' && mayBeHeld) return [];
    if (isTakenUnread(id) && (record.phase === 'held' || record.outcome === 'obsolete')) return [];
    if (kind === 'issued' || kind === 'maybe issued') {
      const isRight = record.phase === 'held' && record.holdCause === (kind === 'issued' ? 'already issued' : kind);
      return isRight ? [] : [said];
    }
    if (record.phase === 'held') return mayBeHeld ? [] : [said];
    const wish = runs.get(id)?.wish ?? '';
    const isServed =
      kind === 'collection' ? record.outcome === 'recovered' : (truth.certificates.byWish[wish] ?? 0) > 0;
    return isServed ? [] : [said];
  });
}

/** Holds that this server gives a reason for. */
function isHoldOfServer(plan: Plan, { kind }: Part, { holdCause }: Remediation): boolean {
  const { knobs, oddities, faults } = plan;
  // DESIGN.md 4.2: what failed before the store began, also where no date tells when it failed
  if (holdCause === 'history')
    return kind === 'old' || isZoneOpen(knobs) || isClockHidden(plan) || oddities.includes('no LastModified');
  // DESIGN.md P7: a CA that cannot be tested is tried while it is dead, and a run that it cut off may have issued
  if (holdCause === 'maybe issued') return knobs.caTestSecrets === 'needed';
  // DESIGN.md P1: a request that an outage swallowed, where the fate of old rows does not prove that it was not done
  if (holdCause === 'restart may have happened') return faults.length > 0;
  // DESIGN.md 3: no proof of newness, no link
  return (holdCause === 'ambiguous' || holdCause === 'sibling unresolved') && isWithoutNewness(plan);
}

/** DESIGN.md P2: a person's equal run beside a restart of ours cannot be told from its new run. */
function isRaceHold(
  id: string,
  { holdCause }: Remediation,
  { truth, runs }: { readonly truth: Truth; readonly runs: Ground['runs'] },
): boolean {
  const wish = runs.get(id)?.wish;
  const isOfWish = (instanceId: string): boolean => runs.get(instanceId)?.wish === wish;
  const isUnclear = holdCause === 'ambiguous' || holdCause === 'sibling unresolved';
  const isOurs = truth.restarts.some(({ instanceId }) => isOfWish(instanceId));
  return isUnclear && isOurs && truth.actions.some(({ instanceId }) => isOfWish(instanceId));
}

/** Until rows change, nothing tells the zone, and with it whether a row failed before the store began. */
function isZoneOpen({ dates, dateOffsetMinutes = 0 }: Plan['knobs']): boolean {
  return dates === 'nozone' && dateOffsetMinutes !== 0;
}

/** Nothing tells what time it is there, and it is not the time here: no date says whether a row failed before the store began. */
function isClockHidden({ oddities, clockSkewSeconds, startsAt }: Plan): boolean {
  return oddities.includes('no Date header') && (clockSkewSeconds !== 0 || startsAt !== null);
}

/** No number of a new run tells that it began after the restart: only what was seen before does. */
function isWithoutNewness({ knobs, oddities }: Plan): boolean {
  const isUnnumbered = knobs.referenceId === 'same' || oddities.includes('no ReferenceId');
  return isUnnumbered && knobs.startDate === 'original';
}
