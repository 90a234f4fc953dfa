import { allowanceOf, labelOf } from './dependency.ts';
import type { DependencyLabel } from './dependency.ts';
import type { Intent } from './intent.ts';
import { recordOf } from './lineage.ts';
import type { HoldCause, Remediation, Wait } from './remediation.ts';
import type { Sighting } from './sighting.ts';
import { iso, isoOrNull, nextCallAt, toLineageView, toRemediationView } from './views.ts';
import type { GateMoment, LineageView, RemediationView } from './views.ts';
import { optionsFor } from './what-people-can-do.ts';
import type { PersonsOption } from './what-people-can-do.ts';

/** Everything about one remediation: its view and the rest. */
export interface ExplainView extends RemediationView {
  /** It has left the list, and its timeline is not kept any more (`retention.ended`). */
  readonly isArchived: boolean;
  readonly lineage: readonly LineageView[];
  readonly timeline: readonly { readonly at: string; readonly by: string; readonly text: string }[];
  readonly facts: ExplainedFacts;
  /** The dependency it is parked at; null: none. */
  readonly gate: ExplainedGate | null;
  readonly restart: ExplainedRestart | null;
  readonly whatPeopleCanDo: readonly PersonsOption[];
}

export interface ExplainedFacts {
  readonly definitionId: string;
  readonly workflowType: string;
  /** The current instance's status as it was last seen, and when (ours). */
  readonly status: string | null;
  readonly statusSeenAt: string | null;
  readonly lastModified: string | null;
  readonly failedStep: string | null;
  readonly failureMessage: string | null;
  readonly failureSeenAt: string | null;
  readonly definitionVersion: number | null;
  readonly template: string | null;
  /** Names of the keys that show that the CA already took the request. */
  readonly issuedEvidence: readonly string[];
  readonly isApproved: boolean;
  readonly wait: Wait | null;
  readonly holdCause: HoldCause | null;
  readonly alertKey: string | null;
  readonly waived: readonly HoldCause[];
  readonly firstRestartAt: string | null;
}

export interface ExplainedGate {
  readonly dependency: string;
  readonly state: DependencyLabel;
  readonly inFlight: number;
  readonly waiting: number;
  /** Restarts without a verdict that it lets go at once. */
  readonly allowance: number | null;
  readonly message: string | null;
  readonly nextAt: string;
}

/** The latest restart as the journal knows it: what a person must see before anything is sent again. */
export interface ExplainedRestart {
  readonly oldInstanceId: string;
  readonly state: Intent['state'];
  readonly why: string;
  readonly openedAt: string;
  readonly endedAt: string | null;
  readonly oldRowStatus: string | null;
  readonly candidates: readonly string[];
}

export interface Explained {
  readonly remediation: Remediation;
  readonly isArchived: boolean;
  /** The current instance as it was last seen. */
  readonly row: Sighting | null;
  /** The intent of the latest restart, and its old row as it was last seen. */
  readonly intent: Intent | null;
  readonly oldRow: Sighting | null;
  readonly gate: (GateMoment & { readonly inFlight: number; readonly waiting: number }) | null;
}

/** The public form of everything about one remediation. */
export function toExplainView(explained: Explained): ExplainView {
  const { remediation, isArchived, gate } = explained;
  return {
    ...toRemediationView(remediation, gate),
    isArchived,
    lineage: remediation.lineage.map(toLineageView),
    timeline: remediation.timeline.map(({ at, by, text }) => ({ at: iso(at), by, text })),
    facts: toFacts(explained),
    gate: gate && remediation.parkedOn !== null ? toGate(remediation, gate) : null,
    restart: toRestart(explained),
    whatPeopleCanDo: optionsFor(remediation, explained.intent),
  };
}

function toFacts({ remediation, row }: Explained): ExplainedFacts {
  return {
    definitionId: remediation.definitionId,
    workflowType: remediation.workflowType,
    status: statusOf(row),
    statusSeenAt: isoOrNull(row?.seenAt ?? null),
    lastModified: isoOrNull(row?.lastModified ?? null),
    ...toFailureFacts(remediation),
    template: remediation.input?.template ?? null,
    issuedEvidence: remediation.input?.issuedEvidence ?? [],
    isApproved: remediation.isApproved,
    wait: remediation.wait,
    holdCause: remediation.holdCause,
    alertKey: remediation.alertKey,
    waived: remediation.waived,
    firstRestartAt: isoOrNull(remediation.firstRestartAt),
  };
}

type FailureFacts = 'failedStep' | 'failureMessage' | 'failureSeenAt' | 'definitionVersion';

function toFailureFacts({ failure }: Remediation): Pick<ExplainedFacts, FailureFacts> {
  if (failure === null) return { failedStep: null, failureMessage: null, failureSeenAt: null, definitionVersion: null };
  return {
    failedStep: failure.step,
    failureMessage: failure.message,
    failureSeenAt: iso(failure.seenAt),
    definitionVersion: failure.definitionVersion,
  };
}

function toGate(remediation: Remediation, gate: NonNullable<Explained['gate']>): ExplainedGate {
  const { dependency, policy, inFlight, waiting } = gate;
  return {
    dependency: dependency.name,
    state: labelOf(dependency, waiting),
    inFlight,
    waiting,
    allowance: dependency.kind === 'limits' ? null : allowanceOf(dependency, policy),
    message: dependency.lastMessage,
    nextAt: iso(nextCallAt(remediation, gate)),
  };
}

function toRestart({ remediation, intent, oldRow }: Explained): ExplainedRestart | null {
  if (intent === null) return null;
  const record = recordOf(remediation.lineage, intent.instanceId);
  return {
    oldInstanceId: intent.instanceId,
    state: intent.state,
    why: intent.why,
    openedAt: iso(intent.openedAt),
    endedAt: isoOrNull(intent.endedAt),
    oldRowStatus: statusOf(oldRow),
    candidates: record?.candidates ?? [],
  };
}

function statusOf(row: Sighting | null): string | null {
  if (row === null) return null;
  return row.isGone ? 'Deleted' : row.status;
}
