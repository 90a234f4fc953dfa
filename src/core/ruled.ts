import type { Decision } from './decision.ts';
import type { Intent } from './intent.ts';
import { withEntry } from './remediation.ts';
import type { Remediation } from './remediation.ts';
import type { Sighting } from './sighting.ts';
import { settled } from './transition.ts';

/** What a decision is judged by. */
export interface DecisionFacts {
  /** The journal's word on the instance that was restarted last; null: none of ours. */
  readonly intent: Intent | null;
  /** That instance as it was last seen. */
  readonly row: Sighting | null;
  /** What is known about the id that a person names as the new run; null: none is named. */
  readonly successor: SuccessorFacts | null;
}

export interface SuccessorFacts {
  readonly id: string;
  readonly row: Sighting | null;
  /** The remediation that it belongs to; null: none. */
  readonly owner: Remediation | null;
}

/** What follows from a decision. */
export type Ruled =
  | {
      readonly type: 'change';
      readonly remediation: Remediation;
      /** `mark-not-done`: the id may be sent again. `settle`: its search is over. */
      readonly journal: 'keep' | 'mark-not-done' | 'settle';
      /** A root of its own that proved to be the new run of this one. */
      readonly merged: Remediation | null;
    }
  | { readonly type: 'refuse'; readonly why: string };

export function refuse(why: string): Ruled {
  return { type: 'refuse', why };
}

/** The changed record, with the decision in its timeline under the name of the person. */
export function change(
  before: Remediation,
  decision: Decision,
  after: Remediation,
  journal: Extract<Ruled, { type: 'change' }>['journal'] = 'keep',
): Ruled {
  const text = decisionText(decision);
  const whole = settled(before, after, decision.at, text);
  const { timeline } = withEntry(after, decision.at, text, decision.by);
  return { type: 'change', remediation: { ...whole, timeline }, journal, merged: null };
}

/** A decision as the timeline tells it. */
export function decisionText({ type, reason, sendAgain, successor }: Decision): string {
  const flags = [sendAgain ? ' --send-again' : '', successor === undefined ? '' : ` --successor ${successor}`];
  return `${type}${flags.join('')}: ${reason}`;
}

/** Why nothing can be decided while something is under way. */
export function underWay({ phase, currentInstanceId }: Remediation): string {
  if (phase === 'restarting') return 'its restart is being sent this moment';
  if (phase === 'resolving') return 'the new run of its restart is being looked for';
  return `its new run ${currentInstanceId} is under way`;
}

/** Command took the restart whose new run is looked for. */
export function hasTakenEffect({ search }: Pick<Remediation, 'search'>): boolean {
  return search?.took === 'accepted' || search?.took === 'left';
}

/** Why a restart that is still searched for is neither sent again nor settled without its new run. */
export const TAKEN =
  'Command took its restart, and the new run is being looked for: name it with "release --successor ID", or wait until the search has ended';
