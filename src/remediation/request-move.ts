import { decideMove } from '../core/move.ts';
import type { MoveWish } from '../core/move.ts';
import type { Observation } from '../core/sighting.ts';
import type { Policy } from '../core/policy.ts';
import type { Archive } from '../ports/archive.ts';
import type { Journal } from '../ports/journal.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';
import type { Sightings } from '../ports/sightings.ts';

export interface MoveParts {
  readonly store: RemediationStore;
  readonly archive: Pick<Archive, 'bringBack'>;
  readonly journal: Journal;
  readonly sightings: Sightings;
  readonly policy: Pick<Policy, 'restart'>;
}

export type Requested =
  { readonly type: 'requested'; readonly rootInstanceId: string } | { readonly type: 'left'; readonly why: string };

/** How often a wish is judged anew because others changed the record meanwhile. */
const TRIES = 20;

/** Records the wish to move this instance; the daemons make the restart. */
export async function requestMove(seen: Observation, wish: MoveWish, parts: MoveParts): Promise<Requested> {
  const instanceId = seen.row.id;
  await parts.sightings.observe([seen]); // an old one is not in the feed's memory
  await parts.archive.bringBack([...(await parts.store.rootsOf([instanceId])).values()]);
  for (let tries = 0; tries < TRIES; tries++) {
    const [rows, root, intent] = await Promise.all([
      parts.sightings.get([instanceId]),
      parts.store.find(instanceId),
      parts.journal.load(instanceId),
    ]);
    const row = rows.get(instanceId);
    if (row === undefined) return { type: 'left', why: 'it was not seen' };
    const known = root === null ? null : await parts.store.load(root);
    const moving = decideMove({ row, known, intent }, wish, parts.policy);
    if (moving.type === 'leave') return { type: 'left', why: moving.why };
    const { remediation } = moving;
    const saved = known ? await parts.store.save(known, remediation) : await parts.store.create(remediation);
    if (saved !== null) return { type: 'requested', rootInstanceId: saved.rootInstanceId };
  }
  return { type: 'left', why: `others changed it ${TRIES} times meanwhile` };
}
