import type { Time } from './instance.ts';
import { withNewStatus } from './record-change.ts';
import { withEntry } from './remediation.ts';
import type { Remediation } from './remediation.ts';
import { settled } from './transition.ts';

/**
 * The older lineage once a root of its own proved to be its new run, with what people had decided about that root: what
 * they held stays held, what they ignored is ignored, attempts they granted stay granted, and who said so stays on record.
 */
export function withDecisionsOf(younger: Remediation, linked: Remediation, now: Time): Remediation {
  const said = younger.timeline.filter(({ by }) => by !== 'remediator');
  if (said.length === 0) return linked;
  const granted: Remediation = {
    ...linked,
    maxAttempts: linked.maxAttempts + younger.grantedAttempts,
    grantedAttempts: linked.grantedAttempts + younger.grantedAttempts,
  };
  const told = said.reduce((known, { at, text, by }) => withEntry(known, at, text, by), granted);
  const sorted = { ...told, timeline: told.timeline.toSorted((a, b) => a.at - b.at) };
  const stop = stopOf(younger, now);
  return stop === null ? sorted : settled(linked, { ...withNewStatus(sorted, 'Failed'), ...stop, search: null }, now);
}

function stopOf({ phase, outcome, holdCause, reason }: Remediation, now: Time): Partial<Remediation> | null {
  const stopped = { wait: null, nextAt: null, parkedOn: null, backoff: null, awaitsLook: false, reason };
  if (phase === 'held' && holdCause === 'by a person') return { ...stopped, phase, holdCause };
  if (outcome === 'ignored') return { ...stopped, phase: 'ended', outcome, holdCause: null, endedAt: now };
  return null;
}
