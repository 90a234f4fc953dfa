import type { OutgoingAlert } from '../core/alert-state.ts';

/** One alert as channels get it (DESIGN.md 7). */
export type AlertMessage = OutgoingAlert['message'];

/** One channel: a webhook, a mail server. @throws TransientError where the message was not accepted */
export interface Notifier {
  readonly name: string;
  readonly events: readonly ('alerts' | 'recovered')[];
  send(message: AlertMessage | RecoveredMessage, signal?: AbortSignal): Promise<void>;
}

/** Tells a requester who holds the old id about the new one. */
export interface RecoveredMessage {
  readonly version: 1;
  readonly event: 'remediation.recovered';
  readonly rootInstanceId: string;
  readonly oldInstanceIds: readonly string[];
  readonly newInstanceId: string;
  readonly title: string | null;
  readonly recoveredAt: string;
}

/** Messages on their way: durable, delivered until accepted. */
export interface Deliveries {
  /** Idempotent by `id`. */
  add(channel: string, id: string, message: AlertMessage | RecoveredMessage): Promise<void>;
}
