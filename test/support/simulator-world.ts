import { completeScenario } from '../../src/simulator/scenario/complete-scenario.ts';
import type { ScenarioInput } from '../../src/simulator/scenario/schema.ts';
import type { Clock } from '../../src/simulator/world/clock.ts';
import { createWorld } from '../../src/simulator/world/create-world.ts';
import type { CertificateAuthority, Instance, World } from '../../src/simulator/world/types.ts';

export interface ManualClock extends Clock {
  /** Lets time pass; what is due happens in its order. */
  pass(ms: number): void;
}

/** A clock that stands still until a test moves it. */
export function createManualClock(startAt = Date.parse('2026-03-10T15:00:00Z')): ManualClock {
  let now = startAt;
  let due: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after(delayMs, run) {
      const entry = { at: now + delayMs, run };
      due.push(entry);
      return () => {
        due = due.filter((one) => one !== entry);
      };
    },
    stop() {
      due = [];
    },
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const next = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        due = due.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
}

/** A world on a manual clock, without HTTP. */
export function aWorld(scenario: ScenarioInput): { world: World; clock: ManualClock } {
  const clock = createManualClock();
  return { world: createWorld(completeScenario(scenario), clock), clock };
}

export function firstInstance(world: World): Instance {
  const [instance] = world.instances.all();
  if (!instance) throw new Error('the world has no instance');
  return instance;
}

export function firstCa(world: World): CertificateAuthority {
  const [ca] = world.cas;
  if (!ca) throw new Error('the world has no certificate authority');
  return ca;
}

export function instanceOf(world: World, id: string | undefined): Instance {
  const instance = world.instances.get(id ?? '');
  if (!instance) throw new Error(`the world has no instance ${id}`);
  return instance;
}
