import type { Notifier } from '../../ports.ts';
import { WebhookNotifier } from './webhook-notifier.ts';

/** One channel as the configuration holds it. */
export interface ChannelOptions {
  readonly type: 'webhook' | 'alertmanager' | 'pagerduty' | 'email';
  readonly name?: string | undefined;
  readonly events: Notifier['events'];
  readonly url: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The channels that can be spoken to; those of a type without effect yet are left out. */
export function createNotifiers(channels: readonly ChannelOptions[]): readonly Notifier[] {
  const taken = new Set<string>();
  return channels.flatMap((channel) => {
    const name = freeName(channel.name ?? channel.type, taken);
    taken.add(name);
    if (channel.type !== 'webhook') return [];
    const { events, url, token, headers } = channel;
    return [new WebhookNotifier({ name, events, url, token, headers })];
  });
}

/** Messages on their way name their channel, so two never share a name. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(name)) return name;
  }
}
