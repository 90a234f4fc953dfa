import { createAlertReconciler } from '../alerts/reconcile-alerts.ts';
import { announceRecovered } from '../alerts/announce-recovered.ts';
import type { DeliveryQueue } from '../adapters/bullmq/delivery-queue.ts';
import type { WorkQueue } from '../adapters/bullmq/work-queue.ts';
import { createProbes } from '../adapters/probe/create-probes.ts';
import { createHeartbeat } from '../adapters/notify/heartbeat.ts';
import type { Config } from '../config/schema.ts';
import type { Policy } from '../core/policy.ts';
import type { Remediation } from '../core/remediation.ts';
import type { GateParts } from '../gate/parts.ts';
import type { PollerParts } from '../poller/parts.ts';
import { oldRowPorts } from '../remediation/learn-old-row.ts';
import type { RemediationParts } from '../remediation/parts.ts';
import { createPublishedVersion } from '../remediation/published-version.ts';
import { createStepCa } from '../remediation/step-ca.ts';
import type { Notifier } from '../ports/alerts.ts';
import type { Command } from '../ports/command.ts';
import type { Emit } from '../telemetry/events.ts';
import type { FingerprintKey, StoreParts } from './store-parts.ts';

export interface Ingredients {
  readonly config: Config;
  readonly policy: Policy;
  readonly stores: StoreParts;
  readonly fingerprintKey: FingerprintKey;
  readonly command: Command;
  readonly queue: WorkQueue;
  readonly deliveries: DeliveryQueue;
  readonly notifiers: readonly Notifier[];
  readonly emit: Emit;
  readonly replica: string;
  readonly stopping: AbortSignal;
}

export type WorkParts = RemediationParts &
  PollerParts &
  GateParts & {
    readonly reconcileAlerts: () => Promise<void>;
    /** Tells the dead man's switch that a sweep went well. */
    readonly heartbeat: () => void;
    /** Runs work that belongs to the store as it is now: should that be lost meanwhile, the work saves nothing more. */
    readonly step: <T>(work: () => Promise<T>) => Promise<T>;
  };

/** Everything the rooms work with, on the real clocks. */
export async function createParts(given: Ingredients): Promise<WorkParts> {
  const { config, policy, stores, deliveries, notifiers, emit } = given;
  const now = (): number => stores.kv.now();
  await given.fingerprintKey.share();
  const alerts = { ...stores, deliveries, channels: notifiers, policy: config.alerts, links: {}, emit, now };
  const isAskedFor = notifiers.some(({ events }) => events.includes('recovered'));
  const announce = async (remediation: Remediation): Promise<void> =>
    announceRecovered(remediation, { channels: notifiers, deliveries });
  const work: RemediationParts = {
    ...stores,
    command: given.command,
    queue: given.queue,
    policy,
    hash: given.fingerprintKey.hash,
    emit,
    now,
    replica: given.replica,
    stopping: given.stopping,
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    random: () => Math.random(),
    sleep: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    sending: new Map(),
    storeSince: () => stores.kv.since(),
    clockSteadySince: () => stores.kv.steadySince(),
    stepCa: createStepCa(given.command, now),
    publishedVersion: createPublishedVersion({ ...given, now, keepMs: policy.poll.interval }),
    ...(isAskedFor ? { announce } : {}),
  };
  return {
    ...work,
    ...oldRowPorts(work),
    archive: stores.archive,
    probes: createProbes(config.health.endpoints),
    reconcileAlerts: createAlertReconciler(alerts),
    heartbeat: createHeartbeat({
      url: config.alerts.heartbeatUrl,
      onResult: (result) => emit('alert.delivered', { channel: 'heartbeat', key: 'heartbeat', result }),
      signal: given.stopping,
    }),
    step: async (step) => stores.kv.step(step),
  };
}
