import type { Time } from '../core/instance.ts';
import type { Policy } from '../core/policy.ts';
import type { Command } from '../ports/command.ts';
import type { GateStore } from '../ports/gate-store.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Probe } from '../ports/probe.ts';
import type { Queue } from '../ports/queue.ts';
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
