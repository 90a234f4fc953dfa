import type { Fault, FaultKind } from '../scenario/faults.ts';
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
  seen: number;
  struck: number;
}

/** Decides which requests are struck by which fault; the seed makes it repeatable. */
export function createFaultPlan(faults: readonly Fault[], seed: number, elapsedMs: () => number): FaultPlan {
  let armed: ArmedFault[] = [];
  let armedSoFar = 0;

  function arm(fault: Fault): ArmedFault {
    armedSoFar += 1;
    const route = fault.route === undefined || fault.route === '*' ? null : globToPattern(fault.route);
    return { fault, route, random: createRandom(seed * 1009 + armedSoFar), seen: 0, struck: 0 };
  }

  const plan: FaultPlan = {
    strike: (request) => armed.filter((one) => strikes(one, request, elapsedMs() / 1000)).map(({ fault }) => fault),
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

function strikes(armed: ArmedFault, request: FaultRequest, seconds: number): boolean {
  const { fault, route } = armed;
  if (isSpent(armed)) return false;
  if (seconds < (fault.from ?? 0) || seconds > (fault.to ?? Number.POSITIVE_INFINITY)) return false;
  if (route && !route.test(request.route) && !route.test(`${request.method} ${request.path}`)) return false;
  if (fault.user !== undefined && fault.user.toLowerCase() !== request.user?.toLowerCase()) return false;
  armed.seen += 1;
  if (armed.seen <= (fault.skip ?? 0)) return false;
  if (armed.random() >= (fault.probability ?? 1)) return false;
  armed.struck += 1;
  return true;
}

function isSpent({ fault, struck }: ArmedFault): boolean {
  return fault.count !== undefined && struck >= fault.count;
}

/** `*` stands for any text; case does not matter. */
export function globToPattern(glob: string): RegExp {
  const escaped = glob.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`, 'is');
}
