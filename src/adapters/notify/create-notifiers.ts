import type { AlertMessage, Notifier, RecoveredMessage } from '../../ports/alerts.ts';
import { toAlertmanager, toPagerDuty } from './incident-forms.ts';
import type { Origin } from './incident-forms.ts';
import { JsonNotifier } from './json-notifier.ts';
import { MailNotifier } from './mail-notifier.ts';

interface HttpOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** One channel as the configuration holds it. */
export type ChannelOptions = { readonly name?: string | undefined; readonly events: Notifier['events'] } & (
  | ({ readonly type: 'webhook' } & HttpOptions)
  | ({ readonly type: 'alertmanager' } & HttpOptions)
  | { readonly type: 'pagerduty'; readonly url: string; readonly routingKey: string }
  | { readonly type: 'email'; readonly url: string; readonly from: string; readonly to: readonly string[] }
);

/** The channels, each with a name of its own. */
export function createNotifiers(channels: readonly ChannelOptions[], origin: Origin): readonly Notifier[] {
  const taken = new Set<string>();
  return channels.map((channel) => {
    const name = freeName(channel.name ?? channel.type, taken);
    taken.add(name);
    return createNotifier(name, channel, origin);
  });
}

function createNotifier(name: string, channel: ChannelOptions, origin: Origin): Notifier {
  const { events } = channel;
  switch (channel.type) {
    case 'webhook': {
      const { url, token, headers } = channel;
      return new JsonNotifier({ name, events, url, token, headers });
    }
    case 'alertmanager': {
      const { token, headers } = channel;
      const url = `${channel.url.replace(/\/+$/, '')}/api/v2/alerts`;
      const toBody = alertsOnly((message) => toAlertmanager(message, origin));
      return new JsonNotifier({ name, events, url, token, headers, toBody });
    }
    case 'pagerduty': {
      const { url, routingKey } = channel;
      return new JsonNotifier({
        name,
        events,
        url,
        toBody: alertsOnly((message) => toPagerDuty(message, origin, routingKey)),
      });
    }
    case 'email': {
      const { url, from, to } = channel;
      return new MailNotifier({ name, events, url, from, to });
    }
  }
}

/** Such channels know incidents only; the schema lets them subscribe to nothing else. */
function alertsOnly(toBody: (message: AlertMessage) => object): (message: AlertMessage | RecoveredMessage) => object {
  return (message) => ('event' in message ? message : toBody(message));
}

/** Messages on their way name their channel, so two never share a name. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(name)) return name;
  }
}
