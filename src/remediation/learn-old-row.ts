import { alertKey } from '../core/alert-key.ts';
import { CONDITIONS, withCondition, withoutCondition } from '../core/condition.ts';
import type { Conditions } from '../core/condition.ts';
import type { Intent } from '../core/intent.ts';
import { OLD_ROW, isOpenFate, oldRowDoubt, turnedRow, withEvidence, withoutVerdict } from '../core/old-row.ts';
import type { OldRowEvidence, OldRowKnowledge } from '../core/old-row.ts';
import type { OldRowFate } from '../core/policy.ts';
import { recordLeadingTo } from '../core/lineage.ts';
import type { Remediation } from '../core/remediation.ts';
import type { Sighting } from '../core/sighting.ts';
import { oldRowFate } from './parts.ts';
import type { RemediationParts } from './parts.ts';
import { readInstance } from './read-current.ts';

type NoteParts = Pick<RemediationParts, 'ledger' | 'policy' | 'emit' | 'now'>;

/** A row that is gone so soon after our own accepted restart was hardly taken away by a person. */
const AT_ONCE_MS = 5000;

/**
 * Looks at the old row right after Command took our restart, while its fate is open: gone or CanceledForRestart within
 * seconds shows that this server moves restarted rows. A look that came late tells nothing here.
 */
export async function learnAtOnce(intent: Intent, parts: RemediationParts): Promise<void> {
  if (!isOfFailed(intent) || !(await isOpen(parts)) || isLate(intent, parts)) return;
  const { instanceId } = intent;
  const read = await readInstance(instanceId, parts);
  if (read.type === 'read' && read.row.status === 'CanceledForRestart') return noteRestarted(instanceId, parts);
  if (read.type !== 'gone' || isLate(intent, parts)) return;
  const text = `row ${instanceId} was gone right after its restart`;
  await noteOldRow({ shows: 'gone', isAtOnce: true, instanceId, text }, parts);
}

/** What becomes of a Suspended row says nothing about Failed ones (DESIGN.md 5). */
function isOfFailed({ from = 'Failed' }: Intent): boolean {
  return from === 'Failed';
}

function isLate({ endedAt, openedAt }: Intent, { now }: RemediationParts): boolean {
  return now() - (endedAt ?? openedAt) > AT_ONCE_MS;
}

/**
 * While the fate of old rows is open: reads the old row of an exact link of ours whose successor has ended. Restarted:
 * this server moves them; still Failed and unchanged: it leaves them so; gone: people may have deleted it (DESIGN.md 5).
 */
export async function learnFromOldRow(remediation: Remediation, parts: RemediationParts): Promise<void> {
  const record = recordLeadingTo(remediation.lineage, remediation.currentInstanceId);
  if (record?.confidence !== 'exact') return;
  // The operator's word is tried as well: were it wrong, a restart could be taken for one that did not happen (P1).
  if (await isOpen(parts)) await lookAtOldRow(record.oldInstanceId, parts);
}

/** What the old row of an accepted restart shows now, its successor having ended. Of others it proves nothing. */
export async function lookAtOldRow(instanceId: string, parts: RemediationParts): Promise<void> {
  const intent = await parts.journal.load(instanceId);
  if (intent?.state !== 'accepted' || !isOfFailed(intent)) return;
  const read = await readInstance(instanceId, parts);
  if (read.type === 'gone') return noteOldRow({ shows: 'gone', instanceId, text: `row ${instanceId} is gone` }, parts);
  if (read.type !== 'read') return;
  const { status, lastModified } = read.row;
  if (status === 'CanceledForRestart') return noteRestarted(instanceId, parts);
  if (status !== 'Failed' || lastModified !== intent.lastModified) return;
  const text = `row ${instanceId} is still Failed and unchanged after its successor has ended`;
  await noteOldRow({ shows: 'stays', instanceId, text }, parts);
}

/**
 * A failed row that others restarted shows its fate as well, also in observe mode. The sweep that shows the change may not
 * tell: a read was faster, or nobody knew yet what its status means.
 */
export async function learnFromOthers(
  { failure }: Pick<Remediation, 'failure'>,
  row: Pick<Sighting, 'id' | 'status' | 'isGone'>,
  parts: NoteParts,
): Promise<void> {
  if (failure?.instanceId !== row.id || row.isGone || row.status !== 'CanceledForRestart') return;
  await noteOldRow(turnedRow(row.id), parts);
}

async function noteRestarted(instanceId: string, parts: RemediationParts): Promise<void> {
  const text = `row ${instanceId} is CanceledForRestart`;
  await noteOldRow({ shows: 'leaves', isKept: true, instanceId, text }, parts);
}

/** What the poller asks and tells about the fate of old rows. */
export function oldRowPorts(parts: RemediationParts): {
  readonly fate: () => Promise<OldRowFate>;
  readonly noteOldRow: (evidence: OldRowEvidence) => Promise<void>;
  readonly lookAtOldRow: (instanceId: string) => Promise<void>;
} {
  return {
    fate: async () => oldRowFate(parts),
    noteOldRow: async (evidence) => noteOldRow(evidence, parts),
    lookAtOldRow: async (instanceId) => lookAtOldRow(instanceId, parts),
  };
}

async function isOpen({ ledger }: Pick<RemediationParts, 'ledger'>): Promise<boolean> {
  return isOpenFate(await ledger.read<OldRowKnowledge>(OLD_ROW));
}

/** Records evidence about the fate of old rows, tells when it changes what is known, and raises or ends the alert. */
export async function noteOldRow(evidence: OldRowEvidence, parts: NoteParts): Promise<void> {
  const before = await parts.ledger.read<OldRowKnowledge>(OLD_ROW);
  if (withEvidence(before, evidence) === null) return;
  const learned = await parts.ledger.update<OldRowKnowledge>(OLD_ROW, (known) => withEvidence(known, evidence));
  if (learned === null) return;
  if (learned.evidence !== before?.evidence)
    parts.emit('old-row.learned', { fate: learned.fate, evidence: learned.evidence });
  await tellDoubt(learned, parts);
}

/** A restart ended without a verdict while the fate was being learned; after a few of them work goes on without. */
export async function noteWithoutVerdict(parts: NoteParts): Promise<void> {
  const known = await parts.ledger.update<OldRowKnowledge>(OLD_ROW, withoutVerdict);
  if (known !== null) await tellDoubt(known, parts);
}

async function tellDoubt(known: OldRowKnowledge, { ledger, policy, now }: NoteParts): Promise<void> {
  const doubt = oldRowDoubt(policy.oldRow, known);
  const cause = 'old-row-unknown';
  if (doubt === null) {
    await ledger.update<Conditions>(CONDITIONS, (standing) => withoutCondition(standing, alertKey(cause)));
    return;
  }
  const summary = `Nobody knows whether Keyfactor Command moves restarted rows out of Failed (${doubt}), so a restart whose answer is lost is held for a person; look at a restarted row in Command and at command.oldRow`;
  await ledger.update<Conditions>(CONDITIONS, (standing) =>
    withCondition(standing, { cause, since: now(), severity: 'warning', summary }),
  );
}
