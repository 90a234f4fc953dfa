import type { Dependency, DependencyKind } from '../core/dependency.ts';
import type { Waiter } from '../core/ramp.ts';
import type { DoorRequest } from './journal.ts';

export interface GateView {
  readonly dependency: Dependency;
  /** Restarts without a verdict, and waiters called that have not come yet. */
  readonly inFlight: number;
  /** The instance that was asked for is one of them. */
  readonly isIn: boolean;
  readonly waiting: number;
}

/** The gates: shared health, waiting rooms, allowance. */
export interface GateStore {
  /** The gates by name; those that nobody knew yet are new ones of that kind. */
  view(
    dependencies: readonly { readonly name: string; readonly kind: DependencyKind }[],
    instanceId?: string,
  ): Promise<readonly GateView[]>;
  /** All dependencies that are known. */
  names(): Promise<readonly string[]>;
  /** Changes a dependency's state in one atomic step; `change` may run again on a newer state. */
  update(name: string, kind: DependencyKind, change: (dependency: Dependency) => Dependency): Promise<Dependency>;
  /** As `update`, and the instance leaves the sum; does nothing where it has left already. */
  recordVerdict(name: string, instanceId: string, change: (dependency: Dependency) => Dependency): Promise<void>;
  /** The instance leaves the sum without a verdict. */
  leave(names: readonly string[], instanceId: string): Promise<void>;
  waiters(name: string, limit: number): Promise<readonly Waiter[]>;
  /** Those of them for whom no room is kept or taken yet. */
  uncalled(name: string, waiters: readonly Waiter[]): Promise<readonly Waiter[]>;
  /** Rooms in which somebody waits. */
  rooms(): Promise<readonly string[]>;
  /** Calls waiters: each has room kept for it for a moment and is due now. False: the gate moved meanwhile. */
  release(
    dependency: Dependency,
    allowance: number,
    waiters: readonly { rootInstanceId: string; instanceId: string }[],
  ): Promise<boolean>;
  /** How many more the rates and slots let go within `aheadMs`. */
  roomInLimits(ca: string | null, limits: DoorRequest['limits'], aheadMs: number): Promise<number>;
}
