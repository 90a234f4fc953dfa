import type { Time } from '../core/instance.ts';
import type { OldRowEvidence } from '../core/old-row.ts';
import type { OldRowFate, Policy } from '../core/policy.ts';
import type { Archive } from '../ports/archive.ts';
import type { Command } from '../ports/command.ts';
import type { GateStore } from '../ports/gate-store.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';
import type { Sightings } from '../ports/sightings.ts';
import type { Emit } from '../telemetry/events.ts';

/** What sweeps and scans work with. */
export interface PollerParts {
  readonly command: Command;
  readonly store: RemediationStore;
  readonly archive: Archive;
  readonly journal: Journal;
  readonly sightings: Sightings;
  readonly gates: GateStore;
  readonly ledger: Ledger;
  readonly policy: Policy;
  readonly emit: Emit;
  readonly now: () => Time;
  /** The fate of old rows as it is known now. */
  readonly fate: () => Promise<OldRowFate>;
  /** Takes in what an old row shows about the fate of them all. */
  readonly noteOldRow: (evidence: OldRowEvidence) => Promise<void>;
  /** Looks at the old row of an accepted restart whose successor has ended. */
  readonly lookAtOldRow: (instanceId: string) => Promise<void>;
  readonly stopping: AbortSignal;
}
