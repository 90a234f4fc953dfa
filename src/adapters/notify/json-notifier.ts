import got from 'got';
import { TransientError } from '../../core/errors.ts';
import type { AlertMessage, Notifier, RecoveredMessage } from '../../ports/alerts.ts';
import { codeOf } from './code-of.ts';

export interface JsonChannel {
  readonly name: string;
  readonly events: Notifier['events'];
  readonly url: string;
  /** What the receiver understands; default: the message as it is. */
  readonly toBody?: ((message: AlertMessage | RecoveredMessage) => object) | undefined;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** A receiver that takes longer has not accepted the message. */
const TIMEOUT_MS = 10_000;

/** Posts each message as JSON, once; only a 2xx accepts it. Errors never name the address: it may be a secret. */
export class JsonNotifier implements Notifier {
  readonly name: string;
  readonly events: Notifier['events'];
  private readonly channel: JsonChannel;

  constructor(channel: JsonChannel) {
    this.name = channel.name;
    this.events = channel.events;
    this.channel = channel;
  }

  async send(message: AlertMessage | RecoveredMessage, signal?: AbortSignal): Promise<void> {
    const status = await this.post(this.channel.toBody?.(message) ?? message, signal);
    if (status >= 200 && status < 300) return;
    throw new TransientError(`channel ${this.name} answered ${status}`);
  }

  /** The status of the answer; its body is not read. */
  private async post(body: object, signal: AbortSignal | undefined): Promise<number> {
    const { url, token, headers, timeoutMs = TIMEOUT_MS } = this.channel;
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const stream = got.stream.post(url, {
        json: body,
        headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        retry: { limit: 0 },
        followRedirect: false,
        throwHttpErrors: false,
      });
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      stream.once('response', (response: { readonly statusCode: number }) => resolve(response.statusCode));
      stream.on('error', reject); // stays: an error after the answer is no news
      stream.once('close', () => reject(new Error('closed without an answer')));
      return await promise.finally(() => stream.destroy());
    } catch (error) {
      throw new TransientError(`channel ${this.name} was not reached: ${limit.aborted ? 'time-out' : codeOf(error)}`);
    }
  }
}
