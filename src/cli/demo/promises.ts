import { alertKey } from '../../core/alert-key.ts';
import type { LineageRecord } from '../../core/lineage.ts';
import type { Remediation } from '../../core/remediation.ts';
import { optionsFor } from '../../core/what-people-can-do.ts';
import { isCaNamed, recordOf, toGround } from './facts.ts';
import type { DemoFacts, Ground } from './facts.ts';
import { checkDeadCa, checkLimits } from './timing-promises.ts';

/** One promise of DESIGN.md 2, held against the ground truth. */
export interface PromiseCheck {
  readonly promise: string;
  readonly title: string;
  readonly ok: boolean;
  /** What was counted, or what broke it. */
  readonly detail: string;
}

interface Verdict {
  /** What broke the promise; empty: it held. */
  readonly faults: readonly string[];
  /** What was counted. */
  readonly counted: string;
}

type Check = (facts: DemoFacts, ground: Ground) => Verdict;

const CHECKS: readonly (readonly [string, string, Check])[] = [
  ['P1', 'no instance is restarted twice', checkOneRestart],
  ['P2', 'the lineage is what really happened', checkLineage],
  ['P3', 'nothing is lost', checkNothingLost],
  ['P4', 'recovered means Complete', checkOutcome],
  ['P5', 'attempts count over the whole lineage', checkAttempts],
  ['P6', 'nothing into a dead CA, then canary and ramp', checkDeadCa],
  ['P7', 'no second certificate', checkCertificates],
  ['P8', 'limits hold over both replicas', checkLimits],
  ['P9', 'one alert a cause, one when it ends', checkAlerts],
  ['P10', 'every record explains itself', checkExplained],
  ['P11', 'no secret leaves Command', checkSecrets],
  ['P12', 'approvers are asked again at most once', checkApprovals],
];

