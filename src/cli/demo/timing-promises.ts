import { isCaNamed } from './facts.ts';
import type { DemoFacts, Ground } from './facts.ts';

interface Verdict {
  readonly faults: readonly string[];
  readonly counted: string;
}

interface Sent {
  readonly instanceId: string;
  readonly ca: string | null;
  readonly atMs: number;
  /** When it was known how it went; null: never. */
  readonly verdictAtMs: number | null;
  readonly isComplete: boolean;
}

/** P6: after a short time for noticing nothing goes into the dead CA, and afterwards never more than canary and ramp allow. */
export function checkDeadCa(facts: DemoFacts, ground: Ground): Verdict {
  const outage = outageOf(facts);
  if (outage === null) return { faults: [`${facts.outageCa} was never dead: nothing was shown`], counted: '' };
  const { health } = facts.config;
  const knownAt = outage.fromMs + health.unhealthyAfter * health.interval + health.timeout;
  const sent = sentInto(facts, ground);
  const intoDead = sent.filter(({ atMs }) => atMs > knownAt && atMs < outage.toMs);
  const after = sent.filter(({ atMs }) => atMs >= outage.toMs);
  const [first] = after;
  return {
    faults: [
      ...intoDead.map((one) => `${one.instanceId} went ${seconds(one.atMs - outage.fromMs)} s after the CA had died`),
      ...after.flatMap((one) => beyondRamp(one, after, health)),
      ...(first === undefined ? ['nothing went after the CA was back: nothing was shown'] : []),
    ],
    counted: `dead for ${seconds(outage.toMs - outage.fromMs)} s, 0 restarts into it once known; canary ${seconds((first?.atMs ?? 0) - outage.toMs)} s after its return, then ${after.length - 1} in a ramp of at most ${largest(after, health)} at once`,
  };
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

function outageOf({ truth, outageCa }: DemoFacts): Stretch | null {
  const history = truth.caHistory.filter(({ ca }) => isCaNamed(ca, outageCa));
  const from = history.find(({ mode }) => mode === 'down');
  if (from === undefined) return null;
  const to = history.find(({ mode, at }) => mode === 'up' && at > from.at);
  return to === undefined ? null : { fromMs: Date.parse(from.at), toMs: Date.parse(to.at) };
}

function sentInto({ records, outageCa }: DemoFacts, { restarts, instances }: Ground): readonly Sent[] {
  const lines = records.flatMap(({ lineage }) => lineage);
  return restarts
    .filter(({ ca }) => isCaNamed(ca, outageCa))
    .map(({ instanceId, ca, atMs, newId }) => ({
      instanceId,
      ca,
      atMs,
      verdictAtMs: lines.find(({ oldInstanceId }) => oldInstanceId.toLowerCase() === instanceId)?.resolvedAt ?? null,
      isComplete: newId !== null && instances.get(newId)?.status === 'Complete',
    }));
}

type Ramp = Pick<DemoFacts['config']['health'], 'rampFactor' | 'canaryWindow'>;

/** Restarts without a verdict <= 1 + (rampFactor - 1) x completions; one without a verdict in the window is neutral. */
function beyondRamp(one: Sent, all: readonly Sent[], ramp: Ramp): readonly string[] {
  const open = openAt(one, all, ramp);
  const completions = all.filter(
    ({ verdictAtMs, isComplete }) => isComplete && verdictAtMs !== null && verdictAtMs <= one.atMs,
  ).length;
  const allowed = 1 + (ramp.rampFactor - 1) * completions;
  return open <= allowed ? [] : [`${one.instanceId} went as number ${open} without a verdict; ${allowed} were allowed`];
}

function openAt({ atMs }: Sent, all: readonly Sent[], { canaryWindow }: Ramp): number {
  return all.filter(
    (other) => other.atMs <= atMs && other.atMs > atMs - canaryWindow && (other.verdictAtMs ?? Infinity) > atMs,
  ).length;
}

function largest(all: readonly Sent[], ramp: Ramp): number {
  return Math.max(0, ...all.map((one) => openAt(one, all, ramp)));
}

/** Between its turn and its first byte a restart may be this late (DESIGN.md 4.6), so two can come closer by as much. */
const SEND_WITHIN_MS = 1000;

/** P8: concurrency, rates and requests, over all replicas together. */
export function checkLimits(facts: DemoFacts, ground: Ground): Verdict {
  const { concurrency, perMinute, perCaPerMinute } = facts.config.restart;
  const { restarts } = ground;
  const cas = [...new Set(restarts.map(({ ca }) => ca))].filter((ca) => ca !== null);
  const atOnce = mostAtOnce(restarts);
  const requests = Object.entries(facts.truth.requests)
    .filter(([route]) => !route.includes(' ')) // "caTest NAME" is counted as caTest already
    .reduce((sum, [, count]) => sum + count, 0);
  const elapsedMs = Date.parse(facts.truth.now) - Date.parse(facts.truth.startedAt);
  const allowed = Math.ceil((facts.config.command.requestsPerSecond * elapsedMs) / 1000) + 1;
  return {
    faults: [
      ...(atOnce > concurrency ? [`${atOnce} restarts at once; ${concurrency} are allowed`] : []),
      ...tooDense('all', restarts, perMinute),
      ...cas.flatMap((ca) =>
        tooDense(
          ca,
          restarts.filter((one) => one.ca === ca),
          perCaPerMinute,
        ),
      ),
      ...(requests > allowed ? [`${requests} requests in ${seconds(elapsedMs)} s; ${allowed} are allowed`] : []),
    ],
    counted: `at most ${atOnce} of ${concurrency} restarts at once, ${busiestMinute(restarts)} of ${perMinute} in one minute, evenly spaced; ${requests} of ${allowed} requests`,
  };
}

function mostAtOnce(restarts: Ground['restarts']): number {
  const endOf = ({ endedAt }: Ground['restarts'][number]): number =>
    endedAt === null ? Infinity : Date.parse(endedAt);
  return Math.max(
    0,
    ...restarts.map(({ atMs }) => restarts.filter((other) => other.atMs <= atMs && endOf(other) > atMs).length),
  );
}

/** Rates are spaced: any n restarts take at least n - 1 pauses, give or take how late one may be. */
function tooDense(name: string, restarts: Ground['restarts'], perMinute: number): readonly string[] {
  const pauseMs = 60_000 / perMinute;
  for (const [from, first] of restarts.entries()) {
    for (const [to, last] of restarts.entries()) {
      const spanMs = last.atMs - first.atMs;
      if (to <= from || (to - from) * pauseMs <= spanMs + SEND_WITHIN_MS) continue;
      return [`${to - from + 1} restarts (${name}) in ${seconds(spanMs)} s at ${perMinute} a minute`];
    }
  }
  return [];
}

function busiestMinute(restarts: Ground['restarts']): number {
  return Math.max(
    0,
    ...restarts.map(({ atMs }) => restarts.filter((one) => one.atMs >= atMs && one.atMs < atMs + 60_000).length),
  );
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
