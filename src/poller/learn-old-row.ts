import { OLD_ROW, withEvidence } from '../core/old-row.ts';
import type { OldRowKnowledge } from '../core/old-row.ts';
import type { SightingChange } from '../ports.ts';
import type { PollerParts } from './parts.ts';

/** A Failed row that turned CanceledForRestart, by anybody's hand, shows that this server moves them (DESIGN.md 5). */
export async function learnOldRow(
  changes: readonly SightingChange[],
  parts: Pick<PollerParts, 'ledger' | 'emit'>,
): Promise<void> {
  const turned = changes.find(
    ({ before, sighting }) => before?.status === 'Failed' && sighting.status === 'CanceledForRestart',
  );
  if (turned) await noteOldRow('leaves', `Failed row ${turned.sighting.id} turned CanceledForRestart`, parts);
}

/** Records evidence about the fate of old rows and tells when it changes what is known. */
export async function noteOldRow(
  fate: 'leaves' | 'stays',
  evidence: string,
  parts: Pick<PollerParts, 'ledger' | 'emit'>,
): Promise<void> {
  const before = await parts.ledger.read<OldRowKnowledge>(OLD_ROW);
  if (withEvidence(before, fate, evidence) === null) return;
  const learned = await parts.ledger.update<OldRowKnowledge>(OLD_ROW, (known) => withEvidence(known, fate, evidence));
  if (learned) parts.emit('old-row.learned', { fate: learned.fate, evidence: learned.evidence });
}
