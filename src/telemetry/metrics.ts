import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { DependencyKind, DependencyLabel } from '../core/dependency.ts';
import type { Time } from '../core/instance.ts';
import { CONFIDENCES } from '../core/lineage.ts';
import { OUTCOMES } from '../core/remediation.ts';
import type { EventMap, EventName, Listener } from './events.ts';

/** What the store tells at the moment of a scrape; the same on every replica. */
export interface MetricsState {
  readonly phases: Readonly<Record<string, number>>;
  /** Waiting remediations by what they wait for. */
  readonly waiting: Readonly<Record<string, number>>;
  readonly dependencies: readonly {
    readonly name: string;
    readonly kind: DependencyKind;
    readonly state: DependencyLabel;
  }[];
  readonly isPaused: boolean;
  readonly lastSweepAt: Time | null;
  readonly alertsPending: number;
}

export interface MetricsOptions {
  readonly version: string;
  readonly mode: 'observe' | 'active';
  readonly readState: () => Promise<MetricsState>;
  /** CPU, memory, event loop of the process. Default: yes. */
  readonly withProcess?: boolean;
}

export interface Metrics {
  /** Subscribes to the events. */
  readonly listener: Listener;
  /** Everything in Prometheus' text format; without the store's part while the store is away. */
  text(): Promise<string>;
}

const RESTART_RESULTS = ['accepted', 'refused', 'not-sent', 'unknown'];
const LABELS: readonly DependencyLabel[] = ['up', 'ramp', 'canary', 'down', 'untestable'];

/** Seconds: one call of an API, one Restart (which may run the workflow inside), one recovery. */
const CALL_SECONDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const RESTART_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const RECOVERY_SECONDS = [10, 30, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 604_800];

/** The metrics of one replica (DESIGN.md 7): counters from its own events, gauges from the shared store. */
export function createMetrics(options: MetricsOptions): Metrics {
  const register = new Registry();
  if (options.withProcess ?? true) collectDefaultMetrics({ register });
  const counters = createCounters(register);
  const gauges = createGauges(register);
  gauges.build.set({ version: options.version }, 1);
  for (const mode of ['observe', 'active']) gauges.mode.set({ mode }, Number(mode === options.mode));
  return {
    listener: (name, event) => count(name, event, counters),
    text: async () => {
      try {
        show(await options.readState(), gauges);
      } catch {
        forget(gauges); // old numbers would look like present ones
      }
      return register.metrics();
    },
  };
}

type Counters = ReturnType<typeof createCounters>;
type Gauges = ReturnType<typeof createGauges>;

function createCounters(register: Registry) {
  const registers = [register];
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name: `remediator_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: readonly string[] = []) =>
    new Histogram({ name: `remediator_${name}`, help, buckets, labelNames, registers });
  const counters = {
    ended: counter('remediations_ended_total', 'Remediations that ended, by outcome', ['outcome']),
    restarts: counter('restarts_total', 'Restarts by what their answer means', ['result']),
    restartSeconds: histogram('restart_duration_seconds', 'Duration of one Restart call', RESTART_SECONDS),
    successors: counter('successors_total', 'New runs that were found, by confidence', ['confidence']),
    recoverySeconds: histogram('recovery_duration_seconds', 'From first seen to recovered', RECOVERY_SECONDS),
    sweeps: counter('sweeps_total', 'Sweeps of the feed', ['result']),
    requests: counter('command_requests_total', 'Requests to Command', ['route', 'result']),
    requestSeconds: histogram('command_request_duration_seconds', 'Duration of a request to Command', CALL_SECONDS),
    alerts: counter('alerts_total', 'Alert messages handed to a channel', ['channel', 'result']),
  };
  for (const outcome of OUTCOMES) counters.ended.inc({ outcome }, 0);
  for (const result of RESTART_RESULTS) counters.restarts.inc({ result }, 0);
  for (const confidence of CONFIDENCES) counters.successors.inc({ confidence }, 0);
  for (const result of ['ok', 'failed']) counters.sweeps.inc({ result }, 0);
  return counters;
}

function createGauges(register: Registry) {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `remediator_${name}`, help, labelNames, registers: [register] });
  return {
    remediations: gauge('remediations', 'Remediations by phase', ['phase']),
    waiting: gauge('waiting', 'Waiting remediations by what they wait for', ['reason']),
    dependencies: gauge('dependency_state', '1 for the present state', ['dependency', 'kind', 'state']),
    lastSweep: gauge('last_sweep_timestamp_seconds', 'When the latest complete sweep began'),
    alertsPending: gauge('alerts_pending', 'Alert messages that no channel has accepted yet'),
    paused: gauge('paused', '1 while a person has paused all restarts'),
    mode: gauge('mode', '1 for the configured mode', ['mode']),
    build: gauge('build_info', 'The version that runs', ['version']),
  };
}

type Counting = { readonly [N in EventName]?: (event: EventMap[N], counters: Counters) => void };

const COUNTING: Counting = {
  'remediation.ended': ({ outcome, ms }, { ended, recoverySeconds }) => {
    ended.inc({ outcome });
    if (outcome === 'recovered') recoverySeconds.observe(ms / 1000);
  },
  'restart.answered': ({ result, ms }, { restarts, restartSeconds }) => {
    restarts.inc({ result });
    restartSeconds.observe(ms / 1000);
  },
  'successor.linked': ({ confidence }, { successors }) => successors.inc({ confidence }),
  'sweep.ended': (_event, { sweeps }) => sweeps.inc({ result: 'ok' }),
  'sweep.failed': (_event, { sweeps }) => sweeps.inc({ result: 'failed' }),
  'command.requested': ({ route, result, ms }, { requests, requestSeconds }) => {
    requests.inc({ route, result });
    requestSeconds.observe(ms / 1000);
  },
  'alert.delivered': ({ channel, result }, { alerts }) => alerts.inc({ channel, result }),
};

function count<N extends EventName>(name: N, event: EventMap[N], counters: Counters): void {
  const counting: Counting[N] = COUNTING[name];
  counting?.(event, counters);
}

function show(state: MetricsState, gauges: Gauges): void {
  forget(gauges);
  for (const [phase, number] of Object.entries(state.phases)) gauges.remediations.set({ phase }, number);
  for (const [reason, number] of Object.entries(state.waiting)) gauges.waiting.set({ reason }, number);
  for (const { name, kind, state: present } of state.dependencies) {
    for (const label of LABELS)
      gauges.dependencies.set({ dependency: name, kind, state: label }, Number(label === present));
  }
  if (state.lastSweepAt !== null) gauges.lastSweep.set(state.lastSweepAt / 1000);
  gauges.paused.set(Number(state.isPaused));
  gauges.alertsPending.set(state.alertsPending);
}

/** A gauge without labels is taken out too: 0 would be a statement. */
function forget({ remediations, waiting, dependencies, lastSweep, paused, alertsPending }: Gauges): void {
  for (const gauge of [lastSweep, paused, alertsPending]) gauge.remove();
  for (const gauge of [remediations, waiting, dependencies]) gauge.reset();
}
