import { newDependency } from '../../core/dependency.ts';
import type { Dependency, DependencyKind } from '../../core/dependency.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';
import { updateDoc } from './update-doc.ts';
import type { DocChange } from './update-doc.ts';

export interface GateChange {
  /** What it is where nobody knew it yet. */
  readonly kind: DependencyKind;
  readonly change: (dependency: Dependency) => Dependency;
  /** Leaves the sum along with the change, which is not made where it has left already. */
  readonly instanceId?: string;
}

interface Waiting extends GateChange {
  readonly belongsTo: unknown;
  readonly resolve: (dependency: Dependency) => void;
  readonly reject: (error: unknown) => void;
}

/** The most changes of one commit. */
const LOT = 100;

/**
 * The changes of one dependency by this process, one commit after another. Who comes to its turn takes along the changes
 * of all who came meanwhile and belong to the same contents of the store, so that many verdicts at once are one write.
 */
export class GateLine {
  private readonly kv: Kv;
  private readonly keys: Keys;
  private readonly name: string;
  private waiting: readonly Waiting[] = [];
  /** The turn before; answers the document as it has left it, null: nobody knows. */
  private last: Promise<string | null> = Promise.resolve(null);

  constructor(kv: Kv, keys: Keys, name: string) {
    this.kv = kv;
    this.keys = keys;
    this.name = name;
  }

  /** Answers the dependency as it then stands. @throws as `Kv.commit` */
  async change(change: GateChange): Promise<Dependency> {
    const { promise, resolve, reject } = Promise.withResolvers<Dependency>();
    const mine: Waiting = { ...change, belongsTo: this.kv.belongsTo(), resolve, reject };
    this.waiting = [...this.waiting, mine];
    this.last = this.last.then(async (left) => this.takeTurn(mine, left));
    return promise;
  }

  /** Never throws. */
  private async takeTurn(mine: Waiting, left: string | null): Promise<string | null> {
    if (!this.waiting.includes(mine)) return left; // another one has taken it along
    const lot = this.lotOf(mine);
    this.waiting = this.waiting.filter((one) => !lot.includes(one));
    try {
      return await this.commit(lot, left);
    } catch (error) {
      for (const one of lot) one.reject(error);
      return null;
    }
  }

  /** Whoever may go along with this one: an instance leaves the sum once. */
  private lotOf(mine: Waiting): readonly Waiting[] {
    const lot = new Map<unknown, Waiting>([[mine.instanceId ?? mine, mine]]);
    for (const one of this.waiting) {
      const key = one.instanceId ?? one;
      if (lot.size < LOT && one.belongsTo === mine.belongsTo && !lot.has(key)) lot.set(key, one);
    }
    return [...lot.values()];
  }

  private async commit(lot: readonly Waiting[], left: string | null): Promise<string | null> {
    let [standing, guess] = [lot, left];
    while (standing.length > 0) {
      const asked = standing;
      const key = this.keys.gate(this.name);
      const { doc, failed, text } = await updateDoc<Dependency>(
        this.kv,
        key,
        (known) => this.with(asked, known),
        guess,
      );
      // One that has left the sum already does nothing; the others go on without it.
      const over = failed === null ? asked : leaversOf(asked).slice(failed, failed + 1);
      for (const { kind, resolve } of over) resolve(doc ?? newDependency(this.name, kind));
      standing = asked.filter((one) => !over.includes(one));
      guess = text;
    }
    return guess;
  }

  private with(changes: readonly Waiting[], known: Dependency | null): DocChange<Dependency> | null {
    const { keys, name } = this;
    let doc = known;
    for (const { kind, change } of changes) doc = change(doc ?? newDependency(name, kind));
    const leavers = leaversOf(changes);
    if (doc === null || (doc === known && leavers.length === 0)) return null;
    const flight = keys.flight(name);
    const checks = leavers.map(({ instanceId }): Check => ({ is: 'member', key: flight, member: instanceId }));
    const writes: Write[] = [
      ['hset', keys.gate(name), 'generation', String(doc.generation)],
      ['zadd', keys.gates, 0, name],
      ...leavers.map(({ instanceId }): Write => ['zrem', flight, instanceId]),
    ];
    return { doc, checks, writes };
  }
}

function leaversOf(changes: readonly Waiting[]): readonly (Waiting & { readonly instanceId: string })[] {
  return changes.filter((one): one is Waiting & { instanceId: string } => one.instanceId !== undefined);
}
