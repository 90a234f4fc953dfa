import type { Fault, FaultKind } from '../scenario/faults.ts';
import { globToPattern } from '../scenario/glob.ts';
import { createRandom } from '../world/random.ts';

export interface FaultPlan {
  /** The faults that strike this request; each counts as spent once. */
  strike(request: FaultRequest): readonly Fault[];
  replace(faults: readonly Fault[]): void;
  add(faults: readonly Fault[]): void;
  list(): readonly (Fault & { readonly struck: number })[];
}

export interface FaultRequest {
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly user: string | null;
}

interface ArmedFault {
  readonly fault: Fault;
  readonly route: RegExp | null;
  readonly random: () => number;
  readonly armedAt: number;
  seen: number;
  struck: number;
}

/** Decides which requests are struck by which fault; the seed makes it repeatable. */
export function createFaultPlan(faults: readonly Fault[], seed: number, now: () => number): FaultPlan {
  let armed: ArmedFault[] = [];
  let armedSoFar = 0;

  function arm(fault: Fault): ArmedFault {
    armedSoFar += 1;
    const route = fault.route === undefined || fault.route === '*' ? null : globToPattern(fault.route);
    return { fault, route, random: createRandom(seed * 1009 + armedSoFar), armedAt: now(), seen: 0, struck: 0 };
  }

  const plan: FaultPlan = {
    strike: (request) => armed.filter((one) => strikes(one, request, now())).map(({ fault }) => fault),
    replace(next) {
      armed = next.map(arm);
    },
    add(next) {
      armed = [...armed.filter((one) => !isSpent(one)), ...next.map(arm)];
    },
    list: () => armed.map(({ fault, struck }) => ({ ...fault, struck })),
  };
  plan.replace(faults);
  return plan;
}

export function findFault(faults: readonly Fault[], ...kinds: readonly FaultKind[]): Fault | undefined {
  return faults.find((fault) => kinds.includes(fault.kind));
}

function strikes(armed: ArmedFault, request: FaultRequest, now: number): boolean {
  if (!concerns(armed, request, now)) return false;
  const { fault } = armed;
  armed.seen += 1;
  if (armed.seen <= (fault.skip ?? 0)) return false;
  if (armed.random() >= (fault.probability ?? 1)) return false;
  armed.struck += 1;
  return true;
}

function concerns(armed: ArmedFault, request: FaultRequest, now: number): boolean {
  const { fault, route } = armed;
  const seconds = (now - armed.armedAt) / 1000;
  const { from = 0, to = Number.POSITIVE_INFINITY, user } = fault;
  if (isSpent(armed) || seconds < from || seconds > to) return false;
  if (route && !route.test(request.route) && !route.test(`${request.method} ${request.path}`)) return false;
  return user === undefined || user.toLowerCase() === request.user?.toLowerCase();
}

function isSpent({ fault, struck }: ArmedFault): boolean {
  return fault.count !== undefined && struck >= fault.count;
}
