import got from 'got';
import { TransientError } from '../../core/errors.ts';
import type { AlertMessage, Notifier, RecoveredMessage } from '../../ports.ts';

export interface WebhookOptions {
  readonly name: string;
  readonly events: Notifier['events'];
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** A receiver that takes longer has not accepted the message. */
const TIMEOUT_MS = 10_000;

/** Posts each message as JSON, once; only a 2xx accepts it. Errors never name the address: it may be a secret. */
export class WebhookNotifier implements Notifier {
  readonly name: string;
  readonly events: Notifier['events'];
  private readonly options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.name = options.name;
    this.events = options.events;
    this.options = options;
  }

  async send(message: AlertMessage | RecoveredMessage, signal?: AbortSignal): Promise<void> {
    const status = await this.post(message, signal);
    if (status >= 200 && status < 300) return;
    throw new TransientError(`channel ${this.name} answered ${status}`);
  }

  /** The status of the answer; its body is not read. */
  private async post(message: AlertMessage | RecoveredMessage, signal: AbortSignal | undefined): Promise<number> {
    const { url, token, headers, timeoutMs = TIMEOUT_MS } = this.options;
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const stream = got.stream.post(url, {
        json: message,
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
}