/** Checks the promises; with `only`, the named ones. */
export function checkPromises(facts: DemoFacts, only?: readonly string[]): readonly PromiseCheck[] {
  const ground = toGround(facts.truth);
  const checks = CHECKS.filter(([promise]) => only === undefined || only.includes(promise));
  return checks.map(([promise, title, check]) => {
    const { faults, counted } = check(facts, ground);
    const [first, ...more] = faults;
    const detail = first === undefined ? counted : `${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
    return { promise, title, ok: faults.length === 0, detail };
  });
}

function checkOneRestart(_facts: DemoFacts, { restarts }: Ground): Verdict {
  const counts = new Map<string, number>();
  for (const { instanceId } of restarts) counts.set(instanceId, (counts.get(instanceId) ?? 0) + 1);
  const lost = restarts.filter(({ answer }) => typeof answer !== 'number').length;
  return {
    faults: [...counts].filter(([, count]) => count > 1).map(([id, count]) => `${id} was restarted ${count} times`),
    counted: `${restarts.length} restarts of ${counts.size} instances; answers lost: ${lost}, sent again: 0`,
  };
}

function checkLineage(facts: DemoFacts, ground: Ground): Verdict {
  const { records, failedIds } = facts;
  const { instances, lineageFrom } = ground;
  const lines = records.flatMap(({ lineage }) => lineage);
  const links = failedIds.flatMap(lineageFrom).flatMap((id) => {
    const predecessorId = instances.get(id)?.predecessorId ?? null;
    return predecessorId === null ? [] : [{ old: predecessorId, new: id }];
  });
  const admitted = admittedIn(records);
  const missing = links.filter(
    (link) => !admitted.has(link.old) && !lines.some(({ oldInstanceId }) => oldInstanceId.toLowerCase() === link.old),
  );
  const wrong = wrongLinks(facts, ground);
  const exact = lines.filter(({ confidence }) => confidence === 'exact').length;
  return {
    faults: [
      ...missing.map((link) => `${link.old} became ${link.new}, which is on no record`),
      ...wrong.map(({ oldInstanceId, newInstanceId }) => `${oldInstanceId} did not become ${newInstanceId}`),
    ],
    counted: `${links.length} new runs, ${lines.length} records, ${exact} of them exact, 0 wrong`,
  };
}

/** Records of a successor that is another instance's, or of none where no person was asked. */
export function wrongLinks({ records }: DemoFacts, { instances }: Ground): readonly LineageRecord[] {
  const admitted = admittedIn(records);
  return records
    .flatMap(({ lineage }) => lineage)
    .filter((line) => {
      const oldId = line.oldInstanceId.toLowerCase();
      if (line.newInstanceId === null) return !admitted.has(oldId); // a person was asked: no guess
      return instances.get(line.newInstanceId.toLowerCase())?.predecessorId !== oldId;
    });
}

/** The runs that a person was asked about. */
function admittedIn(records: readonly Remediation[]): ReadonlySet<string> {
  return new Set(records.filter(isUndecided).flatMap(({ lineage }) => lineage.flatMap(namedIn)));
}

/** Held because nobody but a person can tell which run is the new one. */
function isUndecided({ phase, lineage }: Remediation): boolean {
  return phase === 'held' && lineage.at(-1)?.newInstanceId === null;
}

function namedIn({ oldInstanceId, newInstanceId, candidates }: LineageRecord): readonly string[] {
  return newInstanceId === null ? [oldInstanceId, ...candidates].map((id) => id.toLowerCase()) : [];
}

function checkNothingLost({ records, failedIds }: DemoFacts): Verdict {
  const faults: string[] = [];
  let ended = 0;
  let held = 0;
  for (const id of failedIds) {
    const record = recordOf(records, id);
    if (record === undefined) faults.push(`${id} is on no record`);
    else if (record.phase === 'ended') ended += 1;
    else if (record.phase === 'held' && record.reason !== '' && optionsFor(record).length > 0) held += 1;
    else faults.push(`${id} is still ${record.phase}: ${record.reason}`);
  }
  return {
    faults,
    counted: `${failedIds.length} failed instances: ${ended} with an end, ${held} with a person's choice`,
  };
}

function checkOutcome({ records }: DemoFacts, { instances }: Ground): Verdict {
  const recovered = records.filter(({ outcome }) => outcome === 'recovered');
  const statusOf = (id: string): string => instances.get(id.toLowerCase())?.status ?? 'unknown';
  const tooGood = recovered.filter(({ currentInstanceId }) => statusOf(currentInstanceId) !== 'Complete');
  const unseen = records.filter(
    ({ outcome, currentInstanceId }) => outcome !== 'recovered' && statusOf(currentInstanceId) === 'Complete',
  );
  return {
    faults: [
      ...tooGood.map(
        (one) => `${one.rootInstanceId} is called recovered, its run is ${statusOf(one.currentInstanceId)}`,
      ),
      ...unseen.map((one) => `${one.rootInstanceId} is Complete, but called ${one.outcome ?? one.phase}`),
    ],
    counted: `${recovered.length} recovered, ${recovered.length} of their new runs Complete`,
  };
}

function checkAttempts({ records, truth }: DemoFacts, { lineageFrom }: Ground): Verdict {
  const faults = records.flatMap((record) => {
    const { rootInstanceId, attemptsMade } = record;
    const real = lineageFrom(rootInstanceId.toLowerCase()).length - 1;
    return real === attemptsMade || (isUndecided(record) && attemptsMade <= real)
      ? []
      : [`${rootInstanceId}: ${attemptsMade} attempts on record, ${real} really`];
  });
  const attempts = records.reduce((sum, { attemptsMade }) => sum + attemptsMade, 0);
  const byPeople = truth.actions.filter(({ action }) => action === 'restart').length;
  return { faults, counted: `${attempts} attempts, ${byPeople} of them by a person` };
}

function checkCertificates({ truth, records }: DemoFacts): Verdict {
  const twice = [...Object.entries(truth.certificates.byWish), ...Object.entries(truth.revocations.byWish)].filter(
    ([, count]) => count > 1,
  );
  const held = records.filter(({ holdCause }) => holdCause === 'already issued' || holdCause === 'maybe issued').length;
  return {
    faults: twice.map(([wish, count]) => `${wish}: ${count} times`),
    counted: `${truth.certificates.total} certificates, each for another wish; ${held} that have or may have one are held`,
  };
}

function checkAlerts({ alerts, recovered, records, truth, outageCa }: DemoFacts): Verdict {
  const count = (key: string, status: string): number =>
    alerts.filter((alert) => alert.key === key && alert.status === status).length;
  const keys = [...new Set(alerts.map(({ key }) => key))];
  const wanted = new Set(records.flatMap(({ alertKey: key }) => (key === null ? [] : [key])));
  const caName = truth.instances.find(({ ca }) => isCaNamed(ca, outageCa))?.ca ?? outageCa;
  const downKey = alertKey('dependency-down', caName);
  const untold = records.filter(
    ({ outcome, rootInstanceId }) => outcome === 'recovered' && !recovered.includes(rootInstanceId),
  );
  return {
    faults: [
      ...keys.filter((key) => count(key, 'firing') > 1).map((key) => `${key} was told ${count(key, 'firing')} times`),
      ...keys.filter((key) => count(key, 'resolved') > 1).map((key) => `the end of ${key} was told more than once`),
      ...[...wanted, downKey].filter((key) => count(key, 'firing') === 0).map((key) => `${key} was never told`),
      ...(count(downKey, 'resolved') === 0 ? [`the end of ${downKey} was never told`] : []),
      ...untold.map(({ rootInstanceId }) => `that ${rootInstanceId} recovered was never told`),
    ],
    counted: `${keys.length} causes, each told once; the CA's return told once; ${recovered.length} requesters told the new id`,
  };
}

function checkExplained({ records }: DemoFacts): Verdict {
  const silent = records.filter(({ reason, rule, timeline }) => reason === '' || rule === '' || timeline.length === 0);
  const bare = records
    .flatMap(({ lineage }) => lineage)
    .filter(({ evidence, newInstanceId }) => newInstanceId !== null && evidence.length === 0);
  const steps = records.reduce((sum, { timeline }) => sum + timeline.length, 0);
  return {
    faults: [
      ...silent.map(({ rootInstanceId }) => `${rootInstanceId} has no reason, rule or timeline`),
      ...bare.map(({ oldInstanceId }) => `the new run of ${oldInstanceId} has no evidence`),
    ],
    counted: `${records.length} records with reason and rule, ${steps} timeline entries`,
  };
}

function checkSecrets({ leaks: { planted, looked, found } }: DemoFacts): Verdict {
  const places = Object.entries(looked).map(([place, count]) => `${count} ${place} texts`);
  const unlooked = planted.length === 0 || places.length === 0 ? ['nothing was looked for, or nowhere'] : [];
  return {
    faults: [...unlooked, ...found.map((leak) => `"${leak.planted}" in ${leak.where}`)],
    counted: `${planted.length} planted secrets in none of ${places.join(', ')}`,
  };
}

function checkApprovals({ approvalDefinitions }: DemoFacts, { instances, restarts, rootOf }: Ground): Verdict {
  const counts = new Map<string, number>();
  for (const { instanceId } of restarts) {
    if (!approvalDefinitions.includes(instances.get(instanceId)?.definition ?? '')) continue;
    const root = rootOf(instanceId);
    counts.set(root, (counts.get(root) ?? 0) + 1);
  }
  return {
    faults: [...counts].filter(([, count]) => count > 1).map(([root, count]) => `${root}: asked again ${count} times`),
    counted: `${counts.size} lineages with an approval, each restarted once`,
  };
}
