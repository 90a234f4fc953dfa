import { createTransport } from 'nodemailer';
import { displayText } from '../../core/display-text.ts';
import { TransientError } from '../../core/errors.ts';
import type { AlertMessage, Notifier, RecoveredMessage } from '../../ports/alerts.ts';
import { codeOf } from './code-of.ts';

export interface MailChannel {
  readonly name: string;
  readonly events: Notifier['events'];
  /** `smtp:` or `smtps:`, with user and password where the server wants them. */
  readonly url: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/** Sends each message as one plain mail; accepted is what the server takes for every recipient. */
export class MailNotifier implements Notifier {
  readonly name: string;
  readonly events: Notifier['events'];
  private readonly channel: MailChannel;

  constructor(channel: MailChannel) {
    this.name = channel.name;
    this.events = channel.events;
    this.channel = channel;
  }

  async send(message: AlertMessage | RecoveredMessage, signal?: AbortSignal): Promise<void> {
    const { url, from, to, timeoutMs = TIMEOUT_MS } = this.channel;
    const transport = createTransport({
      url,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const stop = (): void => transport.close();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const { rejected } = await transport.sendMail({ from, to: [...to], ...toMail(message) });
      if (rejected.length === 0) return;
    } catch (error) {
      throw new TransientError(`channel ${this.name} did not take the mail: ${codeOf(error)}`);
    } finally {
      signal?.removeEventListener('abort', stop);
      transport.close();
    }
    throw new TransientError(`channel ${this.name} did not take the mail for every recipient`);
  }
}

/** One thread an alert in the reader's mail program: subjects of one key are equal but for the state. */
function toMail(message: AlertMessage | RecoveredMessage): { readonly subject: string; readonly text: string } {
  if ('event' in message) {
    const { title, oldInstanceIds, newInstanceId, rootInstanceId, recoveredAt } = message;
    return {
      subject: displayText(`[remediator] recovered: ${title ?? rootInstanceId}`),
      text: lines([
        ['Title', title === null ? null : displayText(title)],
        ['New instance', newInstanceId],
        ['Old instances', oldInstanceIds.join('\n  ')],
        ['Recovered', recoveredAt],
      ]),
    };
  }
  const { status, severity, key, summary, count, instances, firstAt, lastAt, links } = message;
  return {
    subject: displayText(`[remediator] ${status === 'resolved' ? 'resolved' : severity}: ${key}`),
    text: [
      displayText(summary),
      '',
      lines([
        ['Count', String(count)],
        ['Instances', instances.join('\n  ') || null],
        ['Since', firstAt],
        ['Last', lastAt],
        ...Object.entries(links),
      ]),
    ].join('\n'),
  };
}

function lines(parts: readonly (readonly [string, string | null])[]): string {
  return parts.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`])).join('\n');
}
