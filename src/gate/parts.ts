import type { Time } from '../core/instance.ts';
import type { Policy } from '../core/policy.ts';
import type { Command, GateStore, Ledger, Probe, Queue } from '../ports.ts';
import type { Emit } from '../telemetry/events.ts';

/** What the gates work with. */
export interface GateParts {
  readonly command: Command;
  readonly gates: GateStore;
  readonly ledger: Ledger;
  readonly queue: Queue;
  readonly policy: Policy;
  readonly probes: ReadonlyMap<string, Probe>;
  readonly emit: Emit;
  readonly now: () => Time;
  readonly stopping: AbortSignal;
}
