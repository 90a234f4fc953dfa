import type { CommandShut } from '../core/command-gate.ts';
import type { Time } from '../core/instance.ts';

/** What the daemon knows about itself and its server, in one document each. */
export interface Ledger {
  read<T>(name: string): Promise<T | null>;
  /** Replaces the document; `change` may run again on a newer one. Null from `change`: leave it as it is. */
  update<T>(name: string, change: (known: T | null) => T | null): Promise<T | null>;
  /** Pauses; one that stands already and lasts as long stays. Answers the pause that stands now. */
  pause(pause: Pause): Promise<Pause>;
  resume(): Promise<void>;
  paused(): Promise<Pause | null>;
  /** What stops all work. */
  stops(): Promise<Stops>;
  /** Writes again what the store has lost of it: what is over, or was ended by a person since it was seen, stays ended. */
  restoreStops(stops: Stops): Promise<void>;
  /** Observe mode until a person resumes (DESIGN.md 4.10). */
  brake(reason: string): Promise<void>;
  braked(): Promise<string | null>;
  /** Command's own gate: nothing is restarted until a sweep goes well (DESIGN.md 4.5). */
  shutCommand(shut: CommandShut): Promise<void>;
  commandShut(): Promise<CommandShut | null>;
  /** True: it was shut before that time, and is open now. */
  openCommand(lookedAt: Time): Promise<boolean>;
  /** Says that this replica lives; answers how many do. */
  beat(replica: string): Promise<number>;
  leave(replica: string): Promise<void>;
  replicas(): Promise<number>;
}

export interface Stops {
  readonly pause: Pause | null;
  /** Why the brake is on; null: it is not. */
  readonly brake: string | null;
  /** When they stood like that, by the store's time. */
  readonly seenAt: Time;
}

/** The ledger's name for who ended a pause or the brake last. */
export const RESUMED = 'resumed';

export interface Resumed {
  readonly by: string;
  readonly at: Time;
}

export interface Pause {
  readonly reason: string;
  readonly by: string;
  readonly since: Time;
  readonly until: Time | null;
}
