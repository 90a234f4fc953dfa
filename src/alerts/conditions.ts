import { CONDITIONS, withCondition, withoutCondition } from '../core/condition.ts';
import type { Conditions, RaisedCondition } from '../core/condition.ts';
import type { Ledger } from '../ports/ledger.ts';

/** Says that something is wrong until `clearCondition`; a condition that stands already keeps its beginning. */
export async function raiseCondition(ledger: Ledger, raised: RaisedCondition): Promise<void> {
  await ledger.update<Conditions>(CONDITIONS, (known) => withCondition(known, raised));
}

/** Says that it is over. `key` as `alertKey` builds it. */
export async function clearCondition(ledger: Ledger, key: string): Promise<void> {
  await ledger.update<Conditions>(CONDITIONS, (known) => withoutCondition(known, key));
}
