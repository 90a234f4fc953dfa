import type { KeyedHash } from '../core/fingerprint.ts';
import type { Time } from '../core/instance.ts';
import type { Intent } from '../core/intent.ts';
import { OLD_ROW, fateOf, isLearning } from '../core/old-row.ts';
import type { OldRowKnowledge } from '../core/old-row.ts';
import type { Remediation } from '../core/remediation.ts';
import type { OldRowFate, Policy } from '../core/policy.ts';
import type { Command } from '../ports/command.ts';
import type { GateStore } from '../ports/gate-store.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Queue } from '../ports/queue.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';
import type { Sightings } from '../ports/sightings.ts';
import type { PublishedVersion } from './published-version.ts';
import type { StepCa } from './step-ca.ts';
import type { Emit } from '../telemetry/events.ts';

/** Everything one step of a remediation works with. */
export interface RemediationParts {
  readonly command: Command;
  readonly store: RemediationStore;
  readonly journal: Journal;
  readonly gates: GateStore;
  readonly sightings: Sightings;
  readonly ledger: Ledger;
  readonly queue: Queue;
  readonly policy: Policy;
  /** Keyed hash for fingerprints. */
  readonly hash: KeyedHash;
  readonly emit: Emit;
  /** The store's time. */
  readonly now: () => Time;
  /** Wall clock of this machine, ms. */
  readonly wallMs: () => number;
  /** Monotonic clock of this machine, ms. */
  readonly monotonicMs: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly replica: string;
  /** Restarts that this process has under way or could not record: an open intent of ours that is not here was never sent. */
  readonly sending: Map<string, Sending>;
  /** Since when the store has not gone back under this process. */
  readonly storeSince?: () => Time;
  /** Since when the store's clock has not jumped, as far as this process has watched it; left out: always. */
  readonly clockSteadySince?: () => Time;
  /** The CA that a failing step names in its definition. */
  readonly stepCa?: StepCa;
  /** Asked only where a rule holds changed definitions. */
  readonly publishedVersion: PublishedVersion;
  /** Tells those who hold an old id about the recovered one; may be called again. Left out: nobody asked to be told. */
  readonly announce?: (remediation: Remediation) => Promise<void>;
  /** Fires when the daemon stops. */
  readonly stopping: AbortSignal;
}

export interface Sending {
  readonly instanceId: string;
  readonly ca: string | null;
  /** Once the door has opened: what the store must know, also after it lost it. */
  readonly intent?: Intent;
  /** It has ended, and the store would not take how. */
  readonly isOver?: boolean;
}

/** The fate of old rows: the operator's word, else what was learned. */
export async function oldRowFate(parts: Pick<RemediationParts, 'ledger' | 'policy'>): Promise<OldRowFate> {
  return fateOf(parts.policy.oldRow, await parts.ledger.read<OldRowKnowledge>(OLD_ROW));
}

/** True where restarted rows are known to stay in the lists: one that is gone was deleted, which may have happened later. */
export async function areOldRowsKept({ ledger }: Pick<RemediationParts, 'ledger'>): Promise<boolean> {
  return (await ledger.read<OldRowKnowledge>(OLD_ROW))?.isKept === true;
}

/** True while the fate of old rows is open and restarts go one at a time (DESIGN.md 5). */
export async function isLearningOldRow(parts: Pick<RemediationParts, 'ledger' | 'policy'>): Promise<boolean> {
  return parts.policy.oldRow === 'auto' && isLearning(await parts.ledger.read<OldRowKnowledge>(OLD_ROW));
}

/** The ledger's name for the longest Restart call seen on this server. */
export const LONGEST_RESTART = 'longest-restart';

/** In ms; 0: none seen. */
export async function longestRestartMs(parts: Pick<RemediationParts, 'ledger'>): Promise<number> {
  return (await parts.ledger.read<{ readonly ms: number }>(LONGEST_RESTART))?.ms ?? 0;
}

/** What is remembered is longer by less than this, so that calls of much the same length do not all write it anew. */
const LONGEST_STEP_MS = 1000;

/** Remembers a Restart call that took longer than any before. */
export async function noteRestartMs(tookMs: number, parts: Pick<RemediationParts, 'ledger'>): Promise<void> {
  const ms = Math.ceil(tookMs / LONGEST_STEP_MS) * LONGEST_STEP_MS;
  await parts.ledger.update<{ readonly ms: number }>(LONGEST_RESTART, (known) =>
    known !== null && known.ms >= ms ? null : { ms },
  );
}
