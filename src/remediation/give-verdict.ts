import { withCompletion, withFailure } from '../core/dependency.ts';
import { OLD_ROW } from '../core/old-row.ts';
import type { OldRowKnowledge } from '../core/old-row.ts';
import type { Remediation } from '../core/remediation.ts';
import { isCaStep } from '../core/rules.ts';
import type { Sighting } from '../core/sighting.ts';
import { OLD_ROW_GATE } from './gather-gates.ts';
import type { RemediationParts } from './parts.ts';

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
  const { health } = parts.policy;
  const now = parts.now();
  for (const name of intent.dependencies) {
    if (verdict === 'completed') {
      await parts.gates.recordVerdict(name, intent.instanceId, (dependency) =>
        withCompletion(dependency, intent.openedAt),
      );
    } else if (
      verdict === 'failed' &&
      name === intent.ca &&
      row !== undefined &&
      isCaStep({ step: row.stepName ?? '', stepUniqueName: row.stepUniqueName })
    ) {
      const failure = {
        at: row.changedAt,
        definitionId: row.definitionId,
        template: remediation.input?.template ?? null,
      };
      await parts.gates.recordVerdict(name, intent.instanceId, (dependency) =>
        withFailure(dependency, failure, now, health),
      );
    } else {
      await parts.gates.leave([name], intent.instanceId);
    }
  }
  if (verdict === 'neutral' && intent.dependencies.includes(OLD_ROW_GATE)) await countWithoutVerdict(parts);
}

async function countWithoutVerdict(parts: RemediationParts): Promise<void> {
  await parts.ledger.update<OldRowKnowledge>(OLD_ROW, (known) => ({
    fate: known?.fate ?? 'unknown',
    evidence: known?.evidence ?? 'nothing seen yet',
    withoutVerdict: (known?.withoutVerdict ?? 0) + 1,
  }));
}
