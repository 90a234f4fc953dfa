import { isOutageFailure, withCompletion, withFailure } from '../core/dependency.ts';
import type { Intent } from '../core/intent.ts';
import type { Remediation } from '../core/remediation.ts';
import { isCaStep } from '../core/rules.ts';
import type { Sighting } from '../core/sighting.ts';
import { OLD_ROW_GATE } from './gather-gates.ts';
import { noteWithoutVerdict } from './learn-old-row.ts';
import type { RemediationParts } from './parts.ts';
import { noteStepCompletion, noteStepFailure, stepGateOfRow } from './step-gates.ts';

/**
 * Tells the gates how the latest restart of a remediation went. Called after the record is saved: a crash in between
 * loses a verdict, which then leaves the sum as neutral; it never counts twice.
 */
export async function giveVerdict(
  remediation: Remediation,
  verdict: 'completed' | 'failed' | 'neutral',
  parts: RemediationParts,
  row?: Sighting,
): Promise<void> {
  const record = remediation.lineage.findLast(({ origin }) => origin !== 'external');
  const intent = record ? await parts.journal.load(record.oldInstanceId) : null;
  if (intent === null) return;
  const blamed = verdict === 'failed' && row !== undefined ? await blamedBy(row, intent, parts) : [];
  let isOutage = false;
  for (const name of intent.dependencies) {
    if (verdict === 'completed') {
      await parts.gates.recordVerdict(name, intent.instanceId, (dependency) =>
        withCompletion(dependency, intent.openedAt),
      );
    } else if (row !== undefined && blamed.includes(name)) {
      const template = remediation.input?.template ?? null;
      isOutage = (await blame(name, { row, template, intent }, parts)) || isOutage;
    } else {
      await parts.gates.leave([name], intent.instanceId);
    }
  }
  await tellSteps(remediation, isOutage ? 'neutral' : verdict, row, parts);
  if (verdict === 'neutral' && intent.dependencies.includes(OLD_ROW_GATE)) await noteWithoutVerdict(parts);
}

/** Counts a failure against a dependency. True: it belongs to an outage of it, so it says nothing new. */
async function blame(
  name: string,
  { row, template, intent }: { readonly row: Sighting; readonly template: string | null; readonly intent: Intent },
  parts: RemediationParts,
): Promise<boolean> {
  const now = parts.now();
  const failure = { at: row.changedAt, definitionId: row.definitionId, template };
  let isOutage = false;
  await parts.gates.recordVerdict(name, intent.instanceId, (dependency) => {
    isOutage = isOutageFailure(dependency, failure.at);
    return withFailure(dependency, failure, now, parts.policy.health);
  });
  return isOutage;
}

/** What an outage of its CA explains does not speak against a step; a completion passed them all. */
async function tellSteps(
  { rootInstanceId, definitionId }: Remediation,
  verdict: 'completed' | 'failed' | 'neutral',
  row: Sighting | undefined,
  parts: RemediationParts,
): Promise<void> {
  if (verdict === 'completed') await noteStepCompletion(definitionId, parts);
  if (verdict === 'failed' && row !== undefined) await noteStepFailure(rootInstanceId, row, parts);
}

/** The dependencies that a new failure speaks against: the CA where a CA step failed, and the step where it is one. */
async function blamedBy(row: Sighting, intent: Intent, parts: RemediationParts): Promise<readonly string[]> {
  const isAtCa = isCaStep({ step: row.stepName ?? '', stepUniqueName: row.stepUniqueName });
  return [isAtCa ? intent.ca : null, await stepGateOfRow(row, parts)].filter((name) => name !== null);
}
