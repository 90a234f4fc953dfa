import { ALERTS, EMPTY_BOOK, nextBook, withoutSent } from '../core/alert-state.ts';
import type { AlertBook, OutgoingAlert } from '../core/alert-state.ts';
import { desiredAlerts } from '../core/desired-alerts.ts';
import { gatherAlertFacts, gatherGroups } from './gather-alert-facts.ts';
import type { KnownGroups } from './gather-alert-facts.ts';
import type { AlertParts } from './parts.ts';

/**
 * Brings what people were told in line with the present state, so that no lost event loses an alert (P9). What is to be
 * said is written in one atomic step with the fact that it is said, then handed to the deliveries; a crash in between
 * leaves it in the outbox for the next run. May run in any replica, and in several at a time.
 */
export function createAlertReconciler(parts: AlertParts): () => Promise<void> {
  let known: KnownGroups | null = null;
  return async () => {
    const before = known;
    known = await gatherGroups(before, parts);
    let change = await planChange(known, parts);
    if (change !== null && known === before) {
      known = await gatherGroups(null, parts); // act on what is, not on what was
      change = await planChange(known, parts);
    }
    const book = change === null ? await parts.ledger.read<AlertBook>(ALERTS) : await change();
    await sendOutbox(book ?? EMPTY_BOOK, parts);
  };
}

/** Null: nothing is to be said. */
async function planChange(groups: KnownGroups, parts: AlertParts): Promise<(() => Promise<AlertBook | null>) | null> {
  const book = (await parts.ledger.read<AlertBook>(ALERTS)) ?? EMPTY_BOOK;
  const facts = await gatherAlertFacts(book, groups, parts);
  const desired = desiredAlerts(facts, parts.policy);
  if (nextBook(book, desired, facts.now, parts.policy) === null) return null;
  return async () =>
    parts.ledger.update<AlertBook>(ALERTS, (latest) =>
      nextBook(latest ?? EMPTY_BOOK, desired, facts.now, parts.policy),
    );
}

async function sendOutbox(book: AlertBook, parts: AlertParts): Promise<void> {
  if (book.outbox.length === 0) return;
  const sent = new Set<string>();
  try {
    for (const outgoing of book.outbox) {
      await sendOne(outgoing, parts);
      sent.add(outgoing.id);
    }
  } finally {
    await parts.ledger.update<AlertBook>(ALERTS, (latest) => withoutSent(latest ?? EMPTY_BOOK, sent));
  }
}

async function sendOne(
  { id, message }: OutgoingAlert,
  { deliveries, channels, links, emit }: AlertParts,
): Promise<void> {
  for (const { name, events } of channels) {
    if (events.includes('alerts')) await deliveries.add(name, id, { ...message, links });
  }
  const { key, summary, count } = message;
  if (message.status === 'firing') emit('alert.raised', { key, summary, count });
  else emit('alert.resolved', { key });
}
