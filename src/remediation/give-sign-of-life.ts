import type { RemediationParts } from './parts.ts';
import { recordLate } from './perform-restart.ts';

/**
 * Says that the restarts of this process are under way, brings back what the store has lost of them, and records the
 * answers that it did not take at the time. Never part of a step: it speaks to the store as it is now.
 */
export async function giveSignOfLife(parts: Pick<RemediationParts, 'journal' | 'sending'>): Promise<void> {
  await parts.journal.beat([...parts.sending.values()]);
  for (const sending of parts.sending.values()) if (sending.isOver) await recordLate(sending, parts);
}
