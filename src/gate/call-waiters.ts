import { allowanceOf } from '../core/dependency.ts';
import { chooseReleases, isSuspect, nextTestAt } from '../core/ramp.ts';
import { openUntil } from '../core/window.ts';
import type { GateView } from '../ports/gate-store.ts';
import type { GateParts } from './parts.ts';

/** The most waiters of one room that one look considers. */
const ROOM_LIMIT = 500;

/** How far ahead turns are given out: whoever is called has this long to come. */
const AHEAD_MS = 1000;

/**
 * Calls those who may go now, in every room in which somebody waits, and asks for the tests that are due. Cheap enough
 * to run several times a second in every replica: who was called has room kept, so nobody is called twice.
 */
export async function callWaiters(parts: GateParts): Promise<void> {
  const names = await parts.gates.rooms();
  if (names.length === 0) return;
  const views = await parts.gates.view(names.map((name) => ({ name, kind: 'ca' })));
  if (views.some((view) => isTestDue(view, parts))) await parts.queue.requestTests();
  if ((await parts.ledger.paused()) !== null) return;
  if (openUntil(parts.policy.maintenance, parts.now()) !== null) return;
  for (const view of views) await callRoom(view, parts);
}

/** True where somebody waits for a test whose time has come. */
export function isTestDue({ dependency }: GateView, { policy, now }: Pick<GateParts, 'policy' | 'now'>): boolean {
  if (dependency.kind !== 'ca' && dependency.kind !== 'endpoint') return false;
  const at = now();
  if (nextTestAt(dependency, at, policy.health) > at) return false;
  if (dependency.testedAt === null || !isSuspect(dependency)) return true;
  return at - dependency.testedAt >= Math.min(SUSPECT_PAUSE_MS, policy.health.interval / 10);
}

/** Many failures in a row do not make a test each: at most one in this time, or ten an interval. */
const SUSPECT_PAUSE_MS = 1000;

async function callRoom({ dependency, inFlight }: GateView, parts: GateParts): Promise<void> {
  const { policy, now } = parts;
  if (dependency.isDown) return;
  const ca = dependency.kind === 'ca' ? dependency.name : null;
  const limit = await parts.gates.roomInLimits(ca, policy.restart, AHEAD_MS);
  if (limit <= 0) return;
  const waiters = await parts.gates.waiters(dependency.name, ROOM_LIMIT);
  const uncalled = await parts.gates.uncalled(dependency.name, waiters);
  const { lastFailed } = dependency;
  const chosen = chooseReleases({ dependency, inFlight, limit, lastFailed }, uncalled, now(), policy.health);
  await parts.gates.release(dependency, allowanceOf(dependency, policy.health), chosen);
}
