import { newRemediation } from './decide-admission.ts';
import type { Time } from './instance.ts';
import type { Intent } from './intent.ts';
import type { Policy } from './policy.ts';
import { withEntry } from './remediation.ts';
import type { HoldCause, Move, Remediation } from './remediation.ts';
import { underWay } from './ruled.ts';
import type { Sighting } from './sighting.ts';
import { settled } from './transition.ts';
import { isUnsettled } from './unsettled.ts';

/** A person's wish to run instances on another version of their definition. */
export interface MoveWish extends Move {
  readonly by: string;
  readonly reason: string;
  /** Ours. */
  readonly at: Time;
}

export interface MoveFacts {
  readonly row: Sighting;
  /** The lineage that the row belongs to; null: none. */
  readonly known: Remediation | null;
  /** The journal's word on a restart of this row; null: none. */
  readonly intent: Intent | null;
}

export type Moving =
  { readonly type: 'move'; readonly remediation: Remediation } | { readonly type: 'leave'; readonly why: string };

/** What the person saw counted and agreed to stands in the way no more; every other rule of a restart does. */
const WAIVED: readonly HoldCause[] = ['history', 'approvals'];

/**
 * Records the wish: the next step of this remediation is a restart onto that version, through the same door as any other.
 * What may have been restarted already, is under way, or was put aside by a person is left alone.
 */
export function decideMove(facts: MoveFacts, wish: MoveWish, policy: Pick<Policy, 'restart'>): Moving {
  const obstacle = obstacleOf(facts, wish);
  if (obstacle !== null) return { type: 'leave', why: obstacle };
  const { row, known } = facts;
  const before = known ?? freshRecord(row, wish, policy);
  const text = `move to version ${wish.version}: ${wish.reason}`;
  const after: Remediation = {
    ...before,
    phase: 'waiting',
    outcome: null,
    wait: 'back-off',
    holdCause: null,
    reason: `to be moved to version ${wish.version}, by ${wish.by}: ${wish.reason}`,
    nextAt: wish.at,
    endedAt: null,
    parkedOn: null,
    backoff: null,
    search: null,
    awaitsLook: false,
    waived: [...new Set([...before.waived, ...WAIVED])],
    move: { version: wish.version, from: wish.from },
  };
  const { timeline } = withEntry(after, wish.at, text, wish.by);
  return { type: 'move', remediation: { ...settled(before, after, wish.at, text), timeline } };
}

function obstacleOf({ row, known, intent }: MoveFacts, wish: MoveWish): string | null {
  if (row.isGone) return 'it is gone';
  if (row.status !== wish.from) return `it is ${row.status} now`;
  if (row.definitionVersion === wish.version) return `it runs on version ${wish.version} already`;
  if (known === null) return intent === null ? null : 'a restart of it is on record';
  if (known.currentInstanceId !== row.id) return `it was restarted: the newest run is ${known.currentInstanceId}`;
  return obstacleInRecord(known, intent);
}

function obstacleInRecord(known: Remediation, intent: Intent | null): string | null {
  const { phase, holdCause, outcome } = known;
  if (isUnsettled(known, intent))
    return 'a restart of it may have happened: settle that one first ("explain" shows it)';
  if (known.move && phase === 'waiting') return `its move to version ${known.move.version} is asked for already`;
  if (phase === 'resolving' || phase === 'verifying') return underWay(known);
  if (holdCause === 'by a person') return 'a person holds it';
  return outcome === 'ignored' ? 'a person or a rule said to ignore it' : null;
}

/** A Suspended row has not failed; a Failed one is a failure like any other. */
function freshRecord(row: Sighting, { at, from }: MoveWish, policy: Pick<Policy, 'restart'>): Remediation {
  const fresh = newRemediation({ now: at, row }, policy, false);
  return from === 'Failed' ? fresh : { ...fresh, failure: null, timeline: [] };
}
