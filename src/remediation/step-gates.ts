import { shut, withFailure } from '../core/dependency.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import { STEP_FAILURES, stepGateOf, stepGatesOf, withStepCompletion, withStepFailure } from '../core/step-failures.ts';
import type { AllStepFailures } from '../core/step-failures.ts';
import type { RemediationParts } from './parts.ts';

type Parts = Pick<RemediationParts, 'ledger' | 'gates' | 'policy' | 'now'>;

/** The dependency that the failed step of this remediation has become; null: it is none. */
export async function stepGateFor(
  { definitionId, failure }: Pick<Remediation, 'definitionId' | 'failure'>,
  { ledger }: Pick<Parts, 'ledger'>,
): Promise<string | null> {
  if (failure === null) return null;
  const { step, stepUniqueName } = failure;
  const all = await ledger.read<AllStepFailures>(STEP_FAILURES);
  return stepGateOf(all, { definitionId, stepName: step, stepUniqueName });
}

/** The dependency that the step has become in which this row failed; null: it is none. */
export async function stepGateOfRow(row: Sighting, { ledger }: Pick<Parts, 'ledger'>): Promise<string | null> {
  return stepGateOf(await ledger.read<AllStepFailures>(STEP_FAILURES), row);
}

/** A restart of this root failed again. The one that makes the step a dependency shuts its gate until the first canary. */
export async function noteStepFailure(root: string, row: Sighting, parts: Parts): Promise<void> {
  const before = await stepGateOfRow(row, parts);
  const all = await parts.ledger.update<AllStepFailures>(STEP_FAILURES, (known) => withStepFailure(known, row, root));
  const gate = stepGateOf(all, row);
  if (gate === null || before !== null) return;
  const failure = { at: row.changedAt, definitionId: row.definitionId, template: null };
  await parts.gates.update(gate, 'step', (known) =>
    known.failuresInRow > 0 ? known : withFailure(known, failure, parts.now(), parts.policy.health),
  );
}

/** The most waiters of a gate that is none any more that are woken; the others are called one after another. */
const WOKEN_LIMIT = 1000;

/** A restart of this definition completed. Whoever waits at a step that is no dependency any more goes on. */
export async function noteStepCompletion(
  definitionId: string,
  { ledger, gates, store }: Pick<RemediationParts, 'ledger' | 'gates' | 'store'>,
): Promise<void> {
  const before = stepGatesOf(await ledger.read<AllStepFailures>(STEP_FAILURES), definitionId);
  const after = await ledger.update<AllStepFailures>(STEP_FAILURES, (known) => withStepCompletion(known, definitionId));
  const left = stepGatesOf(after, definitionId);
  for (const gate of before.filter((name) => !left.includes(name))) {
    await gates.update(gate, 'step', shut); // should it become one again, nothing is known of it
    const waiters = await gates.waiters(gate, WOKEN_LIMIT);
    await store.wake(waiters.map(({ rootInstanceId }) => rootInstanceId));
  }
}
