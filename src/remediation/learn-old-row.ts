import type { Remediation } from '../core/remediation.ts';
import { OLD_ROW, isLearning, withEvidence } from '../core/old-row.ts';
import type { OldRowKnowledge } from '../core/old-row.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';

/**
 * While the fate of old rows is open: reads the old row of an exact link whose successor has ended. Gone or restarted:
 * this server moves them; still Failed and unchanged: it leaves them so (DESIGN.md 5).
 */
export async function learnFromOldRow(
  remediation: Remediation,
  lastModified: number | null,
  parts: RemediationParts,
): Promise<void> {
  const record = remediation.lineage.findLast(({ newInstanceId }) => newInstanceId === remediation.currentInstanceId);
  if (record?.confidence !== 'exact') return;
  // The operator's word is tried as well: were it wrong, a restart could be taken for one that did not happen (P1).
  if (!isLearning(await parts.ledger.read<OldRowKnowledge>(OLD_ROW))) return;
  const read = await readInstance(record.oldInstanceId, parts);
  const id = record.oldInstanceId;
  if (read.type === 'gone') return note('leaves', `row ${id} is gone and its successor has ended`, parts);
  if (read.type !== 'read') return;
  if (read.row.status === 'CanceledForRestart') return note('leaves', `row ${id} is CanceledForRestart`, parts);
  if (read.row.status === 'Failed' && read.row.lastModified === lastModified) {
    await note('stays', `row ${id} is still Failed and unchanged after its successor has ended`, parts);
  }
}

async function note(fate: 'leaves' | 'stays', evidence: string, parts: RemediationParts): Promise<void> {
  const learned = await parts.ledger.update<OldRowKnowledge>(OLD_ROW, (known) => withEvidence(known, fate, evidence));
  if (learned?.evidence === evidence) parts.emit('old-row.learned', { fate: learned.fate, evidence });
}
