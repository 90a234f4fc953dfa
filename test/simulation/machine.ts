import type { Faults } from './plan.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

export interface Machine {
  readonly name: string;
  isAlive(): boolean;
  isPaused(): boolean;
  /** Since when it runs without a break. */
  runningSince(): number;
  /** Since when no break was so long that others took back what it held. */
  heardSince(): number;
  wallMs(): number;
  monotonicMs(): number;
  jumpClock(ms: number): void;
  /** A call to the outside: it takes effect at one virtual time and returns at a later one, or never. */
  call<T>(effect: () => T, latency: Latency): Promise<T>;
  /** Runs when the time has come and the machine runs. */
  wake(ms: number, work: () => void): void;
  deliver(work: () => void): void;
  pause(ms: number): void;
  kill(): void;
}

export interface Latency {
  /** Ms until it takes effect, and from there until the caller knows; null: at once, in one step. */
  readonly there: number;
  readonly back: number;
  readonly isAtOnce?: boolean;
  /** A moment that faults like best. */
  readonly isDoor?: boolean;
}

export interface MachineParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly areFaultsOn: () => boolean;
  readonly onFault: (kind: string) => void;
  readonly onDeath: (machine: Machine) => void;
}

/** A slot returns when the heartbeat of its replica is 15 s late, and beats are two seconds apart. */
const MISSED_MS = 13_000;

/** One process: it can die or sleep at any call, and its wall clock can jump. */
export function createMachine(name: string, parts: MachineParts): Machine {
  const { scheduler, random, faults } = parts;
  let isAlive = true;
  const bornAt = scheduler.now();
  let pausedUntil = 0;
  let missedUntil = 0;
  let wallOffset = 0;
  let waiting: (() => void)[] = [];

  const resume = (): void => {
    if (!isAlive || scheduler.now() < pausedUntil) return;
    const due = waiting;
    waiting = [];
    for (const work of due) work();
  };
  const deliver = (work: () => void): void => {
    if (!isAlive) return;
    if (scheduler.now() < pausedUntil) waiting.push(work);
    else work();
  };
  const pause = (ms: number): void => {
    pausedUntil = Math.max(pausedUntil, scheduler.now() + ms);
    if (ms >= MISSED_MS) missedUntil = pausedUntil;
    scheduler.at(pausedUntil, resume);
  };
  const machine: Machine = {
    name,
    isAlive: () => isAlive,
    isPaused: () => scheduler.now() < pausedUntil,
    runningSince: () => Math.max(bornAt, pausedUntil),
    heardSince: () => Math.max(bornAt, missedUntil),
    wallMs: () => scheduler.now() + wallOffset,
    monotonicMs: () => scheduler.now(),
    jumpClock: (ms) => void (wallOffset += ms),
    wake: (ms, work) => scheduler.after(ms, () => deliver(work)),
    deliver,
    pause,
    kill: () => {
      if (!isAlive) return;
      isAlive = false;
      waiting = [];
      parts.onDeath(machine);
    },
    call: async <T>(effect: () => T, latency: Latency): Promise<T> => {
      if (!isAlive) return never();
      const fate = parts.areFaultsOn() ? drawFate(latency.isDoor === true, faults, random) : 'none';
      if (fate === 'die before') {
        parts.onFault('crash');
        machine.kill();
        return never();
      }
      if (fate === 'die after') {
        parts.onFault('crash');
        quietly(effect);
        machine.kill();
        return never();
      }
      if (fate === 'sleep') {
        parts.onFault('pause');
        pause(drawPauseMs(random));
      }
      if (latency.isAtOnce && !machine.isPaused()) return effect();
      return new Promise<T>((resolve, reject) => {
        const perform = (): void => {
          // A request that had left goes its way whatever becomes of the sender; one that had not dies with it.
          if (!isAlive && random.chance(0.5)) return;
          let answer: () => void;
          try {
            const value = effect();
            answer = () => resolve(value);
          } catch (error) {
            answer = () => reject(error instanceof Error ? error : new Error(String(error)));
          }
          scheduler.after(latency.back, () => deliver(answer));
        };
        const isHeldBack = machine.isPaused() && random.chance(0.5);
        if (isHeldBack) waiting.push(() => scheduler.after(latency.there, perform));
        else scheduler.after(latency.there, perform);
      });
    },
  };
  return machine;
}

type Fate = 'none' | 'die before' | 'die after' | 'sleep';

function drawFate(isDoor: boolean, faults: Faults, random: Random): Fate {
  const draw = random.next();
  const crash = isDoor ? faults.crashAtDoor : faults.crash;
  const pause = isDoor ? faults.pauseAtDoor : faults.pause;
  if (draw < crash) return random.chance(0.5) ? 'die before' : 'die after';
  return draw < crash + pause ? 'sleep' : 'none';
}

/** From a stutter to minutes. */
function drawPauseMs(random: Random): number {
  return random.chance(0.5) ? random.between(200, 20_000) : random.between(20_000, 1_300_000);
}

function quietly(effect: () => unknown): void {
  try {
    effect();
  } catch {
    // the caller is dead
  }
}

async function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
