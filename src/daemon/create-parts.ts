import { createAlertReconciler } from '../alerts/reconcile-alerts.ts';
import { announceRecovered } from '../alerts/announce-recovered.ts';
import type { DeliveryQueue } from '../adapters/bullmq/delivery-queue.ts';
import type { WorkQueue } from '../adapters/bullmq/work-queue.ts';
import { createProbes } from '../adapters/probe/create-probes.ts';
import type { Config } from '../config/schema.ts';
import type { Policy } from '../core/policy.ts';
import type { GateParts } from '../gate/parts.ts';
import type { PollerParts } from '../poller/parts.ts';
import { oldRowFate } from '../remediation/parts.ts';
import type { RemediationParts } from '../remediation/parts.ts';
import { createStepCa } from '../remediation/step-ca.ts';
import type { Command, Notifier } from '../ports.ts';
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

export type WorkParts = RemediationParts & PollerParts & GateParts & { readonly reconcileAlerts: () => Promise<void> };

/** Everything the rooms work with, on the real clocks. */
export async function createParts(given: Ingredients): Promise<WorkParts> {
  const { config, policy, stores, deliveries, notifiers, emit } = given;
  const now = (): number => stores.kv.now();
  await given.fingerprintKey.share();
  const alerts = { ...stores, deliveries, channels: notifiers, policy: config.alerts, links: {}, emit, now };
  return {
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
    stepCa: createStepCa(given.command, now),
    probes: createProbes(config.health.endpoints),
    fate: async () => oldRowFate({ ledger: stores.ledger, policy }),
    announce: async (remediation) => announceRecovered(remediation, { channels: notifiers, deliveries }),
    reconcileAlerts: createAlertReconciler(alerts),
  };
}
