import * as z from 'zod';

import { choice, duration, listOf, secretText, secretUrl, text, url } from './kinds.ts';
import { option, optional, required, section, type Kind } from './option.ts';

const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

const mailServer = url(['smtp:', 'smtps:'], 'an smtp or smtps URL', 'url-credentials');

const headers: Kind<z.ZodRecord<z.ZodString, typeof secretText.schema>> = {
  schema: z.record(z.string(), secretText.schema),
  type: 'map',
  allowed: 'a map of header names to texts',
  masking: 'whole',
};

const CHANNEL_TYPES = 'webhook | alertmanager | pagerduty | email';

const shared = <const Type extends string>(type: Type) => ({
  type: required(
    { schema: z.literal(type), type: CHANNEL_TYPES, allowed: CHANNEL_TYPES },
    'what the channel speaks: our own JSON, or the form of that product',
  ),
  name: optional(text, 'what logs and metrics call the channel (its type where left out)'),
});

const events = option(
  listOf(choice('alerts', 'recovered'), 'a list of alerts, recovered'),
  ['alerts'],
  'what is sent: alerts, or old and new id of each recovered instance',
);

/** Such a receiver knows incidents only. */
const incidents = option(listOf(choice('alerts'), 'a list of alerts'), ['alerts'], 'what is sent: alerts');

const channelSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...shared('webhook'),
    events,
    url: required(secretUrl, 'where the alert is posted'),
    token: optional(secretText, 'sent as Authorization: Bearer'),
    headers: optional(headers, 'further headers'),
  }),
  z.strictObject({
    ...shared('alertmanager'),
    events: incidents,
    url: required(secretUrl, 'base URL of Alertmanager'),
    token: optional(secretText, 'sent as Authorization: Bearer'),
    headers: optional(headers, 'further headers'),
  }),
  z.strictObject({
    ...shared('pagerduty'),
    events: incidents,
    url: option(secretUrl, PAGERDUTY_URL, 'address of the events API'),
    routingKey: required(secretText, 'integration key of the service'),
  }),
  z.strictObject({
    ...shared('email'),
    events,
    url: required(mailServer, 'mail server, with user and password where it wants them'),
    from: required(text, 'address of the sender'),
    to: required(listOf(text, 'a list of mail addresses'), 'addresses of the recipients'),
  }),
]);

const channels: Kind<z.ZodArray<typeof channelSchema>> = {
  schema: z.array(channelSchema),
  type: 'list',
  allowed: `a list of channels { type: ${CHANNEL_TYPES}, url, events, … }`,
  masking: 'whole',
};

/** The section `alerts`. */
export const alerts = section({
  groupWait: option(duration, '30s', 'how long a cause gathers its instances before the first word'),
  repeatInterval: option(duration, '12h', 'how often an alert that still fires is told again'),
  waitingLong: option(duration, '24h', 'nothing waits unheard for longer than this'),
  channels: option(channels, [], 'where alerts go; empty: to the log only'),
  heartbeatUrl: optional(secretUrl, 'GET after each good sweep, for a dead man’s switch'),
});
