import { decideDecision } from '../core/decide-decision.ts';
import type { Decision } from '../core/decision.ts';
import { withDecisionsOf } from '../core/keep-decisions.ts';
import { NAME_LIMIT, REASON_LIMIT } from '../core/decision.ts';
import type { Remediation } from '../core/remediation.ts';
import type { DecisionFacts, Ruled } from '../core/ruled.ts';
import type { Archive } from '../ports/archive.ts';
import type { Journal } from '../ports/journal.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';
import type { Sightings } from '../ports/sightings.ts';
import type { Emit } from '../telemetry/events.ts';

export interface DecisionParts {
  readonly store: RemediationStore;
  readonly archive: Pick<Archive, 'find' | 'bringBack'>;
  readonly journal: Journal;
  readonly sightings: Sightings;
  /** The store's time. */
  readonly now: () => number;
  /** Left out by the command line, which has no subscribers. */
  readonly emit?: Emit;
}

export type Decided =
  | { readonly type: 'done'; readonly remediation: Remediation }
  | { readonly type: 'refused'; readonly why: string; readonly remediation: Remediation }
  | { readonly type: 'unknown' };

/** How often a decision is made anew because others changed the record meanwhile. */
const TRIES = 20;

/**
 * Carries out what a person decided about the remediation of this id; it is due at once where it goes back to work. Every
 * try judges the record anew, as it then stands. What has left the list comes back to it first. `--send-again` speaks of
 * the restarts that the person could see: one that began since is not sent again by it (P1).
 */
export async function applyDecision(id: string, wish: Omit<Decision, 'at'>, parts: DecisionParts): Promise<Decided> {
  const saidAt = parts.now();
  for (let tries = 0; tries < TRIES; tries++) {
    // Found anew each time: it may prove to be a new run and join an older lineage.
    const root = await parts.store.find(id);
    const listed = root === null ? null : await parts.store.load(root);
    const before = listed ?? (await parts.archive.find(id));
    if (before === null && root === null) return { type: 'unknown' };
    if (before === null) continue;
    const decision: Decision = { ...trimmed(wish), at: parts.now() };
    const facts = await gatherFacts(before, decision, parts);
    if (wish.sendAgain === true && facts.intent !== null && facts.intent.openedAt > saidAt)
      return { type: 'refused', why: BEGAN_SINCE, remediation: before };
    const ruled = decideDecision(before, decision, facts);
    if (ruled.type === 'refuse') return { type: 'refused', why: ruled.why, remediation: before };
    if (listed === null) {
      await parts.archive.bringBack([before.rootInstanceId]);
      continue;
    }
    const saved = await perform(before, decision, ruled, parts);
    if (saved === null) continue;
    tell(before, saved, parts);
    return { type: 'done', remediation: saved };
  }
  throw new Error(`gave up on ${id}: others changed it ${TRIES} times meanwhile`);
}

const BEGAN_SINCE = 'another restart of it began meanwhile: look at that one with explain, then say it again';

function trimmed(wish: Omit<Decision, 'at'>): Omit<Decision, 'at'> {
  const successor = wish.successor?.trim().toLowerCase();
  return {
    ...wish,
    reason: wish.reason.trim().slice(0, REASON_LIMIT),
    by: wish.by.trim().slice(0, NAME_LIMIT),
    ...(successor === undefined ? {} : { successor }),
  };
}

async function gatherFacts(
  remediation: Remediation,
  { successor }: Decision,
  { store, journal, sightings }: DecisionParts,
): Promise<DecisionFacts> {
  const oldId = remediation.search?.predecessorId ?? remediation.currentInstanceId;
  const named = successor === undefined || successor === 'none' ? null : successor;
  const [intent, rows, ownerRoot] = await Promise.all([
    journal.load(oldId),
    sightings.get(named === null ? [oldId] : [oldId, named]),
    named === null ? null : store.find(named),
  ]);
  const owner = ownerRoot === null ? null : await store.load(ownerRoot);
  return {
    intent,
    row: rows.get(oldId) ?? null,
    successor: named === null ? null : { id: named, row: rows.get(named) ?? null, owner },
  };
}

/** Null: somebody else changed the record meanwhile. */
async function perform(
  before: Remediation,
  decision: Decision,
  ruled: Extract<Ruled, { type: 'change' }>,
  parts: DecisionParts,
): Promise<Remediation | null> {
  const { remediation: after, journal, merged } = ruled;
  const oldId = before.search?.predecessorId ?? before.currentInstanceId;
  if (journal === 'mark-not-done') return sendAgain(before, decision, { after, oldId }, parts);
  const saved = merged
    ? await parts.store.merge(merged, before, withDecisionsOf(merged, after, decision.at))
    : await parts.store.save(before, after);
  if (saved !== null && journal === 'settle') await parts.journal.settle(oldId);
  return saved;
}

/** Its attempt stays counted, and the word and the record change in one step. */
async function sendAgain(
  before: Remediation,
  { by, reason }: Decision,
  { after, oldId }: { readonly after: Remediation; readonly oldId: string },
  { store, journal }: DecisionParts,
): Promise<Remediation | null> {
  const intent = await journal.load(oldId);
  if (intent === null) return store.save(before, after);
  return journal.letGo(intent, `sent again by ${by}: ${reason}`, before, after);
}

function tell(before: Remediation, { rootInstanceId: root, ...saved }: Remediation, { emit }: DecisionParts): void {
  const { title, reason, phase, outcome } = saved;
  if (phase === 'held' && before.phase !== 'held') emit?.('remediation.held', { root, title, reason });
  if (phase !== 'ended' || outcome === null) return;
  emit?.('remediation.ended', { root, title, outcome, reason, newInstanceId: null, ms: 0 });
}
