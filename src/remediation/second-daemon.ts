import { alertKey } from '../core/alert-key.ts';
import { CONDITIONS, withCondition, withoutCondition } from '../core/condition.ts';
import type { Conditions } from '../core/condition.ts';
import type { Time } from '../core/instance.ts';
import { mayHaveHappened } from '../core/intent.ts';
import type { RemediationParts } from './parts.ts';

interface SecondDaemon {
  /** Ours: when it was last asked, and last found. */
  readonly lookedAt: Time;
  readonly seenAt: Time | null;
}

const SECOND_DAEMON = 'second-daemon';

/** However many restarts others make, it is asked so often at most: two lists each time. */
const LOOK_EVERY_MS = 60_000;

/** After this time without another one nobody else restarts under our account any more. */
const OVER_AFTER_MS = 3_600_000;

type Parts = Pick<RemediationParts, 'ledger' | 'journal' | 'command' | 'now' | 'stopping'>;

/** Somebody else restarted this one: under our own account, and unknown to the journal, it raises an alert (DESIGN.md 4.10). */
export async function noteForeignRestart(oldInstanceId: string, newInstanceId: string, parts: Parts): Promise<void> {
  const { ledger, journal, command, now, stopping } = parts;
  const intent = await journal.load(oldInstanceId);
  if (intent !== null && mayHaveHappened(intent)) return;
  const known = await ledger.read<SecondDaemon>(SECOND_DAEMON);
  if (known !== null && now() - known.lookedAt < LOOK_EVERY_MS) return;
  // Command does not answer: another restart of theirs will show it.
  const isOurs = await command.isInitiatedByUs(newInstanceId, oldInstanceId, stopping).catch(() => null);
  if (isOurs === null) return;
  const seenAt = isOurs ? now() : (known?.seenAt ?? null);
  await ledger.update<SecondDaemon>(SECOND_DAEMON, () => ({ lookedAt: now(), seenAt }));
  if (!isOurs) return;
  const summary = `instance ${oldInstanceId} was restarted under our own account, and not by this installation: is there a second daemon with another Redis or redis.prefix, or does a person use the account? Give each its own account, or stop one: two of them restart twice what this one counts once`;
  const raised = { cause: SECOND_DAEMON, since: now(), severity: 'critical', summary } as const;
  await ledger.update<Conditions>(CONDITIONS, (conditions) => withCondition(conditions, raised));
}

/** Ends the alert once nobody else has restarted under our account for an hour. */
export async function clearSecondDaemon({ ledger, now }: Pick<Parts, 'ledger' | 'now'>): Promise<void> {
  const known = await ledger.read<SecondDaemon>(SECOND_DAEMON);
  if (known === null || known.seenAt === null || now() - known.seenAt < OVER_AFTER_MS) return;
  await ledger.update<SecondDaemon>(SECOND_DAEMON, (latest) => latest && { ...latest, seenAt: null });
  await ledger.update<Conditions>(CONDITIONS, (raised) => withoutCondition(raised, alertKey(SECOND_DAEMON)));
}
