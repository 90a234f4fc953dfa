import type { Time } from '../core/instance.ts';
import { WATCHED_PHASES, longWaits } from '../core/long-wait.ts';
import type { LongWait } from '../core/long-wait.ts';
import type { Phase } from '../core/remediation.ts';
import type { AlertParts } from './parts.ts';

/** What the latest look at the long waits found. One document of the ledger, so that all replicas see the same. */
interface LongWaitLook {
  readonly at: Time;
  readonly tookMs: number;
  readonly waits: readonly LongWait[];
}

const LONG_WAITS = 'long-waits';

/** A look is good for this long, or a tenth of `waitingLong` if that is shorter. */
const LOOK_EVERY_MS = 60_000;

/** Looks take at most one part in twenty of the time, however many wait. */
const IDLE_FACTOR = 20;

/** A look that seems to have taken longer was made by a process that slept: it keeps nobody from the next one. */
const TOOK_LIMIT_MS = 30_000;

/** The most of one phase that are looked at, and how many are loaded at once. */
const ROOTS_LIMIT = 200_000;
const SLICE = 500;

/** Who waits longer than `waitingLong`, by reason. Looks at the records now and then only; cheap while nobody does. */
export async function watchLongWaits(parts: AlertParts): Promise<readonly LongWait[]> {
  const known = await parts.ledger.read<LongWaitLook>(LONG_WAITS);
  const begun = parts.now();
  if (known !== null && begun - known.at < pauseMs(known, parts) && known.at <= begun) return known.waits;
  let waits: readonly LongWait[] = [];
  for (const phase of WATCHED_PHASES) waits = await withPhase(phase, waits, begun, parts);
  const look: LongWaitLook = { at: begun, tookMs: parts.now() - begun, waits };
  await parts.ledger.update<LongWaitLook>(LONG_WAITS, () => look);
  return waits;
}

function pauseMs({ tookMs }: LongWaitLook, { policy }: AlertParts): number {
  return Math.max(Math.min(LOOK_EVERY_MS, policy.waitingLong / 10), Math.min(tookMs, TOOK_LIMIT_MS) * IDLE_FACTOR);
}

/** Roots come oldest first, so the first young one ends the look. */
async function withPhase(
  phase: Phase,
  known: readonly LongWait[],
  now: Time,
  { store, policy }: AlertParts,
): Promise<readonly LongWait[]> {
  const isYoung = (firstSeenAt: Time): boolean => now - firstSeenAt < policy.waitingLong;
  const [oldest] = await store.loadMany(await store.rootsIn(phase, 1));
  if (oldest === undefined || isYoung(oldest.firstSeenAt)) return known;
  const roots = await store.rootsIn(phase, ROOTS_LIMIT);
  let waits = known;
  for (let index = 0; index < roots.length; index += SLICE) {
    const records = await store.loadMany(roots.slice(index, index + SLICE));
    const stillThere = records.filter((record) => record.phase === phase);
    waits = longWaits(waits, stillThere, now, policy.waitingLong);
    if (stillThere.some(({ firstSeenAt }) => isYoung(firstSeenAt))) return waits;
  }
  return waits;
}
