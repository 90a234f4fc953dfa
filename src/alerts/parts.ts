import type { AlertPolicy } from '../core/alert-state.ts';
import type { Time } from '../core/instance.ts';
import type { Deliveries, Notifier } from '../ports/alerts.ts';
import type { GateStore } from '../ports/gate-store.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';
import type { Emit } from '../telemetry/events.ts';

/** A channel as far as routing is concerned. */
export type Channel = Pick<Notifier, 'name' | 'events'>;

/** What the alerts work with. */
export interface AlertParts {
  readonly store: Pick<RemediationStore, 'alertGroups' | 'loadMany' | 'rootsIn' | 'counts'>;
  readonly gates: Pick<GateStore, 'names' | 'rooms' | 'view' | 'waiters'>;
  readonly ledger: Ledger;
  readonly deliveries: Deliveries;
  readonly channels: readonly Channel[];
  readonly policy: AlertPolicy;
  /** Shown with every alert, by name: the dashboard, the runbook. */
  readonly links: Readonly<Record<string, string>>;
  readonly emit: Emit;
  /** The store's time. */
  readonly now: () => Time;
}
